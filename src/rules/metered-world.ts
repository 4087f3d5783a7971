import type { Budget } from '../impact/budget.ts';
import type { ClusterObject, NamespaceRecord, PodRecord, WorkloadRecord } from '../model/objects.ts';
import type { Clause, CompiledPolicy, Direction, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import type { Labels } from '../model/selector.ts';
import { Kept } from '../platform/kept.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Lookups } from '../world/lookups.ts';
import type { PortsOfUnit } from '../world/port-classes.ts';
import type { Unit, Workload } from '../world/unit.ts';
import type { Governing, Reading, RecordOf, World } from '../world/world.ts';

/** Thrown out of whatever walks a world when the budget ends; only the runner of the rules catches it. */
export class BudgetEnded extends Error {
  constructor() {
    super('the budget of the rules ended');
    this.name = 'BudgetEnded';
  }
}

/**
 * The share of a review's budget that the rules about policies may take: they count into it, and however much one of
 * them meets, most of it is left for the difference.
 */
export class Meter {
  private readonly budget: Budget;
  private left: number;
  private least = 0;

  constructor(budget: Budget) {
    this.budget = budget;
    this.left = budget.stepsMax * share;
  }

  /** Begins another piece of work, which may take half of what is left; throws once the time is over. */
  begin(): void {
    this.least = this.left / 2;
    this.budget.look();
    if (this.budget.spent === 'time') throw new BudgetEnded();
  }

  /** Takes steps; throws once the piece of work has had its part, or the whole budget is spent. */
  spend(steps: number): void {
    this.left -= steps;
    if (!this.budget.spend(steps) || this.left < this.least) throw new BudgetEnded();
  }
}

const share = 0.2;

/**
 * A world that takes a step of a budget for each thing that is looked up or walked over, so that no rule can forget to.
 * What a look-up costs inside the world is the affair of its indexes.
 */
export class MeteredWorld implements World {
  readonly profile: Profile;
  readonly lookups: Lookups;
  private readonly world: World;
  private readonly meter: Meter;
  /** Answers that many rules ask for; each time a step is taken all the same. */
  private readonly counts = new Kept<string, number>();

  constructor(world: World, meter: Meter) {
    this.profile = world.profile;
    this.world = world;
    this.meter = meter;
    const { lookups } = world;
    this.lookups = {
      namespaces: (selector) => this.each(lookups.namespaces(selector)),
      namespaceCount: (selector) =>
        this.one(() => this.counts.of(selector.text, () => lookups.namespaceCount(selector))),
      namespacesInAll: lookups.namespacesInAll,
      records: (key, text) => this.each(lookups.records(key, text)),
      within: (key, range) => this.each(lookups.within(key, range)),
      holdsPod: (block) => this.one(() => lookups.holdsPod(block)),
    };
  }

  private spend(steps: number): void {
    this.meter.spend(steps);
  }

  private one<T>(look: () => T): T {
    this.spend(1);
    return look();
  }

  private *each<T>(items: Iterable<T>): Iterable<T> {
    for (const item of items) {
      this.spend(1);
      yield item;
    }
  }

  get units(): BitSet {
    this.spend(1);
    return this.world.units;
  }

  unit(id: number): Unit | undefined {
    this.spend(1);
    return this.world.unit(id);
  }

  unitsIn(namespace: string): BitSet {
    this.spend(1);
    return this.world.unitsIn(namespace);
  }

  workloadUnits(workload: Workload): readonly Unit[] {
    const units = this.world.workloadUnits(workload);
    this.spend(1 + units.length);
    return units;
  }

  namespaceLabels(namespace: string): Labels {
    this.spend(1);
    return this.world.namespaceLabels(namespace);
  }

  namespaces(): Iterable<NamespaceRecord> {
    return this.each(this.world.namespaces());
  }

  namespace(name: string): NamespaceRecord | undefined {
    this.spend(1);
    return this.world.namespace(name);
  }

  policiesIn(namespace: string): Iterable<CompiledPolicy> {
    const found = [...this.world.policiesIn(namespace)];
    this.spend(found.length);
    return found;
  }

  governing(unit: number, direction: Direction): Governing {
    this.spend(1);
    return this.world.governing(unit, direction);
  }

  isolated(direction: Direction): BitSet {
    this.spend(1);
    return this.world.isolated(direction);
  }

  ungoverned(direction: Direction): BitSet {
    this.spend(1);
    return this.world.ungoverned(direction);
  }

  subjects(policy: CompiledPolicy): BitSet {
    this.spend(1);
    return this.world.subjects(policy);
  }

  peerUnits(namespace: string, peer: Peer): Reading {
    this.spend(1);
    return this.world.peerUnits(namespace, peer);
  }

  portsOf(read: PortsOfUnit, unit: Unit): PortSet {
    this.spend(1);
    return this.world.portsOf(read, unit);
  }

  clauseUnits(namespace: string, clause: Clause): 'any' | Reading {
    this.spend(clause.peers === 'any' ? 1 : 1 + clause.peers.length);
    return this.world.clauseUnits(namespace, clause);
  }

  foreignApi(namespace: string): string | null {
    this.spend(1);
    return this.world.foreignApi(namespace);
  }

  records<K extends ClusterObject['kind']>(kind: K, namespace?: string): Iterable<RecordOf<K>> {
    if (namespace === undefined) return this.each(this.world.records(kind));
    // All at once: who stops at the first that fits would take other steps where the cluster was learnt in another order.
    const found = [...this.world.records(kind, namespace)];
    this.spend(found.length);
    return found;
  }

  record<K extends ClusterObject['kind']>(
    kind: K,
    namespace: string | null,
    name: string,
  ): RecordOf<K> | undefined {
    this.spend(1);
    return this.world.record(kind, namespace, name);
  }

  unitOfPod(namespace: string, name: string): Unit | undefined {
    this.spend(1);
    return this.world.unitOfPod(namespace, name);
  }

  pod(namespace: string, name: string): PodRecord | undefined {
    this.spend(1);
    return this.world.pod(namespace, name);
  }

  workloadRecord(workload: Workload): WorkloadRecord | undefined {
    this.spend(1);
    return this.world.workloadRecord(workload);
  }

  owns(address: bigint): boolean {
    this.spend(1);
    return this.world.owns(address);
  }
}
