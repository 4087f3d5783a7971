import { type Labels, meets, type Requirement, type Selector } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import { PortPostings } from './port-postings.ts';
import { type Traits, traitsKey, type Unit } from './unit.ts';

interface Entry extends Unit {
  readonly members: Set<string>;
  planned: number;
  readonly key: string;
}

/** The units of one workload, and its number. */
interface Workmates {
  readonly number: number;
  readonly units: Set<Entry>;
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
  private readonly byWorkload = new Map<string, Workmates>();
  private readonly freeNumbers: number[] = [];
  private workloadEnd = 0;
  /** Numbers of the units' workloads, by unit id. */
  private workloadNumbers = new Int32Array(0);
  /** `namespace/` of each namespace with units, in order: so its names stand among all others. */
  private readonly prefixes: string[] = [];
  private readonly postings = new Map<string, Map<string, BitSet>>();
  private readonly byBlock = new Map<string, BitSet>();
  /** Units whose pods have no address yet. */
  readonly unaddressed = new BitSet();
  /** By what a port's name means on them. */
  readonly named = new PortPostings();
  private readonly listeners: () => readonly UnitListener[];

  constructor(listeners: () => readonly UnitListener[]) {
    this.listeners = listeners;
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

  hasNamespace(name: string): boolean {
    return this.byNamespace.has(name);
  }

  /** Units some of whose addresses lie in a block that a policy in force names. */
  holding(block: string): BitSet {
    return this.byBlock.get(block) ?? new BitSet();
  }

  /** `namespace/` of the namespaces that hold at least one unit, in the order of the names that begin so. */
  get namespacePrefixes(): readonly string[] {
    return this.prefixes;
  }

  ofWorkload(id: string): readonly Unit[] {
    return [...(this.byWorkload.get(id)?.units ?? [])];
  }

  /** A small number that the workload of a unit keeps as long as it has units. */
  workloadNumber(unit: number): number {
    return this.workloadNumbers[unit] ?? 0;
  }

  /** The same by the workload's id; undefined where it has no units. */
  numberOfWorkload(id: string): number | undefined {
    return this.byWorkload.get(id)?.number;
  }

  /** One more than the highest number of a workload. */
  get workloadNumberEnd(): number {
    return this.workloadEnd;
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
    if (!this.byNamespace.has(traits.namespace)) insert(this.prefixes, `${traits.namespace}/`);
    bitsOf(this.byNamespace, traits.namespace).add(id);
    this.join(entry);
    this.post(traits.labels, id);
    this.named.enter(id, traits.ports);
    for (const block of blocksAround(traits)) bitsOf(this.byBlock, block).add(id);
    if (traits.addressing.families.length === 0) this.unaddressed.add(id);
    for (const listener of this.listeners()) listener.created(entry);
    return entry;
  }

  private join(entry: Entry): void {
    const known = this.byWorkload.get(entry.workload.id);
    const mates = known ?? { number: this.freeNumbers.pop() ?? this.workloadEnd++, units: new Set() };
    if (known === undefined) this.byWorkload.set(entry.workload.id, mates);
    mates.units.add(entry);
    if (entry.id >= this.workloadNumbers.length) {
      const grown = new Int32Array(Math.max(64, entry.id * 2));
      grown.set(this.workloadNumbers);
      this.workloadNumbers = grown;
    }
    this.workloadNumbers[entry.id] = mates.number;
  }

  private part(entry: Entry): void {
    const mates = this.byWorkload.get(entry.workload.id);
    if (mates === undefined) return;
    mates.units.delete(entry);
    if (mates.units.size > 0) return;
    this.byWorkload.delete(entry.workload.id);
    this.freeNumbers.push(mates.number);
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
    for (const listener of this.listeners()) listener.removed(entry);
    this.entries[entry.id] = undefined;
    this.byKey.delete(entry.key);
    this.ids.delete(entry.id);
    dropBit(this.byNamespace, entry.namespace, entry.id);
    if (!this.byNamespace.has(entry.namespace))
      this.prefixes.splice(placeIn(this.prefixes, `${entry.namespace}/`), 1);
    this.part(entry);
    for (const [key, value] of entry.labels) {
      const byValue = this.postings.get(key);
      if (byValue === undefined) continue;
      dropBit(byValue, value, entry.id);
      if (byValue.size === 0) this.postings.delete(key);
    }
    for (const block of blocksAround(entry)) dropBit(this.byBlock, block, entry.id);
    this.unaddressed.delete(entry.id);
    this.named.leave(entry.id, entry.ports);
    this.free.push(entry.id);
  }
}

function* blocksAround({ addressing }: Traits): Iterable<string> {
  yield* addressing.inside;
  yield* addressing.partly;
}

function insert(sorted: string[], name: string): void {
  sorted.splice(placeIn(sorted, name), 0, name);
}

/** Where a name stands in a sorted list, or would stand. */
function placeIn(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
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
