// The objects of a generated cluster as an API server sends them, made from the generator's records.
import { policiesOf, recordsOf } from '../clusters.mjs';

/** @typedef {{ kind: string, metadata: { name: string, namespace?: string, [key: string]: unknown }, [key: string]: any }} ApiObject */

/** Every object of a cluster, policies last. @returns {Generator<ApiObject>} */
export function* apiObjectsOf(shape, seed) {
  for (const record of recordsOf(shape, seed)) {
    if (record.kind === 'NetworkPolicy') continue;
    const object = (forms[record.kind] ?? workloadOf)(record);
    if (object !== null) yield object;
  }
  yield* policiesOf(shape, seed);
}

export function namespaceOf(name, labels) {
  const status = { phase: 'Active' };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
    spec: { finalizers: ['kubernetes'] },
    status,
  };
}

const forms = {
  Namespace: ({ name, labels }) => namespaceOf(name, Object.fromEntries(labels)),
  Node: ({ name, addresses, podRanges }) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { podCIDR: podRanges[0], podCIDRs: [...podRanges] },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  }),
  Pod: ({ namespace, name, owner, node, addresses, finished, ...shape }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: Object.fromEntries(shape.labels), ...ownedBy(owner) },
    spec: { nodeName: node, ...podSpecOf(shape) },
    status: {
      phase: finished ? 'Succeeded' : 'Running',
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
      conditions: readyAtFirst,
    },
  }),
  Service: ({ namespace, name, labels, selector, clusterAddresses, ports }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: Object.fromEntries(labels) },
    spec: {
      type: 'ClusterIP',
      selector: Object.fromEntries(selector),
      clusterIP: clusterAddresses[0],
      clusterIPs: [...clusterAddresses],
      ports: ports.map(({ name: port, port: number, targetPort, protocol }) => ({
        ...{ name: port, port: number, targetPort, protocol },
      })),
    },
  }),
  // Nobody lists these: a Deployment stands for its own.
  ReplicaSet: ({ owner, ...record }) =>
    workloadOf({ ...record, kind: owner.kind, name: owner.name, owner: null }),
};

function workloadOf({ kind, namespace, name, owner, replicas, template }) {
  const labels = Object.fromEntries(template.labels);
  const count = kind === 'Job' ? { parallelism: replicas } : kind === 'DaemonSet' ? {} : { replicas };
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name, namespace, labels, ...ownedBy(owner) },
    spec: {
      ...count,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpecOf(template) },
    },
    status: {},
  };
}

const apiVersions = { ReplicaSet: 'apps/v1', StatefulSet: 'apps/v1', DaemonSet: 'apps/v1' };

function ownedBy(owner) {
  if (owner === null) return {};
  const uid = 'b5b2c6a4-0000-4000-8000-000000000000';
  const apiVersion = apiVersions[owner.kind] ?? 'batch/v1';
  return { ownerReferences: [{ apiVersion, ...owner, uid, controller: true }] };
}

function podSpecOf({ ports, serviceAccount, hostNetwork, dnsPolicy }) {
  const declared = ports.map(({ name, protocol, number }) => ({ name, protocol, containerPort: number }));
  const containers = [{ name: 'main', image: 'registry.example/app:1', ports: declared }];
  return {
    serviceAccountName: serviceAccount,
    dnsPolicy,
    ...(hostNetwork ? { hostNetwork } : {}),
    containers,
  };
}

/** What a kubelet keeps writing: nothing that a policy sees. */
export function readyAt(seconds) {
  const time = new Date(1_700_000_000_000 + seconds * 1000).toISOString();
  return ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    ...{ type, status: 'True', lastProbeTime: time, lastTransitionTime: time },
  }));
}

const readyAtFirst = readyAt(0);
