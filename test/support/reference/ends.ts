/** The two ends of a connection: pods, nodes and external addresses, with the facts that policies look at. */
import { type Address, parseAddress } from './addresses.ts';
import {
  entries,
  type Labels,
  list,
  type Node,
  namespaceOf,
  type Pod,
  type PodSpec,
  type RefCluster,
} from './objects.ts';

/** One end of a connection. `key` is unique within its sort; only pods have labels and containers. */
export interface End {
  sort: 'pod' | 'node' | 'ip';
  key: string;
  namespace: string;
  labels: Labels;
  namespaceLabels: Labels;
  addresses: Address[];
  node: string | undefined;
  containers: PodSpec | undefined;
  /** Whether something controls the pod, as a ReplicaSet does. */
  owned: boolean;
}

/** Completed pods do not exist: "skip pods with phase Succeeded/Failed (their IP may be reused)". */
export function isLive(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/**
 * "Every namespace carries immutable kubernetes.io/metadata.name=<name>"; a namespace that is only referred
 * to exists with that label alone.
 */
export function namespaceLabels(cluster: RefCluster, name: string): Labels {
  const found = cluster.namespaces.find((namespace) => namespace.metadata.name === name);
  return Object.fromEntries([...entries(found?.metadata.labels), ['kubernetes.io/metadata.name', name]]);
}

export function nodeAddresses(node: Node): Address[] {
  return list(node.status?.addresses)
    .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
    .map(({ address }) => parseAddress(address));
}

export function podAddresses(pod: Pod): Address[] {
  const ips = list(pod.status?.podIPs).map(({ ip }) => ip);
  const single = pod.status?.podIP;
  return (ips.length === 0 && single ? [single] : ips).map(parseAddress);
}

const nothing = { namespace: '', labels: {}, namespaceLabels: {}, containers: undefined, owned: false };

/** A node, or what stands for it where the node object is missing. */
export function nodeEnd(cluster: RefCluster, name: string | undefined, otherwise: Address[]): End {
  const node = cluster.nodes.find((each) => each.metadata.name === name);
  const addresses = node === undefined ? otherwise : nodeAddresses(node);
  return { ...nothing, sort: 'node', key: name ?? '', addresses, node: name };
}

/** The end that a live pod is. "hostNetwork pods … are not selectable; they are node addresses." */
export function podEnd(cluster: RefCluster, pod: Pod): End {
  const namespace = namespaceOf(pod);
  const identity = {
    namespace,
    labels: pod.metadata.labels ?? {},
    namespaceLabels: namespaceLabels(cluster, namespace),
  };
  if (pod.spec.hostNetwork === true)
    return { ...nodeEnd(cluster, pod.spec.nodeName, podAddresses(pod)), ...identity };
  return {
    sort: 'pod',
    key: `${namespace}/${pod.metadata.name}`,
    ...identity,
    owned: list(pod.metadata.ownerReferences).some(({ controller }) => controller === true),
    addresses: podAddresses(pod),
    node: pod.spec.nodeName,
    containers: pod.spec,
  };
}

/** An external address; asking for one that a live pod or a node owns is out of scope. */
export function ipEnd(address: Address, key: string): End {
  return {
    sort: 'ip',
    key,
    namespace: '',
    labels: nothing.labels,
    namespaceLabels: nothing.namespaceLabels,
    addresses: [address],
    node: undefined,
    containers: undefined,
    owned: false,
  };
}
