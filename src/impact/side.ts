import type { Clause, Direction, PortTerm, Ternary } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import { BitSet } from '../sets/bitset.ts';
import {
  allPorts,
  intersectPorts,
  noPorts,
  type PortSet,
  portRange,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import { readPeer } from '../world/read-peer.ts';
import type { UnknownReason } from '../world/unit.ts';
import type { Governing, Governor, Reading, World } from '../world/world.ts';

/** Ports that are surely allowed (`must`) and those that may be (`may`, a superset), with the reasons between them. */
export interface PortReading {
  readonly must: PortSet;
  readonly may: PortSet;
  readonly reasons: readonly UnknownReason[];
}

export const allAllowed: PortReading = { must: allPorts, may: allPorts, reasons: [] };
export const noneAllowed: PortReading = { must: noPorts, may: noPorts, reasons: [] };

/** A clause of a governing policy and whom its peers match in one world. */
export interface Entry {
  readonly governor: Governor;
  readonly clause: Clause;
  readonly members: 'any' | Reading;
}

/** The clauses that decide for one group of subjects in one direction, in order. */
export interface Side {
  readonly direction: Direction;
  readonly governing: Governing;
  readonly entries: readonly Entry[];
}

/** Looks up whom each clause of the governing policies matches. */
export function sideOf(world: World, governing: Governing, direction: Direction): Side {
  const entries = governing.governors.flatMap((governor) =>
    governor.clauses.map((clause) => ({
      governor,
      clause,
      members: world.clauseUnits(governor.policy.ref.namespace, clause),
    })),
  );
  return { direction, governing, entries };
}

/** The same, where only these few units can be the other end: nothing is looked up that concerns others. */
export function sideTowards(world: World, governing: Governing, direction: Direction, others: BitSet): Side {
  const entries = governing.governors.flatMap((governor) =>
    governor.clauses.map((clause) => ({
      governor,
      clause,
      members: membersAmong(world, governor.policy.ref.namespace, clause, others),
    })),
  );
  return { direction, governing, entries };
}

function membersAmong(world: World, namespace: string, { peers }: Clause, others: BitSet): 'any' | Reading {
  if (peers === 'any') return 'any';
  const met: (readonly [number, ReturnType<typeof readPeer>])[] = [];
  others.forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined) return;
    const labels = world.namespaceLabels(unit.namespace);
    for (const peer of peers) {
      const said = readPeer(peer, namespace, unit, labels, world.profile);
      if (said.value !== 'no') met.push([id, said]);
    }
  });
  // Most clauses match none of a few.
  if (met.length === 0) return nobody;
  const must = BitSet.of(met.flatMap(([id, { value }]) => (value === 'yes' ? [id] : [])));
  const reasons = new Set(met.flatMap(([, { value, reason }]) => (value === 'maybe' ? [reason] : [])));
  return { must, may: reasons.size === 0 ? must : BitSet.of(met.map(([id]) => id)), reasons: [...reasons] };
}

const empty = new BitSet();
const nobody: Reading = { must: empty, may: empty, reasons: [] };

/** Does the clause match this unit as the other end? */
export function matchesUnit({ members }: Entry, unit: number): Ternary {
  if (members === 'any' || members.must.has(unit)) return 'yes';
  return members.may.has(unit) ? 'maybe' : 'no';
}

/**
 * The ports that a side allows towards one other end. Walks the clauses in order and carries every outcome that is
 * still possible: a clause that surely matches ends the walk for its ports, one that may match adds its outcome and
 * lets them go on. For NetworkPolicies, where every clause allows, this is "the union of what those policies allow".
 */
export function decide(
  side: Side,
  match: (entry: Entry) => Ternary,
  destinationPorts: readonly ContainerPort[],
): PortReading {
  const { governors, doubt } = side.governing;
  const reading = decideBy(side, governors, match, destinationPorts);
  if (doubt === null) return reading;
  const sure = governors.filter(({ certain }) => certain);
  const other = sure.length === governors.length ? reading : decideBy(side, sure, match, destinationPorts);
  return {
    must: intersectPorts(reading.must, other.must),
    may: doubt === 'enforcement' ? allPorts : unionPorts(reading.may, other.may),
    reasons: [...new Set([...reading.reasons, ...other.reasons, doubtReasons[doubt]])],
  };
}

const doubtReasons = { stray: 'platform', enforcement: 'enforcement' } as const;

function decideBy(
  side: Side,
  governors: readonly Governor[],
  match: (entry: Entry) => Ternary,
  destinationPorts: readonly ContainerPort[],
): PortReading {
  const { isolated } = side.governing;
  // Most often all governors are of one tier, so that every entry is.
  const asked = governors === side.governing.governors ? governors : null;
  const walk: Walk = {
    undecided: allPorts,
    canAllow: noPorts,
    canDeny: noPorts,
    passed: noPorts,
    reasons: new Set(),
  };
  for (const tier of tiersOf(governors)) {
    for (const entry of side.entries) {
      const matched = asked === tier || tier.includes(entry.governor) ? match(entry) : 'no';
      if (matched !== 'no') meet(walk, entry, matched, destinationPorts);
    }
    endTier(walk, tier);
  }
  // What no tier decided: a pod that is not isolated may do everything, unless the plugin closes unselected pods.
  if (governors.length === 0 && isolated) walk.canDeny = unionPorts(walk.canDeny, walk.undecided);
  else walk.canAllow = unionPorts(walk.canAllow, walk.undecided);
  const must = subtractPorts(walk.canAllow, walk.canDeny);
  return { must, may: walk.canAllow, reasons: must === walk.canAllow ? [] : [...walk.reasons] };
}

/** The outcomes that are still possible for each port. */
interface Walk {
  undecided: PortSet;
  canAllow: PortSet;
  canDeny: PortSet;
  passed: PortSet;
  readonly reasons: Set<UnknownReason>;
}

function meet(walk: Walk, entry: Entry, matched: Ternary, destinationPorts: readonly ContainerPort[]): void {
  const ports = portsOf(entry.clause, destinationPorts);
  const hit = intersectPorts(walk.undecided, ports.may);
  switch (entry.clause.verdict) {
    case 'allow':
      walk.canAllow = unionPorts(walk.canAllow, hit);
      break;
    case 'deny':
      walk.canDeny = unionPorts(walk.canDeny, hit);
      break;
    case 'pass':
      walk.passed = unionPorts(walk.passed, hit);
      break;
  }
  if (matched === 'yes') walk.undecided = subtractPorts(walk.undecided, ports.must);
  for (const reason of uncertainty(entry, matched, ports)) walk.reasons.add(reason);
}

/** "Deny if any policy selected the pod in this direction"; what a clause passed on goes to the next tier in any case. */
function endTier(walk: Walk, tier: readonly Governor[]): void {
  const closes = tier.some(({ policy, isolates }) => isolates && policy.tier.end === 'deny');
  if (closes) walk.canDeny = unionPorts(walk.canDeny, walk.undecided);
  walk.undecided = closes ? walk.passed : unionPorts(walk.undecided, walk.passed);
  walk.passed = noPorts;
}

/** Governors arrive sorted by tier; most often there is one tier or none. */
function tiersOf(governors: readonly Governor[]): readonly (readonly Governor[])[] {
  const [first] = governors;
  if (first === undefined) return [];
  if (governors.every(({ policy }) => policy.tier.order === first.policy.tier.order)) return [governors];
  const tiers = new Map<number, Governor[]>();
  for (const governor of governors) {
    const { order } = governor.policy.tier;
    tiers.set(order, [...(tiers.get(order) ?? []), governor]);
  }
  return [...tiers].sort(([a], [b]) => a - b).map(([, tier]) => tier);
}

function uncertainty(
  entry: Entry,
  matched: Ternary,
  ports: { readonly must: PortSet; readonly may: PortSet },
): UnknownReason[] {
  const found: UnknownReason[] = [];
  if (matched === 'maybe' && entry.members !== 'any') found.push(...entry.members.reasons);
  if (matched === 'maybe' && found.length === 0) found.push('platform');
  if (ports.must !== ports.may) found.push(isCertain(entry.clause) ? 'init-container-port' : 'platform');
  return found;
}

function isCertain({ ports }: Clause): boolean {
  return ports === 'any' || ports.every(({ certain }) => certain);
}

/**
 * The ports of a clause towards one destination. "The port … can either be a numerical or named port on a pod": a
 * name resolves to the container ports of that name and that protocol, and to nothing where there is none.
 */
export function portsOf(
  clause: Clause,
  destinationPorts: readonly ContainerPort[],
): { readonly must: PortSet; readonly may: PortSet } {
  if (clause.ports === 'any') return { must: allPorts, may: allPorts };
  let must: PortSet = noPorts;
  let unsure: PortSet = noPorts;
  for (const term of clause.ports) {
    for (const { ports, certain } of resolved(term, destinationPorts)) {
      if (certain) must = unionPorts(must, ports);
      else unsure = unionPorts(unsure, ports);
    }
  }
  return { must, may: unsure.length === 0 ? must : unionPorts(must, unsure) };
}

function resolved(
  term: PortTerm,
  destinationPorts: readonly ContainerPort[],
): readonly { readonly ports: PortSet; readonly certain: boolean }[] {
  if (term.kind === 'range')
    return [{ ports: portRange(term.protocol, term.from, term.to), certain: term.certain }];
  return destinationPorts
    .filter(({ name, protocol }) => name === term.name && protocol === term.protocol)
    .map(({ protocol, number, certain }) => ({
      ports: portRange(protocol, number, number),
      certain: certain && term.certain,
    }));
}

/** "A connection is allowed if both the egress policy on the source and the ingress policy on the destination allow." */
export function both(a: PortReading, b: PortReading): PortReading {
  if (a === allAllowed) return b;
  if (b === allAllowed) return a;
  const must = intersectPorts(a.must, b.must);
  if (isSure(a) && isSure(b)) return { must, may: must, reasons: [] };
  const may = intersectPorts(a.may, b.may);
  return { must, may, reasons: [...new Set([...a.reasons, ...b.reasons])] };
}

function isSure({ must, may, reasons }: PortReading): boolean {
  return must === may && reasons.length === 0;
}
