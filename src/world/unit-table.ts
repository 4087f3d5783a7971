import { type Labels, meets, type Requirement, type Selector } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import { NameSet } from '../sets/name-set.ts';
import type { LabelKeys } from './label-keys.ts';
import { LabelPostings } from './label-postings.ts';
import { MemberLabels } from './member-labels.ts';
import { PortPostings } from './port-postings.ts';
import { SortedNames } from './sorted-names.ts';
import { type Addressing, portsKey, sameAddressing, type Traits, type Unit } from './unit.ts';
import { WorkloadUnits } from './workload-units.ts';

interface Entry extends Unit {
  labels: Labels;
  varying: ReadonlySet<string>;
  addressing: Addressing;
  readonly members: NameSet;
  planned: number;
  readonly own: MemberLabels;
}

/** Told when a unit appears, has other pods, or is about to vanish. */
export interface UnitListener {
  created(unit: Unit): void;
  changed?(unit: Unit): void;
  removed(unit: Unit): void;
}

/**
 * The units and the indexes over them: by workload, namespace, label, port and block. A unit lives as long as it
 * stands for at least one pod; its id is used again afterwards. Pods of one workload share a unit unless a selector in
 * force (`keys`), a block in force or their ports tell them apart.
 */
export class UnitTable {
  readonly ids = new BitSet();
  private readonly entries: (Entry | undefined)[] = [];
  private readonly free: number[] = [];
  private readonly byNamespace = new Map<string, BitSet>();
  /** The units of each workload, and its number. */
  readonly workloads = new WorkloadUnits<Entry>();
  private readonly names = new SortedNames();
  /** By labels that all pods of a unit have alike, and by keys in which they differ. */
  readonly labels = new LabelPostings();
  private readonly byBlock = new Map<string, BitSet>();
  /** Units whose pods have no address yet. */
  readonly unaddressed = new BitSet();
  /** By what a port's name means on them. */
  readonly named = new PortPostings();
  private readonly keys: LabelKeys;
  private readonly listeners: () => readonly UnitListener[];

  constructor(keys: LabelKeys, listeners: () => readonly UnitListener[]) {
    this.keys = keys;
    this.listeners = listeners;
  }

  /** One more than the highest id in use or free: ids from here on are free for overlays. */
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
    return this.names.sorted;
  }

  ofWorkload(id: string): readonly Unit[] {
    return this.workloads.of(id);
  }

  /** Puts a running pod into the unit of its traits. */
  addMember(traits: Traits, pod: string): Unit {
    const known = this.find(traits);
    if (known === undefined) return this.create(traits, pod, 0);
    known.members.add(pod);
    this.shift(known, traits.labels, 'add');
    for (const listener of this.listeners()) listener.changed?.(known);
    return known;
  }

  /** `labels` are those that the pod came with. */
  removeMember(id: number, pod: string, labels: Labels): void {
    const entry = this.entries[id];
    if (entry?.members.has(pod) !== true) return;
    if (entry.members.size === 1) this.drop(entry);
    else {
      entry.members.delete(pod);
      this.shift(entry, labels, 'remove');
      for (const listener of this.listeners()) listener.changed?.(entry);
    }
  }

  /** A pod of the unit is another one now, in nothing that tells units apart. */
  touched(id: number): void {
    const entry = this.entries[id];
    if (entry !== undefined) for (const listener of this.listeners()) listener.changed?.(entry);
  }

  /** Pods that a workload without any would have are a unit of their own. */
  addPlanned(traits: Traits, count: number): Unit {
    return this.create(traits, null, count);
  }

  removePlanned(id: number): void {
    const entry = this.entries[id];
    if (entry !== undefined) this.drop(entry);
  }

  /** The unit in which a pod of these traits belongs, or would if it were not in that one; none where it was not made yet. */
  unitFor(traits: Traits, besides: number | null = null): Unit | undefined {
    return this.find(traits, besides);
  }

  /** All pods of a unit lie in other blocks than before, and no other unit of the workload lies in the same. */
  readdress(id: number, addressing: Addressing): void {
    const entry = this.entries[id];
    if (entry === undefined) return;
    for (const block of blocksAround(entry)) dropBit(this.byBlock, block, id);
    entry.addressing = addressing;
    for (const block of blocksAround(entry)) bitsOf(this.byBlock, block).add(id);
  }

  /** Units whose pods differ in one of the keys. */
  differingIn(keys: readonly string[]): BitSet {
    return BitSet.union(keys.map((key) => this.labels.varying(key)));
  }

  /** Units of workloads of which one of the keys, and perhaps nothing else, keeps the pods apart. */
  keptApartBy(keys: readonly string[]): BitSet {
    const found = new BitSet();
    for (const units of this.workloads.parted()) {
      if (keys.some((key) => differ(units, key))) for (const { id } of units) found.add(id);
    }
    return found;
  }

  /** The units among `candidates` whose labels the selector matches; cheap requirements narrow first. */
  select(candidates: BitSet, selector: Selector): BitSet {
    let found = candidates;
    const rest: Requirement[] = [];
    for (const requirement of selector.requirements) {
      if (requirement.operator === 'In')
        found = this.labels.among(found, requirement.key, requirement.values);
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

  private find(
    { workload, ports, labels, addressing }: Traits,
    besides: number | null = null,
  ): Entry | undefined {
    const units = this.workloads.of(workload.id);
    if (units.length === 0) return undefined;
    const key = portsKey(ports);
    return units.find(
      (entry) =>
        entry.planned === 0 &&
        entry.id !== besides &&
        (entry.ports === ports || portsKey(entry.ports) === key) &&
        sameAddressing(entry.addressing, addressing) &&
        this.alike(entry.own, labels),
    );
  }

  /** Can no selector in force tell a pod with these labels from the members? */
  private alike(own: MemberLabels, labels: Labels): boolean {
    if (own.alike === labels) return true;
    for (const [key, value] of labels) if (this.keys.has(key) && !own.agreesOn(key, value)) return false;
    for (const key of own.alike.keys()) if (!labels.has(key) && this.keys.has(key)) return false;
    for (const key of own.varyingKeys) if (this.keys.has(key)) return false;
    return true;
  }

  private create(traits: Traits, pod: string | null, planned: number): Unit {
    const id = this.free.pop() ?? this.entries.length;
    const entry = entryOf(id, traits, pod, planned);
    this.entries[id] = entry;
    this.ids.add(id);
    if (!this.byNamespace.has(traits.namespace)) this.names.insert(`${traits.namespace}/`);
    bitsOf(this.byNamespace, traits.namespace).add(id);
    this.workloads.join(entry);
    this.shift(entry, traits.labels, 'add');
    this.named.enter(id, traits.ports);
    for (const block of blocksAround(traits)) bitsOf(this.byBlock, block).add(id);
    if (traits.addressing.families.length === 0) this.unaddressed.add(id);
    for (const listener of this.listeners()) listener.created(entry);
    return entry;
  }

  private shift(entry: Entry, labels: Labels, how: 'add' | 'remove'): void {
    const shift = entry.own[how](labels);
    this.labels.follow(entry.id, shift);
    entry.labels = entry.own.alike;
    if (shift.diverged.length + shift.settled.length > 0) entry.varying = entry.own.varying;
  }

  private drop(entry: Entry): void {
    const { id, namespace } = entry;
    for (const listener of this.listeners()) listener.removed(entry);
    this.entries[id] = undefined;
    this.ids.delete(id);
    dropBit(this.byNamespace, namespace, id);
    if (!this.byNamespace.has(namespace)) this.names.remove(`${namespace}/`);
    this.workloads.part(entry);
    this.labels.leave(id, entry);
    for (const block of blocksAround(entry)) dropBit(this.byBlock, block, id);
    this.unaddressed.delete(id);
    this.named.leave(id, entry.ports);
    this.free.push(id);
  }
}

const none: ReadonlySet<string> = new Set();

function entryOf(id: number, traits: Traits, pod: string | null, planned: number): Entry {
  const { namespace, ports, workload, addressing } = traits;
  return {
    id,
    namespace,
    ports,
    workload,
    addressing,
    members: new NameSet(pod === null ? [] : [pod]),
    planned,
    own: new MemberLabels(),
    labels: traits.labels,
    varying: none,
  };
}

/** Do the units differ in a label that all pods of each have alike? */
function differ(units: readonly Entry[], key: string): boolean {
  const first = units[0]?.labels.get(key);
  return units.some(({ labels }) => labels.get(key) !== first);
}

function* blocksAround({ addressing }: Traits): Iterable<string> {
  yield* addressing.inside;
  yield* addressing.partly;
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
