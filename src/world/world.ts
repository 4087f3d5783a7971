import type { ClusterObject, NamespaceRecord, PodRecord, WorkloadRecord } from '../model/objects.ts';
import type { Clause, CompiledPolicy, Direction, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import type { Labels } from '../model/selector.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Lookups } from './lookups.ts';
import type { PortsOfUnit } from './port-classes.ts';
import type { Unit, UnknownReason, Workload } from './unit.ts';

/** Units that a peer surely matches (`must`) and may match (`may`, a superset). */
export interface Reading {
  readonly must: BitSet;
  readonly may: BitSet;
  /** Why the two differ; empty where they are equal. */
  readonly reasons: readonly UnknownReason[];
}

/** A policy that governs a unit in one direction, and the clauses it brings. */
export interface Governor {
  readonly policy: CompiledPolicy;
  readonly isolates: boolean;
  readonly clauses: readonly Clause[];
  /** False where the plugin may take the policy for nothing on this unit in this direction. */
  readonly certain: boolean;
}

/**
 * Does nobody know whether the governors that are not certain count (`stray`), or whether any policy has an effect on
 * the unit (`enforcement`, which may come with the other)? Then what holds in all readings is sure.
 */
export type Doubt = 'stray' | 'enforcement';

/** The policies that govern a unit in one direction, in the order of their tiers. */
export interface Governing {
  readonly governors: readonly Governor[];
  /** Equal keys within one world mean equal governors. */
  readonly key: string;
  /** Is what no clause decides refused? True for a unit that a policy isolates, even where enforcement is in doubt. */
  readonly isolated: boolean;
  readonly doubt: Doubt | null;
}

/**
 * A read-only picture of one moment. `with`-style overlays (`overlay.ts`) implement it too, so that before and after
 * a change are asked alike.
 */
export interface World {
  readonly profile: Profile;
  /** What indexes over records find. */
  readonly lookups: Lookups;
  /** Ids of the units that exist. */
  readonly units: BitSet;
  unit(id: number): Unit | undefined;
  unitsIn(namespace: string): BitSet;
  workloadUnits(workload: Workload): readonly Unit[];
  /** Always holds `kubernetes.io/metadata.name`, also for a namespace that is only referred to. */
  namespaceLabels(namespace: string): Labels;
  namespaces(): Iterable<NamespaceRecord>;
  namespace(name: string): NamespaceRecord | undefined;
  policiesIn(namespace: string): Iterable<CompiledPolicy>;
  governing(unit: number, direction: Direction): Governing;
  /** Units that are isolated in the direction. */
  isolated(direction: Direction): BitSet;
  /** Units that are surely open: neither isolated nor such that the plugin may isolate them. */
  ungoverned(direction: Direction): BitSet;
  /** Units that a policy of this namespace selects. */
  subjects(policy: CompiledPolicy): BitSet;
  /** Units that a peer of a policy in this namespace matches. */
  peerUnits(namespace: string, peer: Peer): Reading;
  /** Units that any peer of a clause matches; `any` where the clause has no peers. */
  clauseUnits(namespace: string, clause: Clause): 'any' | Reading;
  /** The ports that are read of a unit; kept where nothing about it changed. */
  portsOf(read: PortsOfUnit, unit: Unit): PortSet;
  /** Name of the policy API that is not analysed but could govern pods of the namespace, or null. */
  foreignApi(namespace: string): string | null;
  /** The records of one kind, of one namespace if it is given. */
  records<K extends ClusterObject['kind']>(kind: K, namespace?: string): Iterable<RecordOf<K>>;
  record<K extends ClusterObject['kind']>(
    kind: K,
    namespace: string | null,
    name: string,
  ): RecordOf<K> | undefined;
  /** The unit of a pod; undefined for hostNetwork and finished pods. */
  unitOfPod(namespace: string, name: string): Unit | undefined;
  pod(namespace: string, name: string): PodRecord | undefined;
  workloadRecord(workload: Workload): WorkloadRecord | undefined;
  /** Is the address that of a live pod or of a node? */
  owns(address: bigint): boolean;
}

export type RecordOf<K extends ClusterObject['kind']> = Extract<ClusterObject, { readonly kind: K }>;
