import type { Clause, CompiledPolicy, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { type Labels, matches } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import { clauseReading } from './readings.ts';
import { readBlock, type Unit, type UnknownReason } from './unit.ts';
import type { UnitTable } from './unit-table.ts';
import type { Reading } from './world.ts';

interface Slot {
  readonly namespace: string;
  readonly peer: Peer;
  uses: number;
  /** Null until somebody asks, and again after namespaces changed their labels. */
  reading: { must: BitSet; may: BitSet; reasons: Set<UnknownReason> } | null;
}

/** Where the index looks namespaces and their labels up. */
export interface PeerContext {
  readonly profile: Profile;
  readonly units: UnitTable;
  namespaceLabels(namespace: string): Labels;
}

/**
 * Which units each peer of the policies in force matches. Computed when first asked, kept right by every new and
 * vanishing unit, forgotten with the last policy that names the peer.
 */
export class PeerIndex {
  private readonly slots = new Map<string, Slot>();
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
    const namespace = policy.ref.namespace;
    for (const peer of peersOf(policy)) {
      const key = slotKey(namespace, peer);
      const slot = this.slots.get(key) ?? { namespace, peer, uses: 0, reading: null };
      slot.uses += 1;
      this.slots.set(key, slot);
    }
  }

  release(policy: CompiledPolicy): void {
    for (const peer of peersOf(policy)) {
      const key = slotKey(policy.ref.namespace, peer);
      const slot = this.slots.get(key);
      if (slot === undefined) continue;
      slot.uses -= 1;
      if (slot.uses === 0) this.slots.delete(key);
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
    slot.reading ??= this.compute(namespace, peer);
    return toReading(slot.reading);
  }

  created(unit: Unit): void {
    this.version += 1;
    for (const { namespace, peer, reading } of this.slots.values()) {
      if (reading !== null) this.enter(reading, namespace, peer, unit);
    }
  }

  removed(unit: Unit): void {
    this.version += 1;
    for (const slot of this.slots.values()) {
      const { reading } = slot;
      if (reading === null || !reading.may.has(unit.id)) continue;
      // The reasons for doubt may go with the unit that was in doubt: they are gathered anew when asked.
      if (!reading.must.has(unit.id)) slot.reading = null;
      reading.must.delete(unit.id);
      reading.may.delete(unit.id);
    }
  }

  /** A namespace changed its labels: what peers by namespace match is computed anew when asked. */
  namespacesChanged(): void {
    this.version += 1;
    for (const slot of this.slots.values()) {
      if (slot.peer.kind === 'pods' && slot.peer.namespaces !== 'own') slot.reading = null;
    }
  }

  private compute(namespace: string, peer: Peer): NonNullable<Slot['reading']> {
    const { units } = this.context;
    if (peer.kind === 'pods') {
      const must = units.select(this.candidates(namespace, peer.namespaces), peer.pods);
      return { must, may: must.clone(), reasons: new Set() };
    }
    const reading = { must: new BitSet(), may: new BitSet(), reasons: new Set<UnknownReason>() };
    units.ids.forEach((id) => {
      const unit = units.get(id);
      if (unit !== undefined) this.enter(reading, namespace, peer, unit);
    });
    return reading;
  }

  private candidates(namespace: string, namespaces: 'own' | Parameters<typeof matches>[0]): BitSet {
    const { units } = this.context;
    if (namespaces === 'own') return units.inNamespace(namespace).clone();
    const found = new BitSet();
    for (const name of units.namespaces()) {
      if (matches(namespaces, this.context.namespaceLabels(name))) found.addAll(units.inNamespace(name));
    }
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

/** Does one peer of a policy in `namespace` match one unit? The one place where a peer's meaning is spelled out. */
export function readPeer(
  peer: Peer,
  namespace: string,
  unit: Unit,
  unitNamespaceLabels: Labels,
  profile: Profile,
): { readonly value: 'yes' | 'no' | 'maybe'; readonly reason: UnknownReason } {
  if (peer.kind === 'block') {
    const { reading, reason } = readBlock(peer, unit, profile);
    return { value: reading, reason };
  }
  const inScope =
    peer.namespaces === 'own' ? unit.namespace === namespace : matches(peer.namespaces, unitNamespaceLabels);
  return { value: inScope && matches(peer.pods, unit.labels) ? 'yes' : 'no', reason: 'ip-block-on-pods' };
}

/** Every peer that any clause of the policy names, the ignored ones included. */
export function* peersOf(policy: CompiledPolicy): Iterable<Peer> {
  const clauses = [...(policy.ingress?.clauses ?? []), ...(policy.egress?.clauses ?? []), ...policy.ignored];
  for (const clause of clauses) if (clause.peers !== 'any') yield* clause.peers;
}

/** Peers of the own namespace depend on the policy's namespace, all others mean the same everywhere. */
function slotKey(namespace: string, peer: Peer): string {
  return peer.kind === 'pods' && peer.namespaces === 'own' ? `${namespace} ${peer.key}` : peer.key;
}

function toReading({ must, may, reasons }: NonNullable<Slot['reading']>): Reading {
  return { must, may, reasons: [...reasons] };
}
