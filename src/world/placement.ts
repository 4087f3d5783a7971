import type { PodRecord, WorkloadRecord } from '../model/objects.ts';
import { sameLabels } from '../model/selector.ts';
import type { BitSet } from '../sets/bitset.ts';
import { type MiddleLookup, workloadOfPod } from './owners.ts';
import { addressesOf, type PodEntry, type PodTable } from './pod-table.ts';
import type { SplittingBlock } from './splitting-block.ts';
import { portsKey, sameAddressing, type Traits, traitsOf, type Workload } from './unit.ts';
import type { UnitTable } from './unit-table.ts';
import { WorkloadTable } from './workload-table.ts';

/** Where a placement looks up what stands between a pod and its workload, and what a workload's template says. */
export interface PlacementContext {
  readonly pods: PodTable;
  readonly units: UnitTable;
  readonly middle: MiddleLookup;
  readonly template: (workload: Workload) => WorkloadRecord | undefined;
}

/** Keeps every pod in the unit where it belongs, and the planned pods of workloads that have none. */
export class Placement {
  private readonly context: PlacementContext;
  private readonly workloads: WorkloadTable;

  constructor(context: PlacementContext) {
    this.context = context;
    this.workloads = new WorkloadTable(context.units);
  }

  /** Returns the record in whose place this one comes. */
  put(record: PodRecord): PodRecord | undefined {
    const entry = this.context.pods.get(record.namespace, record.name);
    if (entry !== undefined && staysInPlace(entry.record, record)) return this.renew(entry, record);
    const old = this.remove(record.namespace, record.name);
    this.place(this.context.pods.put(record));
    return old;
  }

  /** Most events of a cluster tell of a pod that is ready now, or not any more, and is otherwise what it was. */
  private renew(entry: PodEntry, record: PodRecord): PodRecord {
    const old = entry.record;
    entry.record = record;
    if (entry.unit !== null) this.context.units.touched(entry.unit);
    return old;
  }

  /** Returns the record that was there. */
  remove(namespace: string, name: string): PodRecord | undefined {
    const entry = this.context.pods.get(namespace, name);
    if (entry === undefined) return undefined;
    this.displace(entry);
    this.context.pods.remove(namespace, name);
    return entry.record;
  }

  /** A ReplicaSet or Job also tells whose the pods are that it controls. */
  workloadChanged(record: WorkloadRecord): void {
    for (const entry of this.context.pods.controlled.of(record)) {
      const { workload } = entry;
      if (workload === null || workload.id === workloadOfPod(entry.record, this.context.middle).id) continue;
      this.displace(entry);
      this.place(entry);
    }
    this.workloads.recordChanged(record);
  }

  /** Plans the pods of workloads that have none. */
  settle(): void {
    this.workloads.settle(this.context.template);
  }

  /** Label keys that selectors ask for only now: pods that differ in them part. */
  keysAsked(keys: readonly string[]): void {
    if (keys.length > 0) this.regroupAll(this.context.units.differingIn(keys));
  }

  /** Label keys that no selector asks for any more: pods that only they kept apart come together. */
  keysForgotten(keys: readonly string[]): void {
    if (keys.length > 0) this.regroupAll(this.context.units.keptApartBy(keys));
  }

  private regroupAll(ids: BitSet): void {
    const { units, pods } = this.context;
    ids.forEach((id) => {
      const unit = units.get(id);
      if (unit === undefined) return;
      for (const name of [...unit.members]) {
        const entry = pods.get(unit.namespace, name);
        if (entry !== undefined) this.regroup(entry);
      }
      this.joinMade(id, ids);
    });
  }

  /** What is left of a unit may be what pods that left it before have been made a unit of: they are one. */
  private joinMade(id: number, visited: BitSet): void {
    const { units, pods } = this.context;
    const unit = units.get(id);
    const made = unit === undefined ? undefined : units.unitFor(unit, id);
    // Pods of a unit that is visited come by themselves.
    if (unit === undefined || made === undefined || visited.has(made.id)) return;
    for (const name of [...made.members]) {
      const entry = pods.get(made.namespace, name);
      if (entry === undefined || entry.workload === null) continue;
      units.removeMember(made.id, name, entry.record.labels);
      this.enter(entry, entry.workload);
    }
  }

  /** Blocks that policies name only now, or no longer: pods that differ in them part, or come together. */
  blocksChanged(blocks: readonly SplittingBlock[]): void {
    const { units, pods } = this.context;
    const byUnit = new Map<number, PodEntry[]>();
    for (const entry of pods.within(blocks)) {
      if (entry.unit === null) continue;
      const known = byUnit.get(entry.unit);
      if (known === undefined) byUnit.set(entry.unit, [entry]);
      else known.push(entry);
    }
    for (const [id, entries] of byUnit) {
      if (units.get(id)?.members.size !== entries.length || !this.moveWhole(id, entries))
        for (const entry of entries) this.regroup(entry);
    }
  }

  /** Leaves a unit as it is whose pods still lie in the same blocks and in others than all units beside it. */
  private moveWhole(id: number, entries: readonly PodEntry[]): boolean {
    const { units, pods } = this.context;
    const unit = units.get(id);
    const [first, ...others] = entries;
    if (unit === undefined || first === undefined) return false;
    const addressing = pods.addressing(addressesOf(first));
    for (const other of others)
      if (!sameAddressing(pods.addressing(addressesOf(other)), addressing)) return false;
    if (units.unitFor({ ...unit, addressing }, id) !== undefined) return false;
    units.readdress(id, addressing);
    return true;
  }

  /** Finished pods "do not exist"; pods of the node's network count for their workload and are in no unit. */
  private place(entry: PodEntry): void {
    const { record } = entry;
    if (record.finished) return;
    entry.workload = this.workloads.podAdded(workloadOfPod(record, this.context.middle));
    if (!record.hostNetwork) this.enter(entry, entry.workload);
  }

  private enter(entry: PodEntry, workload: Workload): void {
    entry.unit = this.context.units.addMember(this.traits(entry, workload), entry.record.name).id;
  }

  private traits(entry: PodEntry, workload: Workload): Traits {
    return traitsOf(entry.record, workload, this.context.pods.addressing(addressesOf(entry)));
  }

  private displace(entry: PodEntry): void {
    const { record, unit, workload } = entry;
    if (unit !== null) this.context.units.removeMember(unit, record.name, record.labels);
    entry.unit = null;
    entry.workload = null;
    if (workload !== null) this.workloads.podRemoved(workload);
  }

  /** Puts a pod into the unit where it belongs now; its workload stays the same. */
  private regroup(entry: PodEntry): void {
    const { record, unit, workload } = entry;
    if (unit === null || workload === null) return;
    if (this.context.units.unitFor(this.traits(entry, workload))?.id === unit) return;
    this.context.units.removeMember(unit, record.name, record.labels);
    this.enter(entry, workload);
  }
}

/** Do the two say the same of everything by which a pod is placed? */
function staysInPlace(old: PodRecord, now: PodRecord): boolean {
  return (
    old.hostNetwork === now.hostNetwork &&
    old.finished === now.finished &&
    old.owner?.kind === now.owner?.kind &&
    old.owner?.name === now.owner?.name &&
    sameTexts(old.addresses, now.addresses) &&
    (old.labels === now.labels || sameLabels(old.labels, now.labels)) &&
    (old.ports === now.ports || portsKey(old.ports) === portsKey(now.ports))
  );
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
