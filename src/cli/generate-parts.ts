import type { Json } from '../model/finding.ts';
import type { Facts } from '../platform/facts.ts';
import type { BitSet } from '../sets/bitset.ts';
import { type PortSet, portRuns } from '../sets/port-set.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Unit } from '../world/unit.ts';

/** A policy to print, and the words above it. */
export interface GeneratedPolicy {
  readonly name: string;
  /** Sentences. */
  readonly why: readonly string[];
  readonly spec: { readonly [key: string]: Json };
}

/** The cluster and its namespace, as every part of the answer needs them. */
export interface Ground {
  readonly world: ClusterWorld;
  readonly facts: Facts;
  readonly namespace: string;
}

type Labels = Readonly<Record<string, string>>;

/** Labels that say what a workload is, the most telling first; they stay the same for its life. */
const nameKeys = ['app.kubernetes.io/name', 'k8s-app', 'app', 'name', 'run', 'app.kubernetes.io/component'];

/** Labels that are another one with each rollout, version or pod. */
const unstable =
  /^(?:pod-template-|controller-|batch\.kubernetes\.io\/|job-name$|helm\.sh\/|rollouts-|statefulset\.|apps\.)|\/version$/;

/** A selector of labels; `{}` selects everything. */
export function matchLabels(labels: Labels): Json {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: labels };
}

/** Pods of one namespace, by labels. */
export function namespacePeer(namespace: string, labels: Labels): Json {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  return Object.keys(labels).length === 0
    ? { namespaceSelector }
    : { namespaceSelector, podSelector: matchLabels(labels) };
}

/** Peers for some pods: each namespace with the label that says what the pods are. Sorted, each once. */
export function labelPeers(world: ClusterWorld, ids: BitSet): Json[] {
  const found = new Map<string, Json>();
  for (const id of ids.toArray()) {
    const unit = world.unit(id);
    if (unit === undefined) continue;
    const labels = nameLabel(unit);
    found.set(`${unit.namespace} ${JSON.stringify(labels)}`, namespacePeer(unit.namespace, labels));
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, peer]) => peer);
}

/** The label that says what a unit's pods are; none where it has no such label. */
export function nameLabel({ labels }: Unit): Labels {
  const key = nameKeys.find((candidate) => labels.has(candidate));
  return key === undefined ? {} : { [key]: labels.get(key) ?? '' };
}

/** Every label of a unit that stays the same for the life of its workload. */
export function ownLabels({ labels }: Unit): Labels {
  return Object.fromEntries([...labels].filter(([key]) => !unstable.test(key)).sort());
}

/** The units of a namespace, in the order of their workloads. */
export function unitsIn({ namespace, world }: Ground): readonly Unit[] {
  const units = world
    .unitsIn(namespace)
    .toArray()
    .flatMap((id) => world.unit(id) ?? []);
  return units.sort((a, b) => (a.workload.id < b.workload.id ? -1 : 1));
}

/** What the pods with these labels may reach; it isolates them for egress. */
export function egressSpec(labels: Labels, egress: readonly Json[]): GeneratedPolicy['spec'] {
  return { podSelector: matchLabels(labels), policyTypes: ['Egress'], egress };
}

/** What may reach the pods with these labels; it isolates them for ingress. */
export function ingressSpec(labels: Labels, ingress: readonly Json[]): GeneratedPolicy['spec'] {
  return { podSelector: matchLabels(labels), policyTypes: ['Ingress'], ingress };
}

/** The ports of a set as a policy lists them. */
export function portItems(set: PortSet): Json[] {
  return portRuns(set).map(({ protocol, from, to }) => ({
    protocol,
    port: from,
    ...(from === to ? {} : { endPort: to }),
  }));
}
