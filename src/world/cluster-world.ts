import { compileNetworkPolicy } from '../dialects/network-policy.ts';
import {
  type ClusterObject,
  type NamespaceRecord,
  type PodRecord,
  type PolicyRecord,
  type WorkloadRecord,
  type WorldEvent,
  workloadKinds,
} from '../model/objects.ts';
import type { Clause, CompiledPolicy, Direction, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { type Labels, sameLabels } from '../model/selector.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import { Catalog } from './catalog.ts';
import { Contents } from './contents.ts';
import { ForeignApis } from './foreign-apis.ts';
import { keysOf, keysOfObject, keysOfPolicy, LabelKeys } from './label-keys.ts';
import { ClusterLookups } from './lookups.ts';
import { NamespaceIndex, nameAlone } from './namespace-index.ts';
import { PeerIndex } from './peer-index.ts';
import { Placement } from './placement.ts';
import { blocksMax, distinctBlocks, PodTable, readAddresses } from './pod-table.ts';
import { PolicyTable } from './policy-table.ts';
import { PortClasses, type PortsOfUnit } from './port-classes.ts';
import { holdsWholeFamily, type Unit, type Workload } from './unit.ts';
import { UnitTable } from './unit-table.ts';
import type { Governing, Reading, RecordOf, World } from './world.ts';

/**
 * The one world that events change; everybody else reads it. Each event costs what it touches:
 *
 *   Pod ──► PodTable ──► UnitTable ──► PeerIndex (who matches a peer)
 *                ▲            └──────► PolicyTable (who is selected, who is isolated)
 *   Workload ─► WorkloadTable (planned pods)          ▲
 *   NetworkPolicy ── compiled ─────────────────────────┘
 *   everything else ─► Catalog
 */
export class ClusterWorld implements World {
  readonly profile: Profile;
  private readonly catalog: Catalog;
  private readonly foreign = new ForeignApis();
  private readonly namespaceIndex = new NamespaceIndex();
  /** The indexes below are read by overlays and by what works out a change; only events write them. */
  readonly table: UnitTable;
  readonly pods: PodTable;
  readonly peers: PeerIndex;
  readonly policies: PolicyTable;
  readonly lookups: ClusterLookups;
  /** Units by ports that somebody reads of them. */
  readonly portClasses = new PortClasses(this);
  private readonly placement: Placement;
  private readonly contents = new Contents();
  /** What selectors in force ask of pods. */
  readonly keys = new LabelKeys();

  constructor(profile: Profile) {
    this.profile = profile;
    const unitChanged = ({ id }: Unit): void => this.portClasses.changed([id]);
    const readers = { created: unitChanged, changed: unitChanged, removed: unitChanged };
    this.table = new UnitTable(this.keys, () => [this.peers, this.policies, readers]);
    this.pods = new PodTable(profile);
    this.catalog = new Catalog(this.pods);
    this.peers = new PeerIndex({
      profile,
      units: this.table,
      contents: this.contents,
      namespaceLabels: (name) => this.namespaceLabels(name),
      matchingNamespaces: (selector) =>
        this.namespaceIndex.matching(selector, this.table, (name) => this.namespaceLabels(name)),
    });
    this.policies = new PolicyTable(profile, this.table, this.contents);
    this.lookups = new ClusterLookups(this.catalog, this.namespaceIndex, this.pods);
    this.placement = new Placement({
      pods: this.pods,
      units: this.table,
      middle: (kind, namespace, name) => this.catalog.get(kind, namespace, name),
      template: (workload) => this.workloadRecord(workload),
    });
  }

  /** Applies events in order; each is atomic. */
  apply(events: Iterable<WorldEvent>): void {
    for (const event of events) {
      if (event.type === 'put') this.put(event.object);
      else this.remove(event.kind, event.namespace, event.name);
    }
    this.placement.settle();
  }

  private put(object: ClusterObject): void {
    if (object.kind === 'Pod') {
      this.lookups.changed(this.placement.put(object), object);
      return;
    }
    const old = this.catalog.put(object);
    this.lookups.changed(old, object);
    this.keysChanged(old, object);
    switch (object.kind) {
      case 'Namespace':
        this.relabel(object.name, old?.kind === 'Namespace' ? old.labels : null, object.labels);
        return;
      case 'NetworkPolicy':
        this.policyChanged(object, object.namespace, object.name);
        return;
      case 'Node':
        this.pods.disown(old?.kind === 'Node' ? readAddresses(old.addresses) : []);
        this.pods.own(readAddresses(object.addresses));
        return;
      case 'ForeignPolicy':
        if (old === undefined) this.foreign.add(object.namespace, object.api);
        return;
      default:
        if ('template' in object) this.placement.workloadChanged(object);
    }
  }

  private remove(kind: ClusterObject['kind'], namespace: string | null, name: string): void {
    if (kind === 'Pod') {
      this.lookups.changed(this.placement.remove(namespace ?? '', name), undefined);
      return;
    }
    const old = this.catalog.remove(kind, namespace, name);
    if (old === undefined) return;
    this.lookups.changed(old, undefined);
    this.keysChanged(old, null);
    switch (old.kind) {
      case 'Namespace':
        this.relabel(old.name, old.labels, null);
        return;
      case 'NetworkPolicy':
        this.policyChanged(null, old.namespace, old.name);
        return;
      case 'Node':
        this.pods.disown(readAddresses(old.addresses));
        return;
      case 'ForeignPolicy':
        this.foreign.remove(old.namespace, old.api);
        return;
      default:
        if ('template' in old) this.placement.workloadChanged(old);
    }
  }

  /** A namespace got other labels, came or went (null); without a record its name is its one label. */
  private relabel(name: string, old: Labels | null, now: Labels | null): void {
    if (old !== null && now !== null && sameLabels(old, now)) return;
    if (old !== null) this.namespaceIndex.remove(name, old);
    if (now !== null) this.namespaceIndex.put(name, now);
    this.peers.namespaceChanged(name, old ?? nameAlone(name));
  }

  private policyChanged(record: PolicyRecord | null, namespace: string, name: string): void {
    const old = this.policies.get(namespace, name);
    const compiled = record?.policy == null ? null : compileNetworkPolicy(record.policy, this.profile);
    // A policy with too many blocks counts as one that cannot be read: its pods' verdicts are unknown, never wrong.
    const now = compiled !== null && distinctBlocks(compiled) <= blocksMax ? compiled : null;
    this.policies.setUnreadable(namespace, name, record !== null && now === null);
    // What is new first parts the pods that it tells apart; what is gone is forgotten last, so that nothing parts twice.
    const fresh = now === null ? [] : this.pods.retainBlocks(now);
    this.placement.keysAsked(now === null ? [] : this.keys.retain(keysOfPolicy(now)));
    if (now !== null) this.contents.retain(now);
    if (now !== null) this.peers.retain(now);
    const gone = old === undefined ? [] : this.pods.releaseBlocks(old);
    if (old !== undefined) this.peers.release(old);
    this.policies.set(namespace, name, now);
    if (old !== undefined) this.contents.release(old);
    this.placement.blocksChanged([...fresh, ...gone]);
    this.placement.keysForgotten(old === undefined ? [] : this.keys.release(keysOfPolicy(old)));
  }

  /** What other objects than policies ask pods for. */
  private keysChanged(old: ClusterObject | undefined, now: ClusterObject | null): void {
    const service = now ?? old;
    if (service?.kind === 'Service')
      this.portClasses.changed(this.table.inNamespace(service.namespace).toArray());
    this.placement.keysAsked(now === null ? [] : this.keys.retain(keysOfObject(now)));
    this.placement.keysForgotten(old === undefined ? [] : this.keys.release(keysOfObject(old)));
  }

  get units(): BitSet {
    return this.table.ids;
  }

  unit(id: number): Unit | undefined {
    return this.table.get(id);
  }

  unitsIn(namespace: string): BitSet {
    return this.table.inNamespace(namespace);
  }

  workloadUnits(workload: Workload): readonly Unit[] {
    return this.table.ofWorkload(workload.id);
  }

  namespaceLabels(namespace: string): Labels {
    return this.namespace(namespace)?.labels ?? nameAlone(namespace);
  }

  namespaces(): Iterable<NamespaceRecord> {
    return this.catalog.all('Namespace');
  }

  namespace(name: string): NamespaceRecord | undefined {
    return this.catalog.get('Namespace', null, name);
  }

  policiesIn(namespace: string): Iterable<CompiledPolicy> {
    return this.policies.inNamespace(namespace);
  }

  governing(unit: number, direction: Direction): Governing {
    return this.policies.governing(unit, direction);
  }

  isolated(direction: Direction): BitSet {
    return this.policies.isolated(direction);
  }

  ungoverned(direction: Direction): BitSet {
    return this.policies.ungoverned(direction);
  }

  subjects(policy: CompiledPolicy): BitSet {
    return this.table.select(this.table.inNamespace(policy.ref.namespace), policy.subject);
  }

  peerUnits(namespace: string, peer: Peer): Reading {
    return this.peers.units(namespace, peer);
  }

  /** Are the units told apart by everything that the peer asks for, whether or not a policy in force has it? */
  knows(peer: Peer): boolean {
    if (peer.kind === 'pods') return keysOf(peer.pods).every((key) => this.keys.has(key));
    return holdsWholeFamily(peer.block) || this.pods.isLive(peer.key);
  }

  clauseUnits(namespace: string, clause: Clause): 'any' | Reading {
    return this.peers.clauseUnits(namespace, clause);
  }

  portsOf(read: PortsOfUnit, unit: Unit): PortSet {
    return this.portClasses.of(read, unit);
  }

  foreignApi(namespace: string): string | null {
    return this.foreign.governing(namespace) ?? this.policies.unreadableIn(namespace);
  }

  records<K extends ClusterObject['kind']>(kind: K, namespace?: string): Iterable<RecordOf<K>> {
    return this.catalog.all(kind, namespace);
  }

  record<K extends ClusterObject['kind']>(
    kind: K,
    namespace: string | null,
    name: string,
  ): RecordOf<K> | undefined {
    return this.catalog.get(kind, namespace, name);
  }

  unitOfPod(namespace: string, name: string): Unit | undefined {
    return this.table.get(this.pods.get(namespace, name)?.unit ?? -1);
  }

  pod(namespace: string, name: string): PodRecord | undefined {
    return this.catalog.get('Pod', namespace, name);
  }

  workloadRecord({ kind, namespace, name }: Workload): WorkloadRecord | undefined {
    const known = workloadKinds.find((candidate) => candidate === kind);
    return known === undefined ? undefined : this.catalog.get(known, namespace, name);
  }

  owns(address: bigint): boolean {
    return this.pods.owns(address);
  }

  /** Every record, as the events that would build this world again. */
  *everything(): Iterable<WorldEvent> {
    for (const object of this.catalog.everything()) yield { type: 'put', object };
  }

  get hasForeign(): boolean {
    return this.foreign.any || this.policies.anyUnreadable;
  }
}
