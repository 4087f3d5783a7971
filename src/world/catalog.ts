import { type ClusterObject, type PodRecord, recordName } from '../model/objects.ts';
import { Named, namespaceOf } from './named.ts';
import type { PodTable } from './pod-table.ts';
import type { RecordOf } from './world.ts';

type Kind = ClusterObject['kind'];

/** The records by kind, namespace and name. Pods, of which there are most, are kept by their own table alone. */
export class Catalog {
  private readonly namespaced = new Map<Kind, Named>();
  /** By name: namespaces are many, and asked for all the time. */
  private readonly clusterScoped = new Map<Kind, Map<string, ClusterObject>>();
  private readonly pods: PodTable;

  constructor(pods: PodTable) {
    this.pods = pods;
  }

  /** Stores a record and returns the one it replaced. */
  put(object: Exclude<ClusterObject, PodRecord>): ClusterObject | undefined {
    const { kind } = object;
    if (namespaceOf(object) !== null) {
      const records = this.namespaced.get(kind) ?? new Named(nameOf);
      this.namespaced.set(kind, records);
      return records.set(object);
    }
    const records = this.clusterScoped.get(kind) ?? new Map<string, ClusterObject>();
    const old = records.get(nameOf(object));
    this.clusterScoped.set(kind, records.set(nameOf(object), object));
    return old;
  }

  /** Removes a record and returns it; a namespace without records leaves nothing behind. */
  remove(kind: Exclude<Kind, 'Pod'>, namespace: string | null, name: string): ClusterObject | undefined {
    if (namespace !== null) return this.namespaced.get(kind)?.delete(namespace, name);
    const old = this.clusterScoped.get(kind)?.get(name);
    this.clusterScoped.get(kind)?.delete(name);
    return old;
  }

  get<K extends Kind>(kind: K, namespace: string | null, name: string): RecordOf<K> | undefined {
    const found = this.find(kind, namespace, name);
    return found !== undefined && isKind(found, kind) ? found : undefined;
  }

  private find(kind: Kind, namespace: string | null, name: string): ClusterObject | undefined {
    if (kind === 'Pod') return this.pods.get(namespace ?? '', name)?.record;
    if (namespace === null) return this.clusterScoped.get(kind)?.get(name);
    return this.namespaced.get(kind)?.get(namespace, name);
  }

  *everything(): Iterable<ClusterObject> {
    yield* this.all('Pod');
    for (const records of this.clusterScoped.values()) yield* records.values();
    for (const records of this.namespaced.values()) yield* records.values();
  }

  *all<K extends Kind>(kind: K, namespace?: string): Iterable<RecordOf<K>> {
    for (const object of this.ofKind(kind, namespace)) if (isKind(object, kind)) yield object;
  }

  private *ofKind(kind: Kind, namespace: string | undefined): Iterable<ClusterObject> {
    if (kind === 'Pod') for (const { record } of this.pods.all(namespace)) yield record;
    const records = this.namespaced.get(kind);
    if (namespace !== undefined) yield* records?.inNamespace(namespace) ?? [];
    else {
      yield* this.clusterScoped.get(kind)?.values() ?? [];
      yield* records?.values() ?? [];
    }
  }
}

/** Two kinds stand for several resources each, in which one name may occur. */
function nameOf(object: ClusterObject): string {
  return object.kind === 'ForeignPolicy' || object.kind === 'Monitor' ? recordName(object).name : object.name;
}

function isKind<K extends Kind>(object: ClusterObject, kind: K): object is RecordOf<K> {
  return object.kind === kind;
}
