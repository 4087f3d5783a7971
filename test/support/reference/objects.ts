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

export interface Profile {
  /** Whether an ipBlock is compared with the addresses of pods and nodes: the API leaves it open. */
  ipBlockPods: 'matches' | 'does-not-match' | 'unknown';
  /** What happens to clauses of a direction that policyTypes does not list. */
  strayDirectionRules: 'ignore' | 'enforce';
  /** What a pod does in a direction in which no policy governs it. */
  unselectedPods: 'open' | 'closed';
}

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
