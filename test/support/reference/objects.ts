/**
 * The part of the Kubernetes wire objects that the reference evaluator reads, as plain decoded JSON. Every
 * list and map may be absent or null, because objects are taken as a user wrote them, before defaulting.
 */
export type Labels = { [key: string]: string };

type Maybe<T> = T | null | undefined;

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  labels?: Maybe<Labels>;
  ownerReferences?: Maybe<OwnerReference[]>;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}

export interface Requirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: Maybe<string[]>;
}

export interface LabelSelector {
  matchLabels?: Maybe<Labels>;
  matchExpressions?: Maybe<Requirement[]>;
}

export interface IpBlock {
  cidr: string;
  except?: Maybe<string[]>;
}

export interface Peer {
  podSelector?: Maybe<LabelSelector>;
  namespaceSelector?: Maybe<LabelSelector>;
  ipBlock?: Maybe<IpBlock>;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface PolicyPort {
  protocol?: Maybe<Protocol>;
  port?: Maybe<number | string>;
  endPort?: Maybe<number>;
}

export interface Clause {
  from?: Maybe<Peer[]>;
  to?: Maybe<Peer[]>;
  ports?: Maybe<PolicyPort[]>;
}

export interface NetworkPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  spec?: Maybe<{
    podSelector?: Maybe<LabelSelector>;
    policyTypes?: Maybe<('Ingress' | 'Egress')[]>;
    ingress?: Maybe<Clause[]>;
    egress?: Maybe<Clause[]>;
  }>;
}

export interface Namespace {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
}

export interface Node {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  status?: Maybe<{ addresses?: Maybe<{ type: string; address: string }[]> }>;
}

export interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: Maybe<Protocol>;
}

export interface Container {
  name: string;
  image?: string;
  ports?: Maybe<ContainerPort[]>;
  restartPolicy?: string;
}

export interface PodSpec {
  hostNetwork?: boolean;
  nodeName?: string;
  restartPolicy?: string;
  containers: Container[];
  initContainers?: Maybe<Container[]>;
}

export interface Pod {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  spec: PodSpec;
  status?: Maybe<{ phase?: string; podIP?: string; podIPs?: Maybe<{ ip: string }[]> }>;
}

export interface PodTemplate {
  metadata?: Maybe<{ labels?: Maybe<Labels> }>;
  spec: PodSpec;
}

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob' | 'ReplicaSet';

export interface Workload {
  apiVersion?: string;
  kind: WorkloadKind;
  metadata: Metadata;
  spec: {
    replicas?: number;
    parallelism?: number;
    selector?: LabelSelector;
    template?: PodTemplate;
    jobTemplate?: { spec: { template: PodTemplate } };
  };
  status?: Maybe<{ conditions?: Maybe<{ type: string; status: string }[]> }>;
}

/** What a network plugin does where the API leaves it room, or where it differs from the API. */
export interface Profile {
  /** Whether policies have any effect. */
  enforcement: 'yes' | 'no' | 'unknown';
  /** Whether they have any on pods that nothing owns. */
  standalonePods: 'governed' | 'not-governed' | 'unknown';
  /** Whether an ipBlock is compared with the addresses of pods, and of nodes: the API leaves it open. */
  ipBlockPods: 'matches' | 'does-not-match' | 'unknown';
  ipBlockNodes: 'matches' | 'does-not-match' | 'unknown';
  /** Whether 0.0.0.0/0 without an except also holds IPv6 addresses. */
  ipv4AnyAddress: 'ipv4' | 'every-family' | 'unknown';
  /** The families whose blocks are not ignored. */
  ipFamilies: 'both' | 'ipv4' | 'ipv6' | 'unknown';
  /** What becomes of a range of ports: all of it, its first port, or nobody knows. */
  endPort: 'range' | 'first-port' | 'unknown';
  sctp: 'supported' | 'unsupported' | 'unknown';
  /** Named ports of egress clauses without peers or with blocks. */
  namedPortEgress: 'resolves' | 'ignored' | 'unknown';
  /** Whether a podSelector matches pods of the node's network. */
  hostNetworkPeers: 'no' | 'yes' | 'unknown';
  /** Whether NotIn and DoesNotExist on namespaces match nodes and addresses, too. */
  negativeNamespaces: 'pods-only' | 'also-outside' | 'unknown';
  ownNodeToPod: 'allowed' | 'by-policy' | 'unknown';
  podToOwnNode: 'allowed' | 'by-policy' | 'blocked' | 'unknown';
  /** What happens to clauses of a direction that policyTypes does not list. */
  strayDirectionRules: 'ignore' | 'enforce' | 'unknown';
  /** What a pod does in a direction in which no policy governs it. */
  unselectedPods: 'open' | 'closed';
}

/** The plugin that does what the API says, and compares every address. */
export const literalProfile: Profile = {
  enforcement: 'yes',
  standalonePods: 'governed',
  ipBlockPods: 'matches',
  ipBlockNodes: 'matches',
  ipv4AnyAddress: 'ipv4',
  ipFamilies: 'both',
  endPort: 'range',
  sctp: 'supported',
  namedPortEgress: 'resolves',
  hostNetworkPeers: 'no',
  negativeNamespaces: 'pods-only',
  ownNodeToPod: 'allowed',
  podToOwnNode: 'by-policy',
  strayDirectionRules: 'ignore',
  unselectedPods: 'open',
};

export interface RefCluster {
  namespaces: Namespace[];
  pods: Pod[];
  nodes: Node[];
  policies: NetworkPolicy[];
  workloads: Workload[];
  /** Objects of policy APIs that are not analysed; namespace null means cluster-scoped. */
  foreign: { kind: string; namespace: string | null }[];
  profile: Profile;
}

/** "Kubernetes built-in types lose the difference between absent, null and []": all three are an empty list. */
export function list<T>(value: Maybe<T[]>): T[] {
  return value ?? [];
}

/** The same for maps, as entries, so that a key such as `constructor` is only ever an own key. */
export function entries(value: Maybe<Labels>): [string, string][] {
  return Object.entries(value ?? {});
}

/** A namespaced object's namespace; "no metadata.namespace means default". */
export function namespaceOf(object: { metadata: Metadata }): string {
  return object.metadata.namespace ?? 'default';
}
