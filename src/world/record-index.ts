import type { ClusterObject } from '../model/objects.ts';
import type { AddressRange } from '../model/policy.ts';
import type { Catalog } from './catalog.ts';
import type { RecordOf } from './world.ts';

type Kind = ClusterObject['kind'];

/** A way to find records of one kind by texts of theirs. Made once, as a constant: the world keeps one index for each. */
export interface RecordKey<K extends Kind> {
  readonly kind: K;
  /** The texts under which a record is found; none for most records, where few matter. */
  readonly textsOf: (record: RecordOf<K>) => readonly string[];
}

/** A way to find records of one kind by addresses of theirs. Made once, like a `RecordKey`. */
export interface AddressKey<K extends Kind> {
  readonly kind: K;
  readonly addressesOf: (record: RecordOf<K>) => readonly bigint[];
}

/**
 * Records by what those who read the world ask for: an index is made when somebody first asks, by the one walk over its
 * kind, and kept right by every record that comes or goes from then on. What is gone leaves nothing behind.
 */
export class RecordIndexes {
  private readonly catalog: Catalog;
  private readonly byKey = new Map<object, TextIndex>();
  private readonly byAddress = new Map<object, SortedAddresses>();

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** A record took the place of another; undefined where there was none, or is none any more. */
  changed(old: ClusterObject | undefined, now: ClusterObject | undefined): void {
    for (const indexes of [this.byKey, this.byAddress]) {
      for (const index of indexes.values()) {
        if (old !== undefined) index.remove(old);
        if (now !== undefined) index.add(now);
      }
    }
  }

  *byText<K extends Kind>(key: RecordKey<K>, text: string): Iterable<RecordOf<K>> {
    const index = this.byKey.get(key) ?? this.filled(new TextIndex(textsIn(key)), key.kind);
    this.byKey.set(key, index);
    for (const record of index.get(text)) if (isKind(record, key.kind)) yield record;
  }

  /** In the order of the addresses; a record with several of them in the range comes as often. */
  *within<K extends Kind>(key: AddressKey<K>, range: AddressRange): Iterable<readonly [bigint, RecordOf<K>]> {
    const index = this.byAddress.get(key) ?? this.filled(new SortedAddresses(addressesIn(key)), key.kind);
    this.byAddress.set(key, index);
    for (const { address, record } of index.within(range))
      if (isKind(record, key.kind)) yield [address, record];
  }

  private filled<I extends TextIndex | SortedAddresses>(index: I, kind: Kind): I {
    index.fill(this.catalog.all(kind));
    return index;
  }
}

function textsIn<K extends Kind>({
  kind,
  textsOf,
}: RecordKey<K>): (object: ClusterObject) => readonly string[] {
  return (object) => (isKind(object, kind) ? textsOf(object) : []);
}

function addressesIn<K extends Kind>({
  kind,
  addressesOf,
}: AddressKey<K>): (object: ClusterObject) => readonly bigint[] {
  return (object) => (isKind(object, kind) ? addressesOf(object) : []);
}

class TextIndex {
  private readonly records = new Map<string, Set<ClusterObject>>();
  private readonly textsOf: (object: ClusterObject) => readonly string[];

  constructor(textsOf: (object: ClusterObject) => readonly string[]) {
    this.textsOf = textsOf;
  }

  get(text: string): Iterable<ClusterObject> {
    return this.records.get(text) ?? [];
  }

  fill(objects: Iterable<ClusterObject>): void {
    for (const object of objects) this.add(object);
  }

  add(object: ClusterObject): void {
    for (const text of this.textsOf(object))
      this.records.set(text, (this.records.get(text) ?? new Set()).add(object));
  }

  remove(object: ClusterObject): void {
    for (const text of this.textsOf(object)) {
      const records = this.records.get(text);
      records?.delete(object);
      if (records?.size === 0) this.records.delete(text);
    }
  }
}

interface Addressed {
  readonly address: bigint;
  readonly record: ClusterObject;
}

class SortedAddresses {
  private readonly list: Addressed[] = [];
  private readonly addressesOf: (object: ClusterObject) => readonly bigint[];

  constructor(addressesOf: (object: ClusterObject) => readonly bigint[]) {
    this.addressesOf = addressesOf;
  }

  *within({ first, last }: AddressRange): Iterable<Addressed> {
    for (let i = placeOf(this.list, first); i < this.list.length; i += 1) {
      const entry = this.list[i];
      if (entry === undefined || entry.address > last) return;
      yield entry;
    }
  }

  fill(objects: Iterable<ClusterObject>): void {
    for (const record of objects)
      for (const address of this.addressesOf(record)) this.list.push({ address, record });
    this.list.sort(inOrder);
  }

  add(record: ClusterObject): void {
    for (const address of this.addressesOf(record)) {
      const entry = { address, record };
      let place = placeOf(this.list, address);
      while (place < this.list.length && inOrder(this.list[place] ?? entry, entry) < 0) place += 1;
      this.list.splice(place, 0, entry);
    }
  }

  remove(record: ClusterObject): void {
    for (const address of this.addressesOf(record)) {
      let place = placeOf(this.list, address);
      while (this.list[place]?.address === address && this.list[place]?.record !== record) place += 1;
      if (this.list[place]?.record === record) this.list.splice(place, 1);
    }
  }
}

/** By address, and by name where several records have one: the order in which they were learnt must not show. */
function inOrder(a: Addressed, b: Addressed): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return nameOf(a.record) < nameOf(b.record) ? -1 : 1;
}

function nameOf(record: ClusterObject): string {
  return `${'namespace' in record ? record.namespace : ''}/${record.name}`;
}

/** The first place whose address is not before this one. */
function placeOf(list: readonly Addressed[], address: bigint): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle]?.address ?? 0n) < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isKind<K extends Kind>(object: ClusterObject, kind: K): object is RecordOf<K> {
  return object.kind === kind;
}
