import type { WorkloadRecord } from '../model/objects.ts';
import { plannedPods, workloadOfRecord } from './owners.ts';
import { traitsOf, unaddressed, type Workload, workloadOf } from './unit.ts';
import type { UnitTable } from './unit-table.ts';

/** Finds the template of a workload. */
type FindRecord = (workload: Workload) => WorkloadRecord | undefined;

interface Entry {
  readonly workload: Workload;
  /** Pods that are not finished. */
  pods: number;
  /** The unit of the planned pods; only a workload without pods has one. */
  planned: number | null;
}

/** How many pods each workload has, and the planned pods of those that have none. */
export class WorkloadTable {
  private readonly entries = new Map<string, Entry>();
  /** Workloads without pods for which nothing is planned yet. */
  private readonly unsettled = new Set<Entry>();
  private readonly units: UnitTable;

  constructor(units: UnitTable) {
    this.units = units;
  }

  /** Counts a pod in; returns the one object that stands for its workload. */
  podAdded(workload: Workload): Workload {
    const entry = this.entryOf(workload);
    entry.pods += 1;
    this.unplan(entry);
    return entry.workload;
  }

  podRemoved(workload: Workload): void {
    const entry = this.entryOf(workload);
    entry.pods -= 1;
    if (entry.pods === 0) this.unsettled.add(entry);
  }

  /** The template changed, appeared or went away. */
  recordChanged({ namespace, kind, name }: WorkloadRecord): void {
    const entry = this.entryOf(workloadOf(namespace, kind, name));
    this.unplan(entry);
    if (entry.pods === 0) this.unsettled.add(entry);
  }

  /** Plans the pods of workloads that have none by now; a pod that only takes another's place plans nothing. */
  settle(find: FindRecord): void {
    for (const entry of this.unsettled) if (entry.pods === 0) this.plan(entry, find(entry.workload));
    this.unsettled.clear();
  }

  private entryOf(workload: Workload): Entry {
    const known = this.entries.get(workload.id);
    if (known !== undefined) return known;
    const entry = { workload, pods: 0, planned: null };
    this.entries.set(workload.id, entry);
    return entry;
  }

  private plan(entry: Entry, record: WorkloadRecord | undefined): void {
    const owned = record !== undefined && workloadOfRecord(record) !== null;
    const count = owned ? plannedPods(record) : 0;
    if (owned && count > 0 && entry.planned === null)
      entry.planned = this.units.addPlanned(traitsOf(record.template, entry.workload, unaddressed), count).id;
    else if (entry.planned === null) this.entries.delete(entry.workload.id);
  }

  private unplan(entry: Entry): void {
    const { planned } = entry;
    entry.planned = null;
    if (planned !== null) this.units.removePlanned(planned);
  }
}
