import { type Budget, unbounded } from '../impact/budget.ts';
import { Evaluation } from '../impact/evaluation.ts';
import type { When } from '../impact/group.ts';
import type { PortReading } from '../impact/side.ts';
import { factsOf } from '../platform/facts.ts';
import { BitSet } from '../sets/bitset.ts';
import { allPorts, intersectPorts, isEmpty, noPorts, type PortSet, subtractPorts } from '../sets/port-set.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import type { Contract, ContractEnd } from './contract.ts';
import { inventPods, keysOfContracts, membersIn } from './contract-ends.ts';
import type { Members } from './contract-groups.ts';
import { portsOfDns, type Resolving } from './contract-outside.ts';
import { internetPairs, type PairClass, resolverPairs, unitPairs } from './contract-pairs.ts';
import { type Breach, ContractTally } from './contract-tally.ts';
import type { Witness } from './contract-witness.ts';

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
  /** The ends that are nobody's: why a contract is vacuous. */
  readonly nobody: readonly ('from' | 'to')[];
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
  const worlds = overlay(world, { edits: invented.edits }, keysOfContracts(contracts));
  const peopled = worlds.after;
  // Nothing changes: both sides are the world with its invented pods.
  const still = { ...worlds, before: peopled, moved: new BitSet() };
  const evaluation = new Evaluation(still, budget);
  const strangers = invented.units(peopled);
  const resolving = resolvingIn(peopled, strangers);
  return contracts.map((contract) => {
    const membersOf = (end: ContractEnd): Members => {
      const units =
        end.kind === 'pods' ? membersIn(peopled, contract, end, invented, strangers) : new BitSet();
      return { before: units, after: units };
    };
    const ends = { from: membersOf(contract.from), to: membersOf(contract.to) };
    const both = { before: resolving, after: resolving };
    const state = judged(evaluation, contract, pairsOf(evaluation, contract, ends, both), {
      needed: portsNeeded(contract, resolving),
      strangers,
    });
    return { ...state, nobody: nobodyAt(contract, ends, resolving) };
  });
}

function judged(
  { worlds, budget }: Evaluation,
  contract: Contract,
  classes: Iterable<PairClass>,
  { needed, strangers }: { readonly needed: PortSet; readonly strangers: BitSet },
): Omit<ContractState, 'nobody'> {
  const tally = new ContractTally(contract, worlds, strangers);
  const doubts = new Set<ContractDoubt>();
  for (const pairs of classes) {
    const reading = pairs.readings.after;
    if (reading === null) continue;
    const breach = breachOf(contract, needed, reading, pairs.clouded);
    if (!tally.add(pairs, breach) || isEmpty(breach.perhaps)) continue;
    for (const reason of pairs.clouded ? (['other-policies'] as const) : reading.reasons) doubts.add(reason);
  }
  return stateOf(contract, tally, doubts, budget);
}

function stateOf(
  contract: Contract,
  tally: ContractTally,
  doubts: Set<ContractDoubt>,
  budget: Budget,
): Omit<ContractState, 'nobody'> {
  if (budget.spent !== null) doubts.add('not-looked-at');
  const [broken, unknown] = [tally.count('broken'), tally.count('unknown')];
  const witness = tally.witness('broken') ?? tally.witness('unknown');
  const counted = { contract, broken, unknown, witness };
  if (tally.isBroken) return { ...counted, state: 'broken', reasons: [] };
  if (witness !== null || budget.spent !== null)
    return { ...counted, state: 'unknown', reasons: [...doubts].sort() };
  return { ...counted, state: tally.hasPairs ? 'holds' : 'vacuous', reasons: [] };
}

function nobodyAt(
  contract: Contract,
  ends: Readonly<Record<'from' | 'to', Members>>,
  resolving: Resolving,
): ('from' | 'to')[] {
  return (['from', 'to'] as const).filter((side) => {
    const { kind } = contract[side];
    if (kind === 'dns') return resolving.units.isEmpty();
    return kind === 'pods' && ends[side].after.isEmpty();
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
