import type { Budget } from '../impact/budget.ts';
import { Evaluation } from '../impact/evaluation.ts';
import type { Required } from '../impact/grades.ts';
import type { When } from '../impact/group.ts';
import { touchedUnits } from '../impact/touched.ts';
import type { Change } from '../model/change.ts';
import type { Finding, Phrase } from '../model/finding.ts';
import { type Direction, directions } from '../model/policy.ts';
import { matches } from '../model/selector.ts';
import { placeOf } from '../rules/change-place.ts';
import { always } from '../rules/rule.ts';
import type { Judgement } from '../rules/run.ts';
import { objectOf } from '../rules/stamp.ts';
import { BitSet } from '../sets/bitset.ts';
import {
  allPorts,
  isEmpty,
  noPorts,
  type PortSet,
  portText,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { type Overlay, overlay } from '../world/overlay.ts';
import { podIds } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { type Contract, type ContractEnd, contractRule } from './contract.ts';
import {
  amongUnits,
  type Invented,
  inventPods,
  keysOfContracts,
  membersIn,
  ownAmong,
  unitsAt,
} from './contract-ends.ts';
import { type Members, reachOf } from './contract-groups.ts';
import type { Resolving } from './contract-outside.ts';
import type { PairClass } from './contract-pairs.ts';
import { breachOf, pairsOf, portsNeeded, resolvingIn } from './contract-state.ts';
import { type Breach, ContractTally } from './contract-tally.ts';
import type { WitnessEnd } from './contract-witness.ts';

/** What a review judges contracts by. */
export interface ContractCase {
  readonly world: ClusterWorld;
  /** What is laid over the world. */
  readonly laid: Change;
  readonly contracts: readonly Contract[];
}

/**
 * A judgement with what the change newly breaks. As for a rule: where the judging of contracts throws, everybody else's
 * findings are there all the same.
 */
export function withContracts(judgement: Judgement, asked: ContractCase, budget: Budget): Judgement {
  try {
    const findings = contractFindings(asked, budget).map((finding) => ({ finding, old: false }));
    return findings.length === 0
      ? judgement
      : { ...judgement, findings: [...judgement.findings, ...findings] };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { ...judgement, failed: [...judgement.failed, { rule: contractRule.id, error }] };
  }
}

/** One finding for each contract that the change breaks, or perhaps breaks, for a pair for which it was kept before. */
export function contractFindings({ world, laid, contracts }: ContractCase, budget: Budget): Finding[] {
  const concerned = contracts.filter((contract) => concerns(world, laid, contract));
  if (concerned.length === 0) return [];
  const scene = new Scene(world, laid, concerned, budget);
  return concerned.flatMap((contract) => scene.finding(contract) ?? []);
}

/**
 * The connections of a world that `require` contracts name: critical, whatever else is known of them. DNS is critical
 * without being named.
 */
export function requiredBy({ world: base, laid, contracts }: ContractCase): (world: World) => Required[] {
  const concerned = contracts.filter(
    (contract) => contract.kind === 'require' && contract.to.kind !== 'dns' && concerns(base, laid, contract),
  );
  return (world) =>
    concerned.map(({ from, to, ports }) => ({
      sources: from.kind === 'pods' ? unitsAt(world, from) : 'internet',
      destinations: to.kind === 'pods' ? unitsAt(world, to) : 'internet',
      ports: ports ?? allPorts,
    }));
}

/** Could the change touch a pod of one of the contract's ends? Asked of namespaces only, which costs next to nothing. */
function concerns(world: ClusterWorld, { edits }: Change, { from, to }: Contract): boolean {
  return edits.some((edit) => {
    if (edit.kind === 'namespace' || edit.kind === 'record') return true;
    const record = edit.after ?? edit.before;
    const namespace = record === null ? '' : 'ref' in record ? record.ref.namespace : record.namespace;
    const labels = world.namespaceLabels(namespace);
    // Resolvers may lie in any namespace.
    return [from, to].some(
      (end) => end.kind === 'dns' || (end.kind === 'pods' && matches(end.namespaces, labels)),
    );
  });
}

/** A change and the contracts that it concerns, laid over the world with the pods that those invent. */
class Scene {
  private readonly laid: Change;
  private readonly worlds: Overlay;
  private readonly evaluation: Evaluation;
  private readonly invented: Invented;
  private readonly strangers: BitSet;
  private readonly touched: Readonly<Record<Direction, BitSet>>;
  private readonly resolving: Readonly<Record<When, Resolving>>;

  constructor(world: ClusterWorld, laid: Change, contracts: readonly Contract[], budget: Budget) {
    this.laid = laid;
    this.invented = inventPods(world, contracts);
    this.worlds = overlay(
      world,
      { edits: [...laid.edits, ...this.invented.edits] },
      keysOfContracts(contracts),
    );
    this.evaluation = new Evaluation(this.worlds, budget);
    this.strangers = this.invented.units(this.worlds.after);
    const [ingress, egress] = directions.map((direction) => touchedUnits(this.worlds, laid, direction));
    if (ingress === undefined || egress === undefined) throw new Error('there are two directions');
    this.touched = { ingress, egress };
    const before = resolvingIn(this.worlds.before, this.strangers);
    const after = this.worlds.moved.isEmpty() ? before : resolvingIn(this.worlds.after, this.strangers);
    this.resolving = { before, after };
  }

  finding(contract: Contract): Finding | null {
    const needed = portsNeeded(contract, this.resolving.after);
    const tally = new ContractTally(contract, this.worlds, this.strangers);
    const affected = new Set<string>();
    for (const pairs of this.touchedPairs(contract)) {
      const { sure, perhaps } = newly(contract, needed, pairs);
      if (isEmpty(sure) && isEmpty(perhaps)) continue;
      tally.add(pairs, { sure, perhaps });
      for (const pod of this.touchedPods(pairs)) affected.add(pod);
    }
    return findingOf(this.laid, contract, tally, [...affected].sort());
  }

  /** Pairs with an end whose own policies the change may have altered; all others are as they were. */
  private *touchedPairs(contract: Contract): Iterable<PairClass> {
    const { from, to } = contract;
    const targets = this.touchedMembers(contract, to, 'ingress');
    const evaluate = (ends: { readonly from: Members; readonly to: Members }): Iterable<PairClass> =>
      pairsOf(this.evaluation, contract, ends, this.resolving);
    // What resolvers admit concerns whoever asks them.
    const everySource = to.kind === 'dns' && !isNobody(targets);
    if (!isNobody(targets)) {
      const askers = this.members(contract, from);
      yield* evaluate({ from: everySource ? askers : this.within(askers, targets, 'ingress'), to: targets });
    }
    const sources = this.touchedMembers(contract, from, 'egress');
    if (everySource || isNobody(sources)) return;
    const asked = this.lessTouched(this.members(contract, to), targets);
    yield* evaluate({ from: sources, to: this.within(asked, sources, 'egress') });
  }

  private members(contract: Contract, end: ContractEnd): Members {
    if (end.kind !== 'pods') return nobody();
    return this.onBothSides((when) =>
      membersIn(this.worlds[when], contract, end, this.invented, this.strangers),
    );
  }

  private touchedMembers(contract: Contract, end: ContractEnd, direction: Direction): Members {
    const touched = this.touched[direction];
    if (end.kind === 'dns') return this.onBothSides((when) => this.resolving[when].units.and(touched));
    if (end.kind === 'internet') return nobody();
    return this.onBothSides((when) => {
      const world = this.worlds[when];
      const units = amongUnits(world, end, touched).andNot(this.strangers);
      if (contract.kind === 'forbid') units.addAll(ownAmong(world, end, this.invented).and(touched));
      return units;
    });
  }

  /** Whom the touched pods surely do not admit, before and after, the change gives and takes nothing. */
  private within(members: Members, touched: Members, direction: Direction): Members {
    // Pods that moved may be pairs of the contract now that were none before.
    const reach = this.worlds.moved.isEmpty() ? reachOf(this.evaluation, touched, direction) : null;
    if (reach === null) return members;
    const units = members.after.and(reach);
    return { before: units, after: units };
  }

  private lessTouched(members: Members, { before, after }: Members): Members {
    const done = before === after ? after : before.or(after);
    const rest = members.after.andNot(done);
    return { before: members.before === members.after ? rest : members.before.andNot(done), after: rest };
  }

  /** Labels stay as they are unless pods moved: then who belongs to an end is the same before and after. */
  private onBothSides(of: (when: When) => BitSet): Members {
    const after = of('after');
    return { before: this.worlds.moved.isEmpty() ? after : of('before'), after };
  }

  /** Pods of a class whose own policies the change may have altered. */
  private touchedPods({ sources, destinations }: PairClass): string[] {
    const sides = [[sources, this.touched.egress] as const, [destinations, this.touched.ingress] as const];
    return sides.flatMap(([ends, touched]) => {
      if (ends.kind === 'internet') return [];
      const units = ends.units.and(touched).andNot(this.strangers).toArray();
      return units.flatMap((id) => {
        const unit = this.worlds.after.unit(id);
        return unit === undefined ? [] : podIds(unit);
      });
    });
  }
}

function nobody(): Members {
  const units = new BitSet();
  return { before: units, after: units };
}

function isNobody({ before, after }: Members): boolean {
  return before.isEmpty() && after.isEmpty();
}

/** What breaks a contract after the change and did not before; what was in doubt before and is sure now stays in doubt. */
function newly(contract: Contract, needed: PortSet, { readings, clouded }: PairClass): Breach {
  const breach = (when: When): Breach => {
    const reading = readings[when];
    if (reading === null) return { sure: noPorts, perhaps: noPorts };
    return breachOf(contract, needed, reading, clouded);
  };
  const [then, now] = [breach('before'), breach('after')];
  const doubted = unionPorts(then.sure, then.perhaps);
  const sure = subtractPorts(now.sure, doubted);
  const hardened = subtractPorts(subtractPorts(now.sure, then.sure), sure);
  return { sure, perhaps: unionPorts(hardened, subtractPorts(now.perhaps, doubted)) };
}

function findingOf(
  change: Change,
  contract: Contract,
  tally: ContractTally,
  affected: readonly string[],
): Finding | null {
  const [edit] = change.edits;
  const how = tally.isBroken ? 'broken' : 'unknown';
  const witness = tally.witness(how);
  if (edit === undefined || witness === null) return null;
  const certain = how === 'broken';
  const count = tally.count(how);
  const verb = contract.kind === 'forbid' ? 'reach' : 'no longer reach';
  return {
    rule: contractRule.id,
    number: contractRule.number,
    object: objectOf(edit),
    key: contract.name,
    severity: always(certain ? contract.level : 'warning'),
    confidence: certain ? 'certain' : 'likely',
    // It is stated by the cluster's own operators, so that it is not for the next policy to make it true again.
    cure: 'none',
    needs: ['Pod', 'Namespace', 'NetworkPolicy', ...(contract.to.kind === 'dns' ? ['Service' as const] : [])],
    restsOnVerdicts: true,
    at: placeOf(change),
    happens: [
      `${certain ? 'breaks' : 'may break'} contract ${contract.name}: `,
      ...endPhrase(witness.source),
      ` ${certain ? 'can' : 'may'} ${verb} `,
      ...endPhrase(witness.destination),
      ` on ${portText(witness.ports)}${count > 1 ? `, +${count - 1}` : ''}`,
    ],
    advice: contract.reason === '' ? [] : [contract.reason],
    affected,
    invented: certain && count === 0,
    related: [],
    fix: [],
    admission: 'told',
  };
}

function endPhrase(end: WitnessEnd): Phrase {
  switch (end.kind) {
    case 'internet':
      return ['the internet'];
    case 'dns':
      return ['DNS'];
    case 'pod':
      if (!end.invented) return [{ kind: 'workload', namespace: end.namespace, name: end.name }];
      return [`${end.name.slice(1, -1)} in `, { kind: 'namespace', name: end.namespace }];
  }
}
