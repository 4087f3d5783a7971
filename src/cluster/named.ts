import type { ClusterObject } from '../model/objects.ts';

/** A list that is grown into holds room for 17 at once, and most namespaces have few of a kind: short lists are copied. */
const roomyFrom = 16;

/** Of which namespace the record is; null for cluster-scoped kinds. */
export function namespaceOf(object: ClusterObject): string | null {
  return 'namespace' in object ? object.namespace : null;
}

/**
 * Records by namespace and name. Those of a namespace lie in a list by name: a map would weigh five times as much, and a
 * list that comes from an API server is in order already.
 */
export class Named {
  readonly #namespaces = new Map<string | null, ClusterObject[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string | null, name: string): ClusterObject | undefined {
    const records = this.#namespaces.get(namespace);
    if (records === undefined) return undefined;
    const found = records[placeOf(records, name)];
    return found?.name === name ? found : undefined;
  }

  /** Puts a record into the place of the one with its name. */
  set(object: ClusterObject): void {
    const namespace = namespaceOf(object);
    const records = this.#namespaces.get(namespace);
    if (records === undefined) {
      this.#namespaces.set(namespace, [object]);
      this.#size += 1;
      return;
    }
    const place = placeOf(records, object.name);
    if (records[place]?.name === object.name) {
      records[place] = object;
      return;
    }
    this.#size += 1;
    if (records.length >= roomyFrom) records.splice(place, 0, object);
    else this.#namespaces.set(namespace, records.slice(0, place).concat([object], records.slice(place)));
  }

  delete(namespace: string | null, name: string): void {
    const records = this.#namespaces.get(namespace);
    if (records === undefined) return;
    const place = placeOf(records, name);
    if (records[place]?.name !== name) return;
    records.splice(place, 1);
    this.#size -= 1;
    if (records.length === 0) this.#namespaces.delete(namespace);
  }

  /** What is deleted meanwhile is left out. */
  *values(): Generator<ClusterObject> {
    // A copy, because a deletion moves those that follow.
    for (const [namespace, records] of this.#namespaces)
      for (const record of [...records]) if (this.get(namespace, record.name) === record) yield record;
  }
}

/** The first place whose name is not before this one. */
function placeOf(records: readonly ClusterObject[], name: string): number {
  const last = records[records.length - 1];
  if (last !== undefined && last.name < name) return records.length;
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.name ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
