import type { PodRecord, WorkloadRecord } from '../model/objects.ts';
import { plannedPods, workloadOfRecord } from './owners.ts';
import { traitsOf, unaddressed, type Workload } from './unit.ts';
import type { UnitTable } from './unit-table.ts';

/** Finds the template of a workload. */
type FindRecord = (workload: Workload) => WorkloadRecord | undefined;

/** Which pods each workload has, and the planned pods of those that have none. */
export class WorkloadTable {
  /** Pods of each workload that are not finished. */
  private readonly pods = new Map<string, Set<string>>();
  private readonly workloadOf = new Map<string, Workload>();
  private readonly plannedUnit = new Map<string, number>();
  /** Pods by the ReplicaSet or Job that controls them. */
  private readonly controlled = new Map<string, Map<string, PodRecord>>();
  private readonly units: UnitTable;

  constructor(units: UnitTable) {
    this.units = units;
  }

  podAdded(workload: Workload, pod: PodRecord): void {
    const key = podKey(pod);
    const names = this.pods.get(workload.id) ?? new Set<string>();
    this.pods.set(workload.id, names.add(key));
    this.workloadOf.set(key, workload);
    const controller = controllerKey(pod);
    if (controller !== null) {
      const siblings = this.controlled.get(controller) ?? new Map<string, PodRecord>();
      this.controlled.set(controller, siblings.set(key, pod));
    }
    this.unplan(workload);
  }

  podRemoved(pod: PodRecord, find: FindRecord): void {
    const key = podKey(pod);
    const controller = controllerKey(pod);
    const siblings = controller === null ? undefined : this.controlled.get(controller);
    siblings?.delete(key);
    if (controller !== null && siblings?.size === 0) this.controlled.delete(controller);
    const workload = this.workloadOf.get(key);
    if (workload === undefined) return;
    this.workloadOf.delete(key);
    const names = this.pods.get(workload.id);
    names?.delete(key);
    if (names?.size === 0) this.pods.delete(workload.id);
    this.plan(workload, find(workload));
  }

  /** The pods that this ReplicaSet or Job controls; none for other kinds. */
  podsOwnedBy({ kind, namespace, name }: WorkloadRecord): readonly PodRecord[] {
    return [...(this.controlled.get(`${kind}/${namespace}/${name}`)?.values() ?? [])];
  }

  /** The template changed, appeared or went away. */
  recordChanged(record: WorkloadRecord, find: FindRecord): void {
    const workload = { ...record, id: `${record.namespace}/${record.name}[${record.kind}]` };
    this.unplan(workload);
    const now = find(workload);
    const owned = now === undefined ? null : workloadOfRecord(now);
    if (owned !== null) this.plan(owned, now);
  }

  private plan(workload: Workload, record: WorkloadRecord | undefined): void {
    if (record === undefined || workloadOfRecord(record) === null || this.pods.has(workload.id)) return;
    const count = plannedPods(record);
    if (count === 0) return;
    const unit = this.units.addPlanned(traitsOf(record.template, workload, unaddressed), count);
    this.plannedUnit.set(workload.id, unit.id);
  }

  private unplan(workload: Workload): void {
    const unit = this.plannedUnit.get(workload.id);
    if (unit === undefined) return;
    this.plannedUnit.delete(workload.id);
    this.units.removePlanned(unit);
  }
}

function podKey({ namespace, name }: PodRecord): string {
  return `${namespace}/${name}`;
}

function controllerKey({ namespace, owner }: PodRecord): string | null {
  return owner === null ? null : `${owner.kind}/${namespace}/${owner.name}`;
}
