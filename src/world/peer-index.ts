import type { BlockPeer, Clause, CompiledPolicy, Direction, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { type Labels, type Selector, selectsEverything } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import type { Content, Contents } from './contents.ts';
import { allClauses, readPeer } from './read-peer.ts';
import { clauseReading } from './readings.ts';
import { SlotFiling } from './slot-filing.ts';
import { holdsWholeFamily, type Traits, type Unit, type UnknownReason } from './unit.ts';
import type { UnitTable } from './unit-table.ts';
import type { Reading } from './world.ts';

interface Slot {
  readonly namespace: string;
  readonly peer: Peer;
  /** How often clauses of a direction name it, by what their policies say. */
  readonly users: Readonly<Record<Direction, Map<Content, number>>>;
  /** Null until somebody asks, and again after namespaces changed their labels. */
  reading: { must: BitSet; may: BitSet; reasons: Set<UnknownReason> } | null;
}

/** Where the index looks namespaces and their labels up. */
export interface PeerContext {
  readonly profile: Profile;
  readonly units: UnitTable;
  readonly contents: Contents;
  namespaceLabels(namespace: string): Labels;
  /** The namespaces with at least one unit that a selector matches. */
  matchingNamespaces(selector: Selector): Iterable<string>;
}

/**
 * Which units each peer of the policies in force matches. Computed when first asked, kept right by every new and
 * vanishing unit, forgotten with the last policy that names the peer.
 */
export class PeerIndex {
  private readonly slots = new Map<string, Slot>();
  private readonly filed = new SlotFiling<Slot>();
  /** Of these the ones with a reading: a unit that comes or goes has nothing to do with the others. */
  private readonly read = new SlotFiling<Slot>();
  private readonly clauses = new WeakMap<
    Clause,
    { readonly version: number; readonly reading: 'any' | Reading }
  >();
  private version = 0;
  private readonly context: PeerContext;

  constructor(context: PeerContext) {
    this.context = context;
  }

  retain(policy: CompiledPolicy): void {
    const { namespace } = policy.ref;
    for (const { direction, peers } of allClauses(policy)) {
      for (const peer of peers === 'any' ? [] : peers) {
        const users = this.slotOf(namespace, peer).users[direction];
        const content = this.context.contents.of(policy, direction);
        users.set(content, (users.get(content) ?? 0) + 1);
      }
    }
  }

  private slotOf(namespace: string, peer: Peer): Slot {
    const key = slotKey(namespace, peer);
    const known = this.slots.get(key);
    if (known !== undefined) return known;
    const users = { ingress: new Map<Content, number>(), egress: new Map<Content, number>() };
    const slot: Slot = { namespace, peer, users, reading: null };
    this.slots.set(key, slot);
    this.filed.put(peer, namespace, slot);
    return slot;
  }

  release(policy: CompiledPolicy): void {
    const { namespace } = policy.ref;
    for (const { direction, peers } of allClauses(policy)) {
      const content = this.context.contents.of(policy, direction);
      for (const peer of peers === 'any' ? [] : peers) this.leave(namespace, peer, direction, content);
    }
  }

  private leave(namespace: string, peer: Peer, direction: Direction, content: Content): void {
    const key = slotKey(namespace, peer);
    const slot = this.slots.get(key);
    if (slot === undefined) return;
    const { ingress, egress } = slot.users;
    const left = (slot.users[direction].get(content) ?? 0) - 1;
    if (left > 0) slot.users[direction].set(content, left);
    else slot.users[direction].delete(content);
    if (ingress.size + egress.size > 0) return;
    this.slots.delete(key);
    this.filed.remove(slot.peer, slot.namespace, slot);
    this.read.remove(slot.peer, slot.namespace, slot);
  }

  /** What those policies in force say that have a peer, in a clause of the direction, that may match a unit of these traits. */
  *naming(traits: Traits, namespaceLabels: Labels, direction: Direction): Iterable<Content> {
    for (const { namespace, peer, users } of slotsAround(this.filed, traits, namespaceLabels)) {
      if (users[direction].size === 0) continue;
      const { value } = readPeer(peer, namespace, traits, namespaceLabels, this.context.profile);
      if (value !== 'no') yield* users[direction].keys();
    }
  }

  /** The units that any peer of a clause matches; kept until a unit comes or goes. */
  clauseUnits(namespace: string, clause: Clause): 'any' | Reading {
    const known = this.clauses.get(clause);
    if (known !== undefined && known.version === this.version) return known.reading;
    const reading = clauseReading(clause, (peer) => this.units(namespace, peer));
    this.clauses.set(clause, { version: this.version, reading });
    return reading;
  }

  /** The reading of a peer; one that no policy in force names is computed and not kept. */
  units(namespace: string, peer: Peer): Reading {
    const slot = this.slots.get(slotKey(namespace, peer));
    if (slot === undefined) return toReading(this.compute(namespace, peer));
    if (slot.reading === null) {
      slot.reading = this.compute(namespace, peer);
      this.read.put(slot.peer, slot.namespace, slot);
    }
    return toReading(slot.reading);
  }

  created(unit: Unit): void {
    this.version += 1;
    this.enterAll(unit);
  }

  removed(unit: Unit): void {
    this.version += 1;
    this.forgetAll(unit, this.labelsAround(unit));
  }

  /** A namespace that has units has other labels now than `old`. */
  namespaceChanged(name: string, old: Labels): void {
    const { units } = this.context;
    if (!units.hasNamespace(name)) return;
    this.version += 1;
    units.inNamespace(name).forEach((id) => {
      const unit = units.get(id);
      if (unit === undefined) return;
      this.forgetAll(unit, old);
      this.enterAll(unit);
    });
  }

  private enterAll(unit: Unit): void {
    for (const { namespace, peer, reading } of slotsAround(this.read, unit, this.labelsAround(unit)))
      if (reading !== null) this.enter(reading, namespace, peer, unit);
  }

  /** The unit is gone, or the labels of its namespace are to be asked anew. */
  private forgetAll(unit: Unit, namespaceLabels: Labels): void {
    for (const slot of slotsAround(this.read, unit, namespaceLabels)) {
      const { reading } = slot;
      if (reading === null || !reading.may.has(unit.id)) continue;
      // The reasons for doubt may go with the unit that was in doubt: they are gathered anew when asked.
      if (!reading.must.has(unit.id)) {
        slot.reading = null;
        this.read.remove(slot.peer, slot.namespace, slot);
      }
      reading.must.delete(unit.id);
      reading.may.delete(unit.id);
    }
  }

  private labelsAround({ namespace }: Unit): Labels {
    return this.context.namespaceLabels(namespace);
  }

  private compute(namespace: string, peer: Peer): NonNullable<Slot['reading']> {
    const { units } = this.context;
    if (peer.kind === 'pods') {
      const must = units.select(this.candidates(namespace, peer.namespaces), peer.pods);
      return { must, may: must.clone(), reasons: new Set() };
    }
    const reading = { must: new BitSet(), may: new BitSet(), reasons: new Set<UnknownReason>() };
    this.aroundBlock(peer).forEach((id) => {
      const unit = units.get(id);
      if (unit !== undefined) this.enter(reading, namespace, peer, unit);
    });
    return reading;
  }

  /** Units that a block may match: those known to lie in it, and those of which nobody knows where they lie. */
  private aroundBlock({ block, key }: BlockPeer): BitSet {
    const { units } = this.context;
    return holdsWholeFamily(block) ? units.ids : units.holding(key).or(units.unaddressed);
  }

  private candidates(namespace: string, namespaces: 'own' | Selector): BitSet {
    const { units } = this.context;
    if (namespaces === 'own') return units.inNamespace(namespace).clone();
    if (selectsEverything(namespaces)) return units.ids.clone();
    const found = new BitSet();
    for (const name of this.context.matchingNamespaces(namespaces)) found.addAll(units.inNamespace(name));
    return found;
  }

  private enter(reading: NonNullable<Slot['reading']>, namespace: string, peer: Peer, unit: Unit): void {
    const labels = this.context.namespaceLabels(unit.namespace);
    const { value, reason } = readPeer(peer, namespace, unit, labels, this.context.profile);
    if (value === 'no') return;
    reading.may.add(unit.id);
    if (value === 'yes') reading.must.add(unit.id);
    else reading.reasons.add(reason);
  }
}

/** Filed peers that may match a unit of these traits, whether or not it exists; each once. */
function slotsAround(filed: SlotFiling<Slot>, traits: Traits, namespaceLabels: Labels): ReadonlySet<Slot> {
  const met = new Set<Slot>();
  for (const slots of filed.around(traits, namespaceLabels)) for (const slot of slots) met.add(slot);
  return met;
}

/** Peers of the own namespace depend on the policy's namespace, all others mean the same everywhere. */
function slotKey(namespace: string, peer: Peer): string {
  return peer.kind === 'pods' && peer.namespaces === 'own' ? `${namespace} ${peer.key}` : peer.key;
}

function toReading({ must, may, reasons }: NonNullable<Slot['reading']>): Reading {
  return { must, may, reasons: [...reasons] };
}
