import type { Change } from '../model/change.ts';
import {
  type ClusterObject,
  type NamespaceRecord,
  type PodRecord,
  type WorkloadRecord,
  workloadKinds,
} from '../model/objects.ts';
import type { Clause, CompiledPolicy, Direction, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { type Labels, matches } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { EditedPolicies } from './edited-policies.ts';
import { EditedRecords } from './edited-records.ts';
import type { Said } from './kept-reading.ts';
import { type Lookups, SideLookups } from './lookups.ts';
import { nameAlone } from './namespace-index.ts';
import { patchedReading } from './patched-reading.ts';
import { readAddresses } from './pod-table.ts';
import { isGoverned } from './policy-table.ts';
import type { PortsOfUnit } from './port-classes.ts';
import { readPeer } from './read-peer.ts';
import { clauseReading } from './readings.ts';
import { SideGoverning } from './side-governing.ts';
import type { Unit, Workload } from './unit.ts';
import type { Governing, Reading, RecordOf, World } from './world.ts';

/**
 * One side of a change: the base, with what the change edits in its place. Sets of the base are corrected for the
 * units that this side overrides, so that nothing is computed anew that the change does not touch.
 */
export class SideWorld implements World {
  readonly profile: Profile;
  readonly lookups: Lookups;
  units: BitSet;
  private readonly base: ClusterWorld;
  private readonly side: 'before' | 'after';
  private readonly overrides = new Map<number, Unit | null>();
  private readonly origins = new Map<number, number>();
  private readonly editedPolicies: EditedPolicies;
  private readonly edited: EditedRecords;
  private readonly editedAddresses = new Set<bigint>();
  private readonly governings: SideGoverning;
  private readonly readings = new Map<string, Reading>();
  private readonly clauses = new Map<Clause, 'any' | Reading>();
  private readonly selected = new Map<CompiledPolicy, BitSet>();
  /** What peers match in the base, for both sides: it keeps nothing of a peer that no policy in force names. */
  private readonly below: Map<string, Reading>;
  private readonly isolatedUnits = new Map<Direction, BitSet>();
  private readonly ungovernedUnits = new Map<Direction, BitSet>();
  /** Ids whose membership the base does not know. */
  private readonly patched = new BitSet();

  constructor(base: ClusterWorld, change: Change, side: 'before' | 'after', below: Map<string, Reading>) {
    this.base = base;
    this.below = below;
    this.side = side;
    this.profile = base.profile;
    this.units = base.units;
    this.edited = new EditedRecords(change, side);
    this.editedPolicies = new EditedPolicies(change, side);
    this.governings = new SideGoverning(base, this.editedPolicies);
    this.lookups = new SideLookups(base.lookups, this.edited, side);
    for (const edit of change.edits)
      if (edit.kind === 'pod') for (const pod of [edit.before, edit.after]) this.ownAddresses(pod);
  }

  private ownAddresses(pod: PodRecord | null): void {
    if (pod === null || pod.finished) return;
    for (const address of readAddresses(pod.addresses)) this.editedAddresses.add(address);
  }

  /** `origin` is the unit of the base of which this one is a part, if it is no more than that. */
  override(id: number, unit: Unit | null, origin: number | null): void {
    this.overrides.set(id, unit);
    if (origin !== null) this.origins.set(id, origin);
  }

  /** Fixes which units exist once all overrides are known. A deleted namespace takes its units along. */
  settle(): void {
    for (const [name, record] of this.edited.namespaces()) {
      this.unitsIn(name).forEach((id) => {
        if (record === null && this.side === 'after') this.overrides.set(id, null);
        this.patched.add(id);
      });
    }
    if (this.overrides.size === 0) return;
    const units = this.base.units.clone();
    for (const [id, unit] of this.overrides) {
      this.patched.add(id);
      if (unit === null) units.delete(id);
      else units.add(id);
    }
    this.units = units;
  }

  unit(id: number): Unit | undefined {
    const override = this.overrides.get(id);
    return override === undefined ? this.base.unit(id) : (override ?? undefined);
  }

  unitsIn(namespace: string): BitSet {
    return this.patch(this.base.unitsIn(namespace), (unit) => unit.namespace === namespace);
  }

  /** A base set corrected for the units that this side overrides. */
  private patch(known: BitSet, belongs: (unit: Unit) => boolean): BitSet {
    if (this.overrides.size === 0) return known;
    const set = known.clone();
    for (const [id, unit] of this.overrides) {
      if (unit !== null && belongs(unit)) set.add(id);
      else set.delete(id);
    }
    return set;
  }

  workloadUnits(workload: Workload): readonly Unit[] {
    if (this.overrides.size === 0) return this.base.workloadUnits(workload);
    const units = this.base.workloadUnits(workload).filter(({ id }) => !this.overrides.has(id));
    for (const unit of this.overrides.values()) if (unit?.workload.id === workload.id) units.push(unit);
    return units;
  }

  namespaceLabels(namespace: string): Labels {
    return this.namespace(namespace)?.labels ?? nameAlone(namespace);
  }

  namespaces(): Iterable<NamespaceRecord> {
    return this.records('Namespace');
  }

  namespace(name: string): NamespaceRecord | undefined {
    return this.record('Namespace', null, name);
  }

  policiesIn(namespace: string): Iterable<CompiledPolicy> {
    if (this.side === 'after' && this.edited.get('Namespace', null, namespace) === null) return [];
    return this.editedPolicies.over(namespace, this.base.policiesIn(namespace));
  }

  governing(id: number, direction: Direction): Governing {
    const unit = this.unit(id);
    const known = this.overrides.has(id) ? this.origins.get(id) : id;
    return this.governings.of(id, unit, known, direction, () => this.policiesIn(unit?.namespace ?? ''));
  }

  isolated(direction: Direction): BitSet {
    const known = this.isolatedUnits.get(direction);
    if (known !== undefined) return known;
    const set = this.recount(this.base.isolated(direction), direction, ({ isolated }) => isolated);
    this.isolatedUnits.set(direction, set);
    return set;
  }

  ungoverned(direction: Direction): BitSet {
    const known = this.ungovernedUnits.get(direction);
    if (known !== undefined) return known;
    const set = this.recount(
      this.base.ungoverned(direction),
      direction,
      (governing) => !isGoverned(governing),
    );
    this.ungovernedUnits.set(direction, set);
    return set;
  }

  /** A base set corrected wherever policies or units are edited. */
  private recount(base: BitSet, direction: Direction, belongs: (governing: Governing) => boolean): BitSet {
    const set = base.clone();
    for (const [id, unit] of this.overrides) {
      if (unit !== null && belongs(this.governing(id, direction))) set.add(id);
      else set.delete(id);
    }
    for (const namespace of this.editedPolicies.namespaces()) {
      this.unitsIn(namespace).forEach((id) => {
        if (belongs(this.governing(id, direction))) set.add(id);
        else set.delete(id);
      });
    }
    return set;
  }

  subjects(policy: CompiledPolicy): BitSet {
    const known = this.selected.get(policy);
    if (known !== undefined) return known;
    const { namespace } = policy.ref;
    const set = this.patch(
      this.base.subjects(policy),
      (unit) => unit.namespace === namespace && matches(policy.subject, unit.labels),
    );
    this.selected.set(policy, set);
    return set;
  }

  peerUnits(namespace: string, peer: Peer): Reading {
    const key = `${namespace} ${peer.key}`;
    const below = this.below.get(key) ?? this.base.peerUnits(namespace, peer);
    this.below.set(key, below);
    if (this.patched.isEmpty()) return below;
    const known = this.readings.get(key);
    if (known !== undefined) return known;
    const reading = patchedReading(below, this.patched, (id) => this.said(peer, namespace, id, below));
    this.readings.set(key, reading);
    return reading;
  }

  clauseUnits(namespace: string, clause: Clause): 'any' | Reading {
    const known = this.clauses.get(clause);
    if (known !== undefined) return known;
    const alike = this.patched.isEmpty() && this.base.peers.keeps(namespace, clause);
    const reading = alike
      ? this.base.clauseUnits(namespace, clause)
      : clauseReading(clause, (peer) => this.peerUnits(namespace, peer));
    this.clauses.set(clause, reading);
    return reading;
  }

  /** What the peer says of a unit on this side; `below` is what it matches in the base. */
  private said(peer: Peer, namespace: string, id: number, below: Reading): Said | null {
    const unit = this.unit(id);
    if (unit === undefined) return null;
    const origin = this.base.knows(peer) ? this.originOf(unit) : undefined;
    if (origin !== undefined && below.must.has(origin)) return { value: 'yes', reason: 'platform' };
    // Where the part's unit is in doubt its reason is read anew.
    if (origin !== undefined && !below.may.has(origin)) return { value: 'no', reason: 'platform' };
    return readPeer(peer, namespace, unit, this.namespaceLabels(unit.namespace), this.profile);
  }

  /** The unit of the base that a peer known there sees as it sees this one. */
  private originOf({ id, namespace }: Unit): number | undefined {
    return this.edited.get('Namespace', null, namespace) === undefined ? this.origins.get(id) : undefined;
  }

  portsOf(read: PortsOfUnit, unit: Unit): PortSet {
    const known = this.edited.none && this.base.unit(unit.id) === unit;
    return known ? this.base.portsOf(read, unit) : read(this, unit);
  }

  foreignApi(namespace: string): string | null {
    return this.base.foreignApi(namespace);
  }

  records<K extends ClusterObject['kind']>(kind: K, namespace?: string): Iterable<RecordOf<K>> {
    return this.edited.over(kind, namespace, this.base.records(kind, namespace));
  }

  record<K extends ClusterObject['kind']>(
    kind: K,
    namespace: string | null,
    name: string,
  ): RecordOf<K> | undefined {
    const edited = this.edited.get(kind, namespace, name);
    return edited === undefined ? this.base.record(kind, namespace, name) : (edited ?? undefined);
  }

  unitOfPod(namespace: string, name: string): Unit | undefined {
    for (const unit of this.overrides.values()) {
      if (unit !== null && unit.namespace === namespace && unit.members.has(name)) return unit;
    }
    const unit = this.base.unitOfPod(namespace, name);
    return unit === undefined || this.overrides.has(unit.id) ? undefined : unit;
  }

  pod(namespace: string, name: string): PodRecord | undefined {
    return this.record('Pod', namespace, name);
  }

  workloadRecord({ kind, namespace, name }: Workload): WorkloadRecord | undefined {
    const known = workloadKinds.find((candidate) => candidate === kind);
    return known === undefined ? undefined : this.record(known, namespace, name);
  }

  /** An address that a pod has on either side is nobody's outside the cluster. */
  owns(address: bigint): boolean {
    return this.base.owns(address) || this.editedAddresses.has(address);
  }
}
