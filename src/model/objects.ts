import type { NetworkAgent } from './network-agent.ts';
import type { NetworkPolicy } from './network-policy.ts';
import type { ContainerPort, PortName, Protocol } from './port.ts';
import type { Labels, Selector } from './selector.ts';

/**
 * The cluster's objects as the world keeps them: projected, so that nothing is held that no rule reads.
 * `cluster/` makes these from the API server's objects; `world/` is built from them.
 */
export type ClusterObject =
  | NamespaceRecord
  | PodRecord
  | WorkloadRecord
  | ServiceRecord
  | EndpointSliceRecord
  | NodeRecord
  | IngressRecord
  | GatewayRouteRecord
  | MonitorRecord
  | RoleBindingRecord
  | CallbackRecord
  | PolicyRecord
  | ForeignPolicyRecord;

export interface NamespaceRecord {
  readonly kind: 'Namespace';
  readonly name: string;
  /** Always holds `kubernetes.io/metadata.name`; the projection adds it where an offline object lacks it. */
  readonly labels: Labels;
  readonly terminating: boolean;
}

/** The controller of a pod or of a workload: `ownerReferences[]` with `controller: true`. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** What a pod and a pod template have in common. */
export interface PodShape {
  readonly labels: Labels;
  /** Only `netsluice.dev/*` and `prometheus.io/*`. */
  readonly annotations: Labels;
  readonly ports: readonly ContainerPort[];
  /** Ports of liveness, readiness and startup probes, names already resolved. */
  readonly probePorts: readonly number[];
  readonly hostNetwork: boolean;
  /** `ClusterFirst` where the object says nothing. */
  readonly dnsPolicy: string;
  readonly serviceAccount: string;
  /** `automountServiceAccountToken` of the pod; null where it says nothing. */
  readonly automountToken: boolean | null;
  /** Asks for more networks than the cluster's own (annotation `k8s.v1.cni.cncf.io/networks`). */
  readonly extraNetworks: boolean;
  /** Asks for a Windows node, by `os` or by its node selector. */
  readonly windows: boolean;
}

export interface PodRecord extends PodShape {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly owner: Owner | null;
  readonly node: string | null;
  /** Addresses of the pod as text (status.podIPs); those of its node where `hostNetwork`. */
  readonly addresses: readonly string[];
  /** Phase Succeeded or Failed: the pod owns no address and is no endpoint any more. */
  readonly finished: boolean;
  readonly terminating: boolean;
}

export const workloadKinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
] as const;

export type WorkloadKind = (typeof workloadKinds)[number];

export interface WorkloadRecord {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly owner: Owner | null;
  /** `spec.replicas` (absent: 1); `parallelism` of a Job; 1 for DaemonSet and CronJob. */
  readonly replicas: number;
  /** A Job that completed or failed: it will have no pods again. */
  readonly finished: boolean;
  readonly template: PodShape;
  /** Of a DaemonSet that runs programs of a network plugin. */
  readonly agents?: readonly NetworkAgent[];
}

export interface ServiceRecord {
  readonly kind: 'Service';
  readonly namespace: string;
  readonly name: string;
  /** Monitors select Services by these. */
  readonly labels: Labels;
  /** Null where the Service selects no pods (its endpoints are written by somebody else). */
  readonly selector: Labels | null;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly headless: boolean;
  readonly clusterAddresses: readonly string[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly name: string | null;
  readonly port: number;
  /** Number or container port name; equals `port` where the object says nothing. */
  readonly targetPort: PortName;
  readonly protocol: Protocol;
  readonly nodePort: number | null;
}

export interface EndpointSliceRecord {
  readonly kind: 'EndpointSlice';
  readonly namespace: string;
  readonly name: string;
  /** Value of `kubernetes.io/service-name`. */
  readonly service: string | null;
  readonly ports: readonly {
    readonly name: string | null;
    readonly port: number | null;
    readonly protocol: Protocol;
  }[];
  readonly endpoints: readonly { readonly addresses: readonly string[]; readonly pod: string | null }[];
}

export interface NodeRecord {
  readonly kind: 'Node';
  readonly name: string;
  /** InternalIP and ExternalIP as text. */
  readonly addresses: readonly string[];
  /** `spec.podCIDRs` as text. */
  readonly podRanges: readonly string[];
  readonly machine: Machine;
}

/** What a node is, by its labels: agents of network plugins run on ordinary nodes, and only some on Windows. */
export type Machine = 'ordinary' | 'windows' | 'fargate' | 'virtual';

export interface IngressRecord {
  readonly kind: 'Ingress';
  readonly namespace: string;
  readonly name: string;
  readonly className: string | null;
  readonly backends: readonly { readonly service: string; readonly port: PortName }[];
}

/** An HTTPRoute of the Gateway API. A backend may lie in another namespace. */
export interface GatewayRouteRecord {
  readonly kind: 'HTTPRoute';
  readonly namespace: string;
  readonly name: string;
  readonly backends: readonly {
    readonly namespace: string;
    readonly service: string;
    readonly port: number;
  }[];
}

/** A ServiceMonitor or PodMonitor of the Prometheus operator: what is to be scraped, and on which ports. */
export interface MonitorRecord {
  readonly kind: 'Monitor';
  /** `Service`: it selects Services and scrapes the pods behind them; `Pod`: it selects pods. */
  readonly of: 'Service' | 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly selector: Selector;
  /** Where it looks. */
  readonly namespaces: 'own' | 'any' | readonly string[];
  readonly endpoints: readonly MonitorEndpoint[];
}

export interface MonitorEndpoint {
  /** Name of a port of the Service, or of the pod for a PodMonitor. */
  readonly port: string | null;
  /** Number or name of a container port, where `port` is null. */
  readonly targetPort: PortName | null;
}

/** A RoleBinding, or a ClusterRoleBinding where the namespace is null, and the service accounts that it binds. */
export interface RoleBindingRecord {
  readonly kind: 'RoleBinding';
  readonly namespace: string | null;
  readonly name: string;
  readonly accounts: readonly { readonly namespace: string; readonly name: string }[];
}

/** A Service that the API server itself calls: an admission or conversion webhook, or an aggregated API. */
export interface CallbackRecord {
  readonly kind:
    | 'ValidatingWebhookConfiguration'
    | 'MutatingWebhookConfiguration'
    | 'APIService'
    | 'CustomResourceDefinition';
  readonly name: string;
  readonly targets: readonly CallbackTarget[];
}

export interface CallbackTarget {
  /** The webhook's name, or the object's name where it has only one target. */
  readonly name: string;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  readonly failurePolicy: 'Fail' | 'Ignore';
}

/** A stored NetworkPolicy. `problem` says why it could not be read; then `policy` is null. */
export interface PolicyRecord {
  readonly kind: 'NetworkPolicy';
  readonly namespace: string;
  readonly name: string;
  readonly policy: NetworkPolicy | null;
  readonly problem: string | null;
}

/** An object of a policy API that is not built in yet: it makes verdicts unknown. */
export interface ForeignPolicyRecord {
  readonly kind: 'ForeignPolicy';
  /** The product's or API's name as users know it: `Calico`, `Cilium`, `AdminNetworkPolicy` … */
  readonly api: string;
  readonly resource: string;
  readonly namespace: string | null;
  readonly name: string;
  /** What rules read of an AdminNetworkPolicy and its kin; null for other kinds and for versions nobody here knows. */
  readonly admin: AdminPolicy | null;
}

/** The part of a cluster-wide policy from which it can be told whose pods it decides for, and in which ways. */
export interface AdminPolicy {
  /** Admin is asked before NetworkPolicies, Baseline only for pods that none of them isolates. */
  readonly tier: 'Admin' | 'Baseline';
  readonly subject: { readonly namespaces: Selector; readonly pods: Selector };
  /** The actions of its rules, each once; none where it says nothing about the direction. */
  readonly ingress: readonly AdminAction[];
  readonly egress: readonly AdminAction[];
}

/** `allow` is also what a ClusterNetworkPolicy calls `Accept`. */
export type AdminAction = 'allow' | 'deny' | 'pass';

/** One change of the cluster's picture. A `put` carries the whole record; a `delete` names it. */
export type WorldEvent =
  | { readonly type: 'put'; readonly object: ClusterObject }
  | {
      readonly type: 'delete';
      readonly kind: ClusterObject['kind'];
      readonly namespace: string | null;
      readonly name: string;
    };

/** The world's own key of a record's name within its kind. Foreign kinds share one table, so their kind is in the name. */
export function recordName(object: ClusterObject): {
  readonly namespace: string | null;
  readonly name: string;
} {
  if (object.kind === 'ForeignPolicy')
    return { namespace: object.namespace, name: `${object.resource}/${object.name}` };
  if (object.kind === 'Monitor')
    return { namespace: object.namespace, name: `${object.of}Monitor/${object.name}` };
  if ('namespace' in object) return { namespace: object.namespace, name: object.name };
  return { namespace: null, name: object.name };
}
