import type { Ends } from '../impact/rectangle.ts';
import { type Entry, matchesUnit, portsOf, type Side, sideOf } from '../impact/side.ts';
import type { Direction } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import type { BitSet } from '../sets/bitset.ts';
import {
  intersectPorts,
  isEmpty,
  type PortRun,
  type PortSet,
  portRange,
  portRuns,
} from '../sets/port-set.ts';
import { podIds, type Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import type { Contract } from './contract.ts';
import type { PairClass } from './contract-pairs.ts';

/** One end of a flow by name. `internet` is any address that nobody owns, `dns` any resolver. */
export type WitnessEnd =
  | { readonly kind: 'internet' }
  | { readonly kind: 'dns' }
  | {
      readonly kind: 'pod';
      /** `namespace/name[Kind]` of the workload. */
      readonly workload: string;
      readonly namespace: string;
      readonly name: string;
      /** `namespace/name`; a planned pod `namespace/workload#1`. */
      readonly pod: string;
      /** A pod that nobody has yet, with exactly the labels that the contract asks for. */
      readonly invented: boolean;
    };

/** What lets a flow pass, or stops it, at one of its ends. */
export interface WitnessCause {
  readonly direction: Direction;
  /** `namespace/name`; null where no policy isolates the pod. */
  readonly policy: string | null;
  /** Position in `spec.ingress` or `spec.egress`; null where the policy as a whole isolates. */
  readonly clause: number | null;
  readonly effect: 'open' | 'allows' | 'isolates';
}

/** One concrete flow that breaks a contract. */
export interface Witness {
  readonly source: WitnessEnd;
  readonly destination: WitnessEnd;
  readonly protocol: PortRun['protocol'];
  readonly port: number;
  /** Every port that breaks the contract for this pair. */
  readonly ports: PortSet;
  readonly because: readonly WitnessCause[];
}

/** The first flow of a class by name; real pods come before invented ones. */
export function witnessOf(
  contract: Contract,
  world: World,
  { sources, destinations }: PairClass,
  ports: PortSet,
  strangers: BitSet,
): Witness | null {
  const [run] = portRuns(ports);
  const pair = firstPair(world, sources, destinations, strangers);
  if (run === undefined || pair === null) return null;
  const point = portRange(run.protocol, run.from, run.from);
  const toDns = contract.to.kind === 'dns' && destinations.kind === 'units';
  return {
    source: endOf(sources, pair.source, strangers),
    destination: toDns ? { kind: 'dns' } : endOf(destinations, pair.destination, strangers),
    protocol: run.protocol,
    port: run.from,
    ports,
    because: causesOf(contract, world, pair, point),
  };
}

/** The one that comes first; a witness among real pods before one that is invented. */
export function better(one: Witness | null, other: Witness | null): Witness | null {
  if (one === null || other === null) return one ?? other;
  return orderOf(other) < orderOf(one) ? other : one;
}

function orderOf({ source, destination, protocol, port }: Witness): string {
  const ends = [source, destination];
  const invented = ends.some((end) => end.kind === 'pod' && end.invented);
  const names = ends.map((end) => (end.kind === 'pod' ? `${end.workload} ${end.pod}` : end.kind));
  return [invented ? 1 : 0, ...names, protocol, port].join('\n');
}

/** A pod of a unit; undefined for addresses. */
interface Chosen {
  readonly unit: Unit;
  readonly pod: string;
}

interface Pair {
  readonly source: Chosen | undefined;
  readonly destination: Chosen | undefined;
}

function firstPair(world: World, sources: Ends, destinations: Ends, strangers: BitSet): Pair | null {
  const [froms, tos] = [firstPods(world, sources, strangers), firstPods(world, destinations, strangers)];
  if (sources.kind === 'internet') return { source: undefined, destination: tos[0] };
  if (destinations.kind === 'internet') return { source: froms[0], destination: undefined };
  for (const source of froms) {
    const destination = tos.find(({ pod }) => pod !== source.pod);
    if (destination !== undefined) return { source, destination };
  }
  return null;
}

interface Ordered {
  readonly unit: Unit;
  readonly order: string;
}

/** Two pods of the first units by name: with two of them there is always one that is not the other end itself. */
function firstPods(world: World, ends: Ends, strangers: BitSet): readonly Chosen[] {
  if (ends.kind === 'internet') return [];
  // Kept apart from the units, because this is asked for every unit of every class.
  let first: Ordered[] = [];
  ends.units.forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined) return;
    const order = `${strangers.has(id) ? 1 : 0} ${unit.workload.id}`;
    const last = first[1];
    if (last !== undefined && order > last.order) return;
    first = [...first, { unit, order }].sort(byName).slice(0, 2);
  });
  return first.flatMap(({ unit }) => podsOf(unit).map((pod) => ({ unit, pod })));
}

function byName(a: Ordered, b: Ordered): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return (podsOf(a.unit)[0] ?? '') < (podsOf(b.unit)[0] ?? '') ? -1 : 1;
}

function podsOf(unit: Unit): readonly string[] {
  return podIds(unit).sort().slice(0, 2);
}

function endOf(ends: Ends, chosen: Chosen | undefined, strangers: BitSet): WitnessEnd {
  if (ends.kind === 'internet' || chosen === undefined) return { kind: 'internet' };
  const { unit, pod } = chosen;
  const { id: workload, name } = unit.workload;
  return {
    kind: 'pod',
    workload,
    namespace: unit.namespace,
    name,
    pod,
    invented: strangers.has(unit.id),
  };
}

function causesOf(
  { kind, to }: Contract,
  world: World,
  { source, destination }: Pair,
  point: PortSet,
): WitnessCause[] {
  const causes: WitnessCause[] = [];
  const ports = destination?.unit.ports ?? [];
  for (const [direction, subject, other] of [
    ['egress', source, destination] as const,
    // Which resolver is asked does not matter, and so neither does what governs one of them.
    ['ingress', to.kind === 'dns' ? undefined : destination, source] as const,
  ]) {
    if (subject === undefined) continue;
    const side = sideOf(world, world.governing(subject.unit.id, direction), direction);
    const admitting = side.entries.find((entry) => admits(entry, other?.unit, ports, point));
    if (kind === 'forbid') causes.push(passage(side, admitting));
    else if (side.governing.isolated && admitting === undefined) causes.push(...walls(side));
  }
  return causes;
}

function admits(
  entry: Entry,
  other: Unit | undefined,
  ports: readonly ContainerPort[],
  point: PortSet,
): boolean {
  if (isEmpty(intersectPorts(portsOf(entry.clause, ports).may, point))) return false;
  if (other !== undefined) return matchesUnit(entry, other.id) !== 'no';
  const { peers } = entry.clause;
  return peers === 'any' || peers.some(({ kind }) => kind === 'block');
}

function passage({ direction, governing }: Side, admitting: Entry | undefined): WitnessCause {
  if (!governing.isolated || admitting === undefined)
    return { direction, policy: null, clause: null, effect: 'open' };
  const { ref } = admitting.governor.policy;
  return {
    direction,
    policy: `${ref.namespace}/${ref.name}`,
    clause: admitting.clause.index,
    effect: 'allows',
  };
}

function walls({ direction, governing }: Side): WitnessCause[] {
  const isolating = governing.governors.filter(({ isolates }) => isolates);
  return isolating.map(({ policy: { ref } }) => ({
    direction,
    policy: `${ref.namespace}/${ref.name}`,
    clause: null,
    effect: 'isolates',
  }));
}
