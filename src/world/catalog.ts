import { type ClusterObject, type PodRecord, recordName } from '../model/objects.ts';
import type { PodTable } from './pod-table.ts';
import type { RecordOf } from './world.ts';

type Kind = ClusterObject['kind'];

/**
 * The records by kind, namespace and name. Cluster-scoped kinds lie under the empty namespace; pods, of which there are
 * most, are kept by their own table alone.
 */
export class Catalog {
  private readonly kinds = new Map<Kind, Map<string, Map<string, ClusterObject>>>();
  private readonly pods: PodTable;

  constructor(pods: PodTable) {
    this.pods = pods;
  }

  /** Stores a record and returns the one it replaced. */
  put(object: Exclude<ClusterObject, PodRecord>): ClusterObject | undefined {
    const { namespace, name } = recordName(object);
    const spaces = this.kinds.get(object.kind) ?? new Map<string, Map<string, ClusterObject>>();
    this.kinds.set(object.kind, spaces);
    const names = spaces.get(namespace ?? '') ?? new Map<string, ClusterObject>();
    spaces.set(namespace ?? '', names);
    const old = names.get(name);
    names.set(name, object);
    return old;
  }

  /** Removes a record and returns it; a namespace without records leaves nothing behind. */
  remove(kind: Exclude<Kind, 'Pod'>, namespace: string | null, name: string): ClusterObject | undefined {
    const names = this.kinds.get(kind)?.get(namespace ?? '');
    const old = names?.get(name);
    names?.delete(name);
    if (names?.size === 0) this.kinds.get(kind)?.delete(namespace ?? '');
    return old;
  }

  get<K extends Kind>(kind: K, namespace: string | null, name: string): RecordOf<K> | undefined {
    const found =
      kind === 'Pod'
        ? this.pods.get(namespace ?? '', name)?.record
        : this.kinds
            .get(kind)
            ?.get(namespace ?? '')
            ?.get(name);
    return found !== undefined && isKind(found, kind) ? found : undefined;
  }

  *everything(): Iterable<ClusterObject> {
    yield* this.all('Pod');
    for (const spaces of this.kinds.values()) for (const names of spaces.values()) yield* names.values();
  }

  *all<K extends Kind>(kind: K, namespace?: string): Iterable<RecordOf<K>> {
    if (kind === 'Pod') {
      for (const { record } of this.pods.all(namespace)) if (isKind(record, kind)) yield record;
      return;
    }
    const spaces = this.kinds.get(kind);
    if (spaces === undefined) return;
    const chosen =
      namespace === undefined ? spaces.values() : [spaces.get(namespace) ?? new Map<string, ClusterObject>()];
    for (const names of chosen) {
      for (const object of names.values()) if (isKind(object, kind)) yield object;
    }
  }
}

function isKind<K extends Kind>(object: ClusterObject, kind: K): object is RecordOf<K> {
  return object.kind === kind;
}
