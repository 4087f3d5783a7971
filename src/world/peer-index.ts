import type { Clause, CompiledPolicy, Direction, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { type Labels, type Selector, selectsEverything } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import type { Content, Contents } from './contents.ts';
import { KeptReading } from './kept-reading.ts';
import { allClauses, readPeer } from './read-peer.ts';
import { clauseReading } from './readings.ts';
import { SlotFiling } from './slot-filing.ts';
import { holdsWholeFamily, type Traits, type Unit } from './unit.ts';
import type { UnitTable } from './unit-table.ts';
import type { Reading } from './world.ts';

interface Slot {
  readonly namespace: string;
  readonly peer: Peer;
  /** How often clauses of a direction name it, by what their policies say. */
  readonly users: Readonly<Record<Direction, Map<Content, number>>>;
  /** Null until somebody asks. */
  kept: KeptReading | null;
  /** The reading with the units that have no address yet, as of two versions. */
  beside: { readonly stamp: number; readonly reading: Reading } | null;
}

/** What the peers of a clause match together, as long as none of them changes. */
interface KeptClause {
  readonly slots: readonly Slot[];
  readonly stamp: number;
  readonly reading: 'any' | Reading;
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
  private readonly unread = new Set<Slot>();
  private readonly clauses = new WeakMap<Clause, KeptClause>();
  /** How often a unit without an address came or went. */
  private unaddressedVersion = 0;
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
    const slot: Slot = { namespace, peer, users, kept: null, beside: null };
    this.slots.set(key, slot);
    this.filed.put(peer, namespace, slot);
    this.unread.add(slot);
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
    this.unread.delete(slot);
    // Nobody keeps it right from here on.
    if (slot.kept !== null) slot.kept.version += 1;
  }

  /** What those policies in force say that have a peer, in a clause of the direction, that may match a unit of these traits. */
  *naming(traits: Traits, namespaceLabels: Labels, direction: Direction): Iterable<Content> {
    const met = this.filed.perhapsAround(traits, namespaceLabels);
    for (const { namespace, peer, users } of once(met)) {
      if (users[direction].size === 0) continue;
      const { value } = readPeer(peer, namespace, traits, namespaceLabels, this.context.profile);
      if (value !== 'no') yield* users[direction].keys();
    }
  }

  /** The units that any peer of a clause matches; kept until a unit comes or goes that one of them may match. */
  clauseUnits(namespace: string, clause: Clause): 'any' | Reading {
    const known = this.clauses.get(clause);
    if (known !== undefined && known.stamp === this.stampOf(known.slots)) return known.reading;
    const reading = clauseReading(clause, (peer) => this.units(namespace, peer));
    const slots = clause.peers === 'any' ? [] : clause.peers.map((peer) => this.slotFor(namespace, peer));
    const filed = slots.filter((slot) => slot !== undefined);
    if (filed.length === slots.length)
      this.clauses.set(clause, { slots: filed, stamp: this.stampOf(filed), reading });
    return reading;
  }

  /** Are all peers of the clause named by policies in force? */
  keeps(namespace: string, { peers }: Clause): boolean {
    return peers === 'any' || peers.every((peer) => this.slotFor(namespace, peer) !== undefined);
  }

  /** Another number after each change of one of them: versions only grow. */
  private stampOf(slots: readonly Slot[]): number {
    let stamp = 0;
    for (const { kept, peer } of slots)
      stamp += (kept?.version ?? 0) + (this.doubtsUnaddressed(peer) ? this.unaddressedVersion : 0);
    return stamp;
  }

  /** Is the peer named by a policy in force, so that what it matches is kept? */
  private slotFor(namespace: string, peer: Peer): Slot | undefined {
    return this.slots.get(slotKey(namespace, peer));
  }

  /** The reading of a peer; one that no policy in force names is computed and not kept. */
  units(namespace: string, peer: Peer): Reading {
    const slot = this.slotFor(namespace, peer);
    if (slot === undefined) return this.withUnaddressed(peer, this.compute(namespace, peer).reading);
    const { reading } = this.readingOf(slot);
    if (!this.doubtsUnaddressed(peer)) return reading;
    const stamp = this.stampOf([slot]);
    if (slot.beside?.stamp !== stamp) slot.beside = { stamp, reading: this.withUnaddressed(peer, reading) };
    return slot.beside.reading;
  }

  private readingOf(slot: Slot): KeptReading {
    if (slot.kept !== null) return slot.kept;
    this.unread.delete(slot);
    this.read.put(slot.peer, slot.namespace, slot);
    slot.kept = this.compute(slot.namespace, slot.peer);
    return slot.kept;
  }

  /** Reads at most so many peers that nobody has asked for yet; false where none was left. */
  freshen(most: number): boolean {
    let read = 0;
    for (const slot of this.unread) {
      if (read === most) break;
      this.readingOf(slot);
      read += 1;
    }
    return read > 0;
  }

  created(unit: Unit): void {
    if (isUnaddressed(unit)) this.unaddressedVersion += 1;
    this.enterAll(unit);
  }

  removed(unit: Unit): void {
    if (isUnaddressed(unit)) this.unaddressedVersion += 1;
    this.forgetAll(unit, this.context.namespaceLabels(unit.namespace));
  }

  /** A namespace that has units has other labels now than `old`. */
  namespaceChanged(name: string, old: Labels): void {
    const { units } = this.context;
    if (!units.hasNamespace(name)) return;
    units.inNamespace(name).forEach((id) => {
      const unit = units.get(id);
      if (unit === undefined) return;
      this.forgetAll(unit, old);
      this.enterAll(unit);
    });
  }

  private enterAll(unit: Unit): void {
    const labels = this.context.namespaceLabels(unit.namespace);
    for (const { namespace, peer, kept } of once(this.read.around(unit, labels)))
      kept?.enter(unit.id, readPeer(peer, namespace, unit, labels, this.context.profile));
  }

  /** The unit is gone, or the labels of its namespace are to be asked anew. */
  private forgetAll(unit: Unit, labels: Labels): void {
    for (const { namespace, peer, kept } of once(this.read.around(unit, labels)))
      kept?.leave(unit.id, readPeer(peer, namespace, unit, labels, this.context.profile));
  }

  /** Does the peer match units without an address perhaps, all of them? */
  private doubtsUnaddressed(peer: Peer): boolean {
    return (
      peer.kind === 'block' &&
      !holdsWholeFamily(peer.block) &&
      this.context.profile.ipBlockPods !== 'does-not-match'
    );
  }

  /** "Maybe" a block holds a unit whose addresses nobody knows yet: they stand beside what is kept of each block. */
  private withUnaddressed(peer: Peer, { must, may, reasons }: Reading): Reading {
    const { unaddressed } = this.context.units;
    if (!this.doubtsUnaddressed(peer) || unaddressed.isEmpty()) return { must, may, reasons };
    return { must, may: may.or(unaddressed), reasons: [...reasons, 'address-unknown'] };
  }

  private compute(namespace: string, peer: Peer): KeptReading {
    const { units, profile } = this.context;
    if (peer.kind === 'pods')
      return new KeptReading(units.select(this.candidates(namespace, peer.namespaces), peer.pods));
    const kept = new KeptReading();
    const around = holdsWholeFamily(peer.block) ? units.ids : units.holding(peer.key);
    around.forEach((id) => {
      const unit = units.get(id);
      // A block does not ask for labels.
      if (unit !== undefined) kept.enter(id, readPeer(peer, namespace, unit, noLabels, profile));
    });
    return kept;
  }

  private candidates(namespace: string, namespaces: 'own' | Selector): BitSet {
    const { units } = this.context;
    if (namespaces === 'own') return units.inNamespace(namespace).clone();
    if (selectsEverything(namespaces)) return units.ids.clone();
    const found = new BitSet();
    for (const name of this.context.matchingNamespaces(namespaces)) found.addAll(units.inNamespace(name));
    return found;
  }
}

const noLabels: Labels = new Map();

function isUnaddressed({ addressing }: Unit): boolean {
  return addressing.families.length === 0;
}

/** What is filed in several sets, each once. */
function once(filed: Iterable<ReadonlySet<Slot>>): ReadonlySet<Slot> {
  const met = new Set<Slot>();
  for (const slots of filed) for (const slot of slots) met.add(slot);
  return met;
}

/** Peers of the own namespace depend on the policy's namespace, all others mean the same everywhere. */
function slotKey(namespace: string, peer: Peer): string {
  return peer.kind === 'pods' && peer.namespaces === 'own' ? `${namespace} ${peer.key}` : peer.key;
}
