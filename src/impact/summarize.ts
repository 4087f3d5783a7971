import { type Direction, directions } from '../model/policy.ts';
import { declaredPorts } from '../platform/declared-ports.ts';
import type { Facts } from '../platform/facts.ts';
import { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty, type PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { type Unit, type UnknownReason, weightOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { lostCallbacks } from './api-server.ts';
import type { Budget } from './budget.ts';
import { ConnectionCount } from './connection-count.ts';
import { gradeAll, type Required } from './grades.ts';
import type { Impact, IsolationTally } from './impact.ts';
import type { Difference, Ends, IsolationFlip, Rectangle } from './rectangle.ts';
import { WorkloadNumbers } from './workload-numbers.ts';

/**
 * Counts a difference in connections between workloads, exactly, with a few examples by name. `facts` are those of
 * the world before; `required` are connections that are critical because somebody says so. Steps are spent for each
 * destination whose declared ports must be looked up.
 */
export function summarize(
  diff: Difference,
  worlds: Overlay,
  facts: Facts,
  budget: Budget,
  required: readonly Required[] = [],
): Impact {
  const workloads = new WorkloadNumbers(worlds);
  const count = (wanted: 'examples' | 'size') => new ConnectionCount(worlds, workloads, wanted);
  const tallies: LossTallies = {
    declared: count('examples'),
    undeclared: count('examples'),
    critical: count('size'),
    told: [],
    implied: count('size'),
  };
  const opened = { across: count('examples'), inside: count('examples') };
  const undecided = count('size');
  const reasons = new Set<UnknownReason>();
  for (const rectangle of diff.rectangles) {
    if (!isEmpty(rectangle.lost)) tallyLoss({ worlds, facts, required }, rectangle, tallies, budget);
    if (!isEmpty(rectangle.gained) && rectangle.admittedNow) tallyGain(worlds, rectangle, opened);
    if (!isEmpty(rectangle.undecided)) {
      undecided.add(rectangle.sources, rectangle.destinations, rectangle.undecided);
      for (const reason of rectangle.reasons) reasons.add(reason);
    }
  }
  for (const { units, ports } of lostCallbacks(diff, worlds, facts)) {
    const ends: Ends = { kind: 'units', units };
    for (const tally of [tallies.critical, tallies.declared]) tally.add({ kind: 'api-server' }, ends, ports);
  }
  return {
    blocked: {
      declared: tallies.declared.tally(),
      undeclared: tallies.undeclared.tallyWithout(tallies.declared),
      critical: tallies.critical.size,
      implied: onlyImplied(tallies, count('size')),
    },
    opened: { across: opened.across.tally(), inside: opened.inside.tally() },
    isolated: isolationOf(diff.flips, worlds, 'isolated'),
    freed: isolationOf(diff.flips, worlds, 'freed'),
    undecided: { count: undecided.size, reasons: [...reasons] },
  };
}

/** Connections that are implied and not told; most often nothing is implied, and what was told need not be counted. */
function onlyImplied({ implied, told }: LossTallies, count: ConnectionCount): number {
  if (implied.size === 0) return 0;
  for (const { sources, destinations, ports } of told) count.add(sources, destinations, ports);
  return implied.sizeWithout(count);
}

interface Part {
  readonly sources: Ends;
  readonly destinations: Ends;
  readonly ports: PortSet;
}

interface LossTallies {
  readonly declared: ConnectionCount;
  readonly undeclared: ConnectionCount;
  readonly critical: ConnectionCount;
  /** Declared and undeclared together: the connections whose grade is not implied. */
  readonly told: Part[];
  readonly implied: ConnectionCount;
}

interface Grading {
  readonly worlds: Overlay;
  readonly facts: Facts;
  readonly required: readonly Required[];
}

function tallyLoss(
  { worlds, facts, required }: Grading,
  rectangle: Rectangle,
  into: LossTallies,
  budget: Budget,
): void {
  const { sources, destinations, lost } = rectangle;
  const ends = { sources, destinations, ports: lost };
  for (const part of gradeAll(facts, worlds.before, ends, required)) {
    if (part.critical) into.critical.add(part.sources, part.destinations, lost);
    if (!part.critical && !rectangle.admittedBefore) {
      into.implied.add(part.sources, part.destinations, lost);
      continue;
    }
    into.told.push({ sources: part.sources, destinations: part.destinations, ports: lost });
    for (const { ends, ports, declared } of byDeclared(
      worlds,
      facts,
      part.destinations,
      part.ports,
      budget,
    )) {
      (declared ? into.declared : into.undeclared).add(part.sources, ends, ports);
    }
  }
}

interface DeclaredPart {
  readonly ends: Ends;
  readonly ports: PortSet;
  readonly declared: boolean;
}

/** Up to this many destinations are looked at one by one. */
const directMax = 64;

/** Splits destinations by the declared ports that they lose; the internet declares none. */
function byDeclared(
  worlds: Overlay,
  facts: Facts,
  ends: Ends,
  lost: PortSet,
  budget: Budget,
): DeclaredPart[] {
  if (ends.kind === 'internet') return [{ ends, ports: lost, declared: false }];
  const parts = new Map<string, { units: BitSet; ports: PortSet; declared: boolean }>();
  const add = (ports: PortSet, units: BitSet): void => {
    const hit = intersectPorts(ports, lost);
    const key = hit.join();
    const known = parts.get(key);
    if (known !== undefined) known.units.addAll(units);
    else parts.set(key, { units, ports: isEmpty(hit) ? lost : hit, declared: !isEmpty(hit) });
  };
  const { base, own, before } = worlds;
  const many = ends.units.size > directMax;
  // The world below knows what its own units declare; the others are asked for it.
  (many ? ends.units.and(own) : ends.units).forEach((id) => {
    const unit = before.unit(id);
    if (unit !== undefined && budget.spend(1)) add(facts.declared(unit), BitSet.of([id]));
  });
  if (many) {
    const rest = ends.units.andNot(own);
    for (const { ports, units } of base.portClasses.by(declaredPorts)) {
      const met = units.and(rest);
      if (!met.isEmpty() && budget.spend(1)) add(ports, met);
    }
  }
  return [...parts.values()].map(({ units, ...part }) => ({ ...part, ends: { kind: 'units', units } }));
}

function tallyGain(
  worlds: Overlay,
  { sources, destinations, gained }: Rectangle,
  into: { readonly across: ConnectionCount; readonly inside: ConnectionCount },
): void {
  if (sources.kind === 'internet' || destinations.kind === 'internet') {
    into.across.add(sources, destinations, gained);
    return;
  }
  const { after } = worlds;
  const bySource = sources.units.size <= destinations.units.size;
  for (const [namespace, few] of byNamespace(after, bySource ? sources.units : destinations.units)) {
    const local = after.unitsIn(namespace);
    const all = bySource ? destinations.units : sources.units;
    for (const [count, many] of [
      [into.inside, all.and(local)] as const,
      [into.across, all.andNot(local)] as const,
    ]) {
      if (many.isEmpty()) continue;
      const [from, to] = bySource ? [few, many] : [many, few];
      count.add({ kind: 'units', units: from }, { kind: 'units', units: to }, gained);
    }
  }
}

function byNamespace(world: World, units: BitSet): Map<string, BitSet> {
  const namespaces = new Map<string, BitSet>();
  units.forEach((id) => {
    const namespace = world.unit(id)?.namespace ?? '';
    const known = namespaces.get(namespace) ?? new BitSet();
    known.add(id);
    namespaces.set(namespace, known);
  });
  return namespaces;
}

function isolationOf(
  flips: readonly IsolationFlip[],
  worlds: Overlay,
  effect: IsolationFlip['effect'],
): Record<Direction, IsolationTally> {
  const chosen = (direction: Direction) =>
    flips.filter((flip) => flip.effect === effect && flip.direction === direction);
  const [ingress, egress] = directions.map((direction) => tallyFlips(chosen(direction), worlds));
  const none: IsolationTally = { workloads: 0, pods: 0, planned: 0, keepNone: 0, examples: [] };
  return { ingress: ingress ?? none, egress: egress ?? none };
}

function tallyFlips(flips: readonly IsolationFlip[], worlds: Overlay): IsolationTally {
  const workloads = new Map<string, { readonly unit: Unit; keepsNone: boolean }>();
  let pods = 0;
  let planned = 0;
  for (const flip of flips) {
    const unit = worlds.after.unit(flip.unit);
    if (unit === undefined) continue;
    planned += unit.planned;
    pods += weightOf(unit) - unit.planned;
    const known = workloads.get(unit.workload.id);
    workloads.set(unit.workload.id, { unit, keepsNone: flip.keepsNone && (known?.keepsNone ?? true) });
  }
  const sorted = [...workloads.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return {
    workloads: sorted.length,
    pods,
    planned,
    keepNone: sorted.filter(({ keepsNone }) => keepsNone).length,
    examples: sorted.slice(0, 3).map(({ unit }) => ({ namespace: unit.namespace, name: unit.workload.name })),
  };
}
