import type { PodRecord, WorkloadRecord } from '../model/objects.ts';
import { grown } from './grown.ts';

/** Pods by the ReplicaSet or Job that controls them: these objects tell whose the pods are. Of other kinds nobody asks. */
export class ControlledPods<T extends { readonly record: PodRecord }> {
  private readonly byNamespace = new Map<string, Map<string, T[]>>();

  add(item: T): void {
    const { namespace, owner } = item.record;
    if (owner === null || !isMiddle(owner.kind)) return;
    const names = this.byNamespace.get(namespace) ?? new Map<string, T[]>();
    this.byNamespace.set(namespace, names.set(owner.name, grown(names.get(owner.name) ?? [], item)));
  }

  delete(item: T): void {
    const { namespace, owner } = item.record;
    if (owner === null || !isMiddle(owner.kind)) return;
    const names = this.byNamespace.get(namespace);
    const pods = names?.get(owner.name) ?? [];
    const place = pods.indexOf(item);
    if (place < 0) return;
    // A list that is filtered holds room for sixteen more.
    if (pods.length > 1) names?.set(owner.name, pods.toSpliced(place, 1));
    else names?.delete(owner.name);
    if (names?.size === 0) this.byNamespace.delete(namespace);
  }

  of({ kind, namespace, name }: WorkloadRecord): readonly T[] {
    if (!isMiddle(kind)) return [];
    const pods = this.byNamespace.get(namespace)?.get(name) ?? [];
    return pods.filter(({ record }) => record.owner?.kind === kind);
  }
}

function isMiddle(kind: string): boolean {
  return kind === 'ReplicaSet' || kind === 'Job';
}
