import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import type { Change, Edit } from '../../src/model/change.ts';
import { decodeObject } from '../../src/model/decode/cluster-object.ts';
import type {
  ClusterObject,
  NamespaceRecord,
  PodRecord,
  PolicyRecord,
  WorkloadRecord,
  WorldEvent,
} from '../../src/model/objects.ts';
import { genericProfile, type Profile } from '../../src/model/profile.ts';
import { worldOf } from '../../src/world/build.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import type { RefEdit } from './reference/arbitrary-change.ts';
import type { RefCluster } from './reference/objects.ts';

const apiVersions = new Map([
  ['Namespace', 'v1'],
  ['Pod', 'v1'],
  ['Node', 'v1'],
  ['NetworkPolicy', 'networking.k8s.io/v1'],
  ['Job', 'batch/v1'],
  ['CronJob', 'batch/v1'],
]);

/** Decodes a plain object of the reference's generators with the product's own decoder. */
function record(value: unknown, kind: string): ClusterObject {
  const object = decodeObject(value, { apiVersion: apiVersions.get(kind) ?? 'apps/v1', kind });
  if (object === null) throw new Error(`the decoder does not know ${kind}`);
  return object;
}

/** What reads a plain object as a record. */
export type Read = (value: object, kind: string) => ClusterObject;

/** Reads each object once, for whoever asks of the same ones again. They must not be changed in between. */
export function readOnce(): Read {
  const known = new WeakMap<object, ClusterObject>();
  return (value, kind) => {
    const found = known.get(value) ?? record(value, kind);
    known.set(value, found);
    return found;
  };
}

export function profileOf(cluster: RefCluster): Profile {
  const { strayDirectionRules, ...same } = cluster.profile;
  return { ...genericProfile, ...same, strayDirections: strayDirectionRules };
}

/** The events that bring a reference cluster into a world, in the order in which a live view may deliver them. */
export function eventsOf(cluster: RefCluster, read: Read = record): WorldEvent[] {
  const objects = [
    ...cluster.namespaces.map((object) => read(object, 'Namespace')),
    ...cluster.nodes.map((object) => read(object, 'Node')),
    ...cluster.workloads.map((object) => read(object, object.kind)),
    ...cluster.pods.map((object) => read(object, 'Pod')),
    ...cluster.policies.map((object) => read(object, 'NetworkPolicy')),
    ...cluster.foreign.map(({ kind, namespace }, i): ClusterObject => {
      return { kind: 'ForeignPolicy', api: 'Calico', resource: kind, namespace, name: `p${i}`, admin: null };
    }),
  ];
  return objects.map((object) => ({ type: 'put', object }));
}

export function worldFor(cluster: RefCluster): ClusterWorld {
  return worldOf(profileOf(cluster), eventsOf(cluster));
}

/** The same edits as the engine takes them: read for themselves, as those of a review are. */
export function changeOf(edits: readonly RefEdit[], profile: Profile): Change {
  return { edits: edits.map((edit) => editOf(edit, profile)) };
}

function editOf({ kind, before, after }: RefEdit, profile: Profile): Edit {
  const pair = [before, after].map((value) => (value === undefined ? null : record(value, kind)));
  const [old = null, now = null] = pair;
  if (kind === 'NetworkPolicy') {
    const compiled = (policy: PolicyRecord | null) => {
      if (policy === null) return null;
      if (policy.policy === null) throw new Error(`a random policy cannot be read: ${policy.problem}`);
      return compileNetworkPolicy(policy.policy, profile);
    };
    return { kind: 'policy', before: compiled(old as PolicyRecord), after: compiled(now as PolicyRecord) };
  }
  if (kind === 'Namespace')
    return { kind: 'namespace', before: old as NamespaceRecord, after: now as NamespaceRecord };
  if (kind === 'Pod') return { kind: 'pod', before: old as PodRecord, after: now as PodRecord };
  return { kind: 'workload', before: old as WorkloadRecord, after: now as WorkloadRecord };
}
