import { type Budget, unbounded } from '../impact/budget.ts';
import { ConnectionCount } from '../impact/connection-count.ts';
import { Evaluation } from '../impact/evaluation.ts';
import type { When } from '../impact/group.ts';
import type { Ends } from '../impact/rectangle.ts';
import type { PortReading } from '../impact/side.ts';
import { factsOf } from '../platform/facts.ts';
import { BitSet } from '../sets/bitset.ts';
import { allPorts, intersectPorts, isEmpty, noPorts, type PortSet, subtractPorts } from '../sets/port-set.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { type Overlay, overlay } from '../world/overlay.ts';
import { weightOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import type { Contract, ContractEnd } from './contract.ts';
import { inventPods, unitsAt } from './contract-ends.ts';
import { portsOfDns, type Resolving } from './contract-outside.ts';
import { internetPairs, type Members, type PairClass, resolverPairs, unitPairs } from './contract-pairs.ts';
import { better, type Witness, witnessOf } from './contract-witness.ts';

/** Why a contract is unknown: reasons of verdicts, and `not-looked-at` where the budget ran out before the end. */
export type ContractDoubt = PortReading['reasons'][number] | 'not-looked-at';

/** Whether a contract is kept in one world. */
export interface ContractState {
  readonly contract: Contract;
  /** `vacuous`: there is no pair that it could be about, so that nothing was shown. It is never passed. */
  readonly state: 'holds' | 'broken' | 'vacuous' | 'unknown';
  /**
   * Connections, as pairs of workloads, that break it for sure and that perhaps do. Both are 0 where only a pod that
   * nobody has yet breaks it.
   */
  readonly broken: number;
  readonly unknown: number;
  /** One flow that breaks it, or perhaps does: the first by name. Null where none does. */
  readonly witness: Witness | null;
  /** Sorted; empty unless the state is unknown. */
  readonly reasons: readonly ContractDoubt[];
}

/**
 * Judges contracts over a world: `forbid` on running, planned and one invented pod per selector, `require` on running
 * and planned ones. Pairs are judged as classes, never listed. Where the budget ends what was not looked at is unknown.
 */
export function judgeContracts(
  world: ClusterWorld,
  contracts: readonly Contract[],
  budget: Budget = unbounded(),
): readonly ContractState[] {
  if (contracts.length === 0) return [];
  const invented = inventPods(world, contracts);
  const peopled = invented.edits.length === 0 ? world : overlay(world, { edits: invented.edits }).after;
  const evaluation = new Evaluation({ before: peopled, after: peopled, moved: new BitSet() }, budget);
  const strangers = invented.units(peopled);
  const resolving = resolvingIn(peopled, strangers);
  return contracts.map((contract) => {
    const membersOf = (end: ContractEnd): Members => {
      const units = end.kind === 'pods' ? unitsAt(peopled, end).andNot(strangers) : new BitSet();
      const own = end.kind === 'pods' && contract.kind === 'forbid' ? invented.unitOf(peopled, end) : -1;
      if (own >= 0) units.add(own);
      return { before: units, after: units };
    };
    const ends = { from: membersOf(contract.from), to: membersOf(contract.to) };
    const both = { before: resolving, after: resolving };
    const found = new Verdicts(contract, portsNeeded(contract, resolving), evaluation.worlds, strangers);
    for (const pairs of pairsOf(evaluation, contract, ends, both)) found.add(pairs);
    return found.state(budget);
  });
}

/** The cluster's resolvers without pods that nobody has. */
export function resolvingIn(world: World, strangers: BitSet): Resolving {
  const { units, ports, nodeLocal } = factsOf(world).resolvers();
  const known = [...ports].filter(([id]) => !strangers.has(id));
  return { units: units.andNot(strangers), ports: new Map(known), nodeLocal };
}

/** The ports that a contract is about. */
export function portsNeeded({ ports, to }: Contract, resolving: Resolving): PortSet {
  return ports ?? (to.kind === 'dns' ? portsOfDns(resolving) : allPorts);
}

/** Every pair of a contract's ends that has a member given, as classes. Resolvers are not asked to ask resolvers. */
export function pairsOf(
  evaluation: Evaluation,
  { from, to, ports }: Contract,
  members: { readonly from: Members; readonly to: Members },
  resolving: Readonly<Record<When, Resolving>>,
): Iterable<PairClass> {
  const resolvers = { before: resolving.before.units, after: resolving.after.units };
  if (to.kind === 'dns') {
    if (from.kind === 'internet') return internetPairs(evaluation, resolvers, 'ingress');
    const askers = without(members.from, resolvers);
    return resolverPairs(evaluation, askers, resolving, ports);
  }
  if (from.kind === 'internet') return internetPairs(evaluation, members.to, 'ingress');
  if (to.kind === 'internet') return internetPairs(evaluation, members.from, 'egress');
  return unitPairs(evaluation, members.from, members.to);
}

function without(members: Members, others: Members): Members {
  const after = members.after.andNot(others.after);
  const same = members.before === members.after && others.before === others.after;
  return { before: same ? after : members.before.andNot(others.before), after };
}

/** Ports of a pair that break a contract, for sure and perhaps. */
export interface Breach {
  readonly sure: PortSet;
  readonly perhaps: PortSet;
}

/** What a reading means for a contract that is about the needed ports. */
export function breachOf(
  { kind }: Contract,
  needed: PortSet,
  { must, may }: PortReading,
  clouded: boolean,
): Breach {
  // Another policy API may allow or refuse anything.
  if (clouded) return { sure: noPorts, perhaps: needed };
  const sure = kind === 'forbid' ? intersectPorts(must, needed) : subtractPorts(needed, may);
  const perhaps = kind === 'forbid' ? intersectPorts(may, needed) : subtractPorts(needed, must);
  return { sure, perhaps: subtractPorts(perhaps, sure) };
}

/** Is the only pair of a class that of a pod with itself? It "never counts". */
export function isSelfOnly(worlds: Overlay, { sources, destinations }: PairClass): boolean {
  if (sources.kind !== 'units' || destinations.kind !== 'units') return false;
  const id = sources.units.first();
  if (id !== destinations.units.first() || sources.units.size > 1 || destinations.units.size > 1)
    return false;
  return [worlds.before.unit(id), worlds.after.unit(id)].every(
    (unit) => unit === undefined || weightOf(unit) < 2,
  );
}

/** Gathers what the pairs of one contract say. */
class Verdicts {
  private readonly counts: Readonly<Record<'broken' | 'unknown', ConnectionCount>>;
  private readonly witnesses: Record<'broken' | 'unknown', Witness | null> = { broken: null, unknown: null };
  private readonly reasons = new Set<ContractDoubt>();
  private found = false;
  private readonly contract: Contract;
  private readonly needed: PortSet;
  private readonly worlds: Overlay;
  private readonly strangers: BitSet;

  constructor(contract: Contract, needed: PortSet, worlds: Overlay, strangers: BitSet) {
    this.contract = contract;
    this.needed = needed;
    this.worlds = worlds;
    this.strangers = strangers;
    const numbers = new Map<string, number>();
    this.counts = {
      broken: new ConnectionCount(worlds, numbers),
      unknown: new ConnectionCount(worlds, numbers),
    };
  }

  add(pairs: PairClass): void {
    const reading = pairs.readings.after;
    if (reading === null || isSelfOnly(this.worlds, pairs)) return;
    this.found = true;
    const { sure, perhaps } = breachOf(this.contract, this.needed, reading, pairs.clouded);
    if (!isEmpty(sure)) this.breaks('broken', pairs, sure);
    if (isEmpty(perhaps)) return;
    this.breaks('unknown', pairs, perhaps);
    if (pairs.clouded) this.reasons.add('other-policies');
    else for (const reason of reading.reasons) this.reasons.add(reason);
  }

  private breaks(how: 'broken' | 'unknown', pairs: PairClass, ports: PortSet): void {
    const [sources, destinations] = [pairs.sources, pairs.destinations].map((ends) => this.real(ends));
    if (sources !== undefined && destinations !== undefined)
      this.counts[how].add(sources, destinations, ports);
    const witness = witnessOf(this.contract, this.worlds.after, pairs, ports, this.strangers);
    this.witnesses[how] = better(this.witnesses[how], witness);
  }

  /** The ends without invented pods, which have no connections yet. */
  private real(ends: Ends): Ends | undefined {
    if (ends.kind === 'internet' || !ends.units.intersects(this.strangers)) return ends;
    const units = ends.units.andNot(this.strangers);
    return units.isEmpty() ? undefined : { kind: 'units', units };
  }

  state(budget: Budget): ContractState {
    const [broken, unknown] = [this.counts.broken.size, this.counts.unknown.size];
    const unseen = budget.spent !== null;
    const state = this.stateOf(unseen);
    const doubts = [...this.reasons, ...(unseen ? ['not-looked-at' as const] : [])];
    return {
      contract: this.contract,
      state,
      broken,
      unknown,
      witness: this.witnesses.broken ?? this.witnesses.unknown,
      reasons: state === 'unknown' ? doubts.sort() : [],
    };
  }

  private stateOf(unseen: boolean): ContractState['state'] {
    if (this.witnesses.broken !== null) return 'broken';
    if (unseen || this.witnesses.unknown !== null) return 'unknown';
    return this.found ? 'holds' : 'vacuous';
  }
}
