import { type Labels, meets, type Requirement, type Selector } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import { type Traits, traitsKey, type Unit } from './unit.ts';

interface Entry extends Unit {
  readonly members: Set<string>;
  planned: number;
  readonly key: string;
}

/** Told when a unit appears or is about to vanish. */
export interface UnitListener {
  created(unit: Unit): void;
  removed(unit: Unit): void;
}

/**
 * The units and the indexes over them: by traits, namespace, workload, and by label key and value. A unit lives as
 * long as it stands for at least one pod; its id is used again afterwards.
 */
export class UnitTable {
  readonly ids = new BitSet();
  private readonly entries: (Entry | undefined)[] = [];
  private readonly free: number[] = [];
  private readonly byKey = new Map<string, Entry>();
  private readonly byNamespace = new Map<string, BitSet>();
  private readonly byWorkload = new Map<string, Set<Entry>>();
  private readonly postings = new Map<string, Map<string, BitSet>>();
  private readonly listener: UnitListener;

  constructor(listener: UnitListener) {
    this.listener = listener;
  }

  /** One more than the highest id in use or free. */
  get idEnd(): number {
    return this.entries.length;
  }

  get(id: number): Unit | undefined {
    return this.entries[id];
  }

  inNamespace(namespace: string): BitSet {
    return this.byNamespace.get(namespace) ?? new BitSet();
  }

  /** Namespaces that hold at least one unit. */
  namespaces(): Iterable<string> {
    return this.byNamespace.keys();
  }

  ofWorkload(id: string): readonly Unit[] {
    return [...(this.byWorkload.get(id) ?? [])];
  }

  /** Puts a running pod into the unit of its traits. */
  addMember(traits: Traits, pod: string): Unit {
    const entry = this.entryFor(traits);
    entry.members.add(pod);
    return entry;
  }

  removeMember(id: number, pod: string): void {
    const entry = this.entries[id];
    if (entry === undefined) return;
    entry.members.delete(pod);
    this.dropIfEmpty(entry);
  }

  addPlanned(traits: Traits, count: number): Unit {
    const entry = this.entryFor(traits);
    entry.planned = count;
    return entry;
  }

  removePlanned(id: number): void {
    const entry = this.entries[id];
    if (entry === undefined) return;
    entry.planned = 0;
    this.dropIfEmpty(entry);
  }

  /** The units among `candidates` whose labels the selector matches; cheap requirements narrow first. */
  select(candidates: BitSet, selector: Selector): BitSet {
    let found = candidates;
    const rest: Requirement[] = [];
    for (const requirement of selector.requirements) {
      if (requirement.operator === 'In') found = found.and(this.posted(requirement.key, requirement.values));
      else rest.push(requirement);
    }
    if (rest.length === 0) return found;
    const kept = new BitSet();
    found.forEach((id) => {
      const labels = this.entries[id]?.labels;
      if (labels !== undefined && rest.every((requirement) => meets(requirement, labels))) kept.add(id);
    });
    return kept;
  }

  private posted(key: string, values: readonly string[]): BitSet {
    const union = new BitSet();
    const byValue = this.postings.get(key);
    for (const value of values) {
      const units = byValue?.get(value);
      if (units !== undefined) union.addAll(units);
    }
    return union;
  }

  private entryFor(traits: Traits): Entry {
    const key = traitsKey(traits);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const id = this.free.pop() ?? this.entries.length;
    const entry: Entry = { ...traits, id, key, members: new Set(), planned: 0 };
    this.entries[id] = entry;
    this.byKey.set(key, entry);
    this.ids.add(id);
    bitsOf(this.byNamespace, traits.namespace).add(id);
    const siblings = this.byWorkload.get(traits.workload.id) ?? new Set();
    this.byWorkload.set(traits.workload.id, siblings.add(entry));
    this.post(traits.labels, id);
    this.listener.created(entry);
    return entry;
  }

  private post(labels: Labels, id: number): void {
    for (const [key, value] of labels) {
      const byValue = this.postings.get(key) ?? new Map<string, BitSet>();
      this.postings.set(key, byValue);
      bitsOf(byValue, value).add(id);
    }
  }

  private dropIfEmpty(entry: Entry): void {
    if (entry.members.size > 0 || entry.planned > 0) return;
    this.listener.removed(entry);
    this.entries[entry.id] = undefined;
    this.byKey.delete(entry.key);
    this.ids.delete(entry.id);
    dropBit(this.byNamespace, entry.namespace, entry.id);
    const siblings = this.byWorkload.get(entry.workload.id);
    siblings?.delete(entry);
    if (siblings?.size === 0) this.byWorkload.delete(entry.workload.id);
    for (const [key, value] of entry.labels) {
      const byValue = this.postings.get(key);
      if (byValue === undefined) continue;
      dropBit(byValue, value, entry.id);
      if (byValue.size === 0) this.postings.delete(key);
    }
    this.free.push(entry.id);
  }
}

function bitsOf(index: Map<string, BitSet>, key: string): BitSet {
  const bits = index.get(key) ?? new BitSet();
  index.set(key, bits);
  return bits;
}

/** Clears the bit, and forgets the key with its last bit so that deleted things leave nothing behind. */
function dropBit(index: Map<string, BitSet>, key: string, id: number): void {
  const bits = index.get(key);
  bits?.delete(id);
  if (bits?.isEmpty() === true) index.delete(key);
}
