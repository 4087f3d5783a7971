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
  readonly #nameOf: (object: ClusterObject) => string;
  #size = 0;

  /** @param nameOf What tells records of one namespace apart. */
  constructor(nameOf = (object: ClusterObject): string => object.name) {
    this.#nameOf = nameOf;
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string | null, name: string): ClusterObject | undefined {
    const records = this.#namespaces.get(namespace);
    if (records === undefined) return undefined;
    const found = records[this.#placeOf(records, name)];
    return found !== undefined && this.#nameOf(found) === name ? found : undefined;
  }

  /** Those of one namespace, in the order of their names. */
  inNamespace(namespace: string | null): readonly ClusterObject[] {
    return this.#namespaces.get(namespace) ?? [];
  }

  /** Puts a record into the place of the one with its name, and returns that one. */
  set(object: ClusterObject): ClusterObject | undefined {
    const namespace = namespaceOf(object);
    const records = this.#namespaces.get(namespace);
    if (records === undefined) {
      this.#namespaces.set(namespace, [object]);
      this.#size += 1;
      return undefined;
    }
    const name = this.#nameOf(object);
    const place = this.#placeOf(records, name);
    const old = records[place];
    if (old !== undefined && this.#nameOf(old) === name) {
      records[place] = object;
      return old;
    }
    this.#size += 1;
    if (records.length >= roomyFrom) records.splice(place, 0, object);
    else this.#namespaces.set(namespace, records.slice(0, place).concat([object], records.slice(place)));
    return undefined;
  }

  /** Returns the record that was there. */
  delete(namespace: string | null, name: string): ClusterObject | undefined {
    const records = this.#namespaces.get(namespace) ?? [];
    const place = this.#placeOf(records, name);
    const old = records[place];
    if (old === undefined || this.#nameOf(old) !== name) return undefined;
    records.splice(place, 1);
    this.#size -= 1;
    if (records.length === 0) this.#namespaces.delete(namespace);
    return old;
  }

  /** What is deleted meanwhile is left out. */
  *values(): Generator<ClusterObject> {
    // A copy, because a deletion moves those that follow.
    for (const [namespace, records] of this.#namespaces)
      for (const record of [...records])
        if (this.get(namespace, this.#nameOf(record)) === record) yield record;
  }

  /** The first place whose name is not before this one. */
  #placeOf(records: readonly ClusterObject[], name: string): number {
    const last = records[records.length - 1];
    if (last !== undefined && this.#nameOf(last) < name) return records.length;
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = records[middle];
      if (record !== undefined && this.#nameOf(record) < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
