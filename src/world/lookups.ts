import type { ClusterObject, NamespaceRecord, PodRecord } from '../model/objects.ts';
import type { AddressBlock, AddressRange } from '../model/policy.ts';
import { type Labels, matches, type Selector } from '../model/selector.ts';
import type { Catalog } from './catalog.ts';
import type { EditedRecords } from './edited-records.ts';
import { type NamespaceIndex, nameAlone } from './namespace-index.ts';
import { type PodTable, readAddresses } from './pod-table.ts';
import { type AddressKey, RecordIndexes, type RecordKey } from './record-index.ts';
import { blockHolds } from './unit.ts';
import type { RecordOf } from './world.ts';

type Kind = ClusterObject['kind'];

/** What indexes find, so that nobody walks over a whole kind for it. */
export interface Lookups {
  /** The namespaces with a record that a selector matches, found by the labels that it asks for. */
  namespaces(selector: Selector): Iterable<NamespaceRecord>;
  /** How many these are, most often without a look at any. */
  namespaceCount(selector: Selector): number;
  /** How many namespaces have a record. */
  readonly namespacesInAll: number;
  /** The records that a key finds by one text. */
  records<K extends Kind>(key: RecordKey<K>, text: string): Iterable<RecordOf<K>>;
  /** The records with an address in a range, in the order of the addresses, each with the address. */
  within<K extends Kind>(key: AddressKey<K>, range: AddressRange): Iterable<readonly [bigint, RecordOf<K>]>;
  /** Has a pod that policies can govern an address in the block? */
  holdsPod(block: AddressBlock): boolean;
}

/** Look-ups in the tables that events change. */
export class ClusterLookups implements Lookups {
  private readonly catalog: Catalog;
  private readonly index: NamespaceIndex;
  private readonly pods: PodTable;
  private readonly indexes: RecordIndexes;

  constructor(catalog: Catalog, index: NamespaceIndex, pods: PodTable) {
    this.catalog = catalog;
    this.index = index;
    this.pods = pods;
    this.indexes = new RecordIndexes(catalog);
  }

  /** A record took the place of another; undefined where there was none, or is none any more. */
  changed(old: ClusterObject | undefined, now: ClusterObject | undefined): void {
    this.indexes.changed(old, now);
  }

  *namespaces(selector: Selector): Iterable<NamespaceRecord> {
    const names = this.index.recorded(selector);
    for (const record of names === null ? this.catalog.all('Namespace') : this.named(names))
      if (matches(selector, record.labels)) yield record;
  }

  private *named(names: Iterable<string>): Iterable<NamespaceRecord> {
    for (const name of names) {
      const record = this.catalog.get('Namespace', null, name);
      if (record !== undefined) yield record;
    }
  }

  namespaceCount(selector: Selector): number {
    return this.index.countOf(selector, (name) => this.labelsOf(name));
  }

  private labelsOf(name: string): Labels {
    return this.catalog.get('Namespace', null, name)?.labels ?? nameAlone(name);
  }

  get namespacesInAll(): number {
    return this.index.size;
  }

  records<K extends Kind>(key: RecordKey<K>, text: string): Iterable<RecordOf<K>> {
    return this.indexes.byText(key, text);
  }

  within<K extends Kind>(key: AddressKey<K>, range: AddressRange): Iterable<readonly [bigint, RecordOf<K>]> {
    return this.indexes.within(key, range);
  }

  holdsPod(block: AddressBlock): boolean {
    return this.holdsPodOf(block, () => true);
  }

  /** The same of those pods alone that count. */
  holdsPodOf(block: AddressBlock, counts: (record: PodRecord) => boolean): boolean {
    return this.pods.anyWithin(block, counts);
  }
}

/** The same on one side of a change: what it edits stands in the place of what the base has. */
export class SideLookups implements Lookups {
  private readonly base: ClusterLookups;
  private readonly edited: EditedRecords;
  private readonly side: 'before' | 'after';

  constructor(base: ClusterLookups, edited: EditedRecords, side: 'before' | 'after') {
    this.base = base;
    this.edited = edited;
    this.side = side;
  }

  namespaces(selector: Selector): Iterable<NamespaceRecord> {
    const below = this.base.namespaces(selector);
    return this.edited.has('Namespace') ? this.namespacesOver(selector, below) : below;
  }

  private *namespacesOver(selector: Selector, below: Iterable<NamespaceRecord>): Iterable<NamespaceRecord> {
    for (const record of this.edited.over('Namespace', undefined, below))
      if (matches(selector, record.labels)) yield record;
  }

  namespaceCount(selector: Selector): number {
    return this.base.namespaceCount(selector) + this.differing((record) => matches(selector, record.labels));
  }

  get namespacesInAll(): number {
    return this.base.namespacesInAll + this.differing(() => true);
  }

  /** By how many more namespaces hold than in the base. */
  private differing(holds: (record: NamespaceRecord) => boolean): number {
    let more = 0;
    for (const [name, now] of this.edited.namespaces()) {
      if (now !== null && holds(now)) more += 1;
      if ([...this.base.namespaces(nameSelector(name))].some(holds)) more -= 1;
    }
    return more;
  }

  records<K extends Kind>(key: RecordKey<K>, text: string): Iterable<RecordOf<K>> {
    const below = this.base.records(key, text);
    return this.edited.has(key.kind) ? this.recordsOver(key, text, below) : below;
  }

  private *recordsOver<K extends Kind>(
    key: RecordKey<K>,
    text: string,
    below: Iterable<RecordOf<K>>,
  ): Iterable<RecordOf<K>> {
    for (const record of this.edited.over(key.kind, undefined, below))
      if (key.textsOf(record).includes(text)) yield record;
  }

  within<K extends Kind>(key: AddressKey<K>, range: AddressRange): Iterable<readonly [bigint, RecordOf<K>]> {
    return this.edited.has(key.kind) ? this.withinOver(key, range) : this.base.within(key, range);
  }

  private *withinOver<K extends Kind>(
    key: AddressKey<K>,
    range: AddressRange,
  ): Iterable<readonly [bigint, RecordOf<K>]> {
    const own: (readonly [bigint, RecordOf<K>])[] = [];
    for (const record of this.edited.over(key.kind, undefined, []))
      for (const address of key.addressesOf(record))
        if (range.first <= address && address <= range.last) own.push([address, record]);
    own.sort(([a], [b]) => (a < b ? -1 : 1));
    let next = 0;
    for (const entry of this.base.within(key, range)) {
      if (this.edited.speaksOf(entry[1])) continue;
      for (; (own[next]?.[0] ?? entry[0]) < entry[0]; next += 1) yield* own.slice(next, next + 1);
      yield entry;
    }
    yield* own.slice(next);
  }

  holdsPod(block: AddressBlock): boolean {
    for (const pod of this.edited.over('Pod', undefined, [])) {
      const governed = !pod.hostNetwork && !pod.finished && !this.isGone(pod);
      if (governed && readAddresses(pod.addresses).some((address) => blockHolds(block, address))) return true;
    }
    return this.base.holdsPodOf(block, (pod) => !this.edited.speaksOf(pod) && !this.isGone(pod));
  }

  /** "Its pods go with it" where a namespace is deleted; before one is created pods of it may be known already. */
  private isGone({ namespace }: PodRecord): boolean {
    return this.side === 'after' && this.edited.get('Namespace', null, namespace) === null;
  }
}

function nameSelector(name: string): Selector {
  const key = 'kubernetes.io/metadata.name';
  return { requirements: [{ key, operator: 'In', values: [name] }], text: `${key}=${name}` };
}
