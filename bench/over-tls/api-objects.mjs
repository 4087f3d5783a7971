// The objects of a generated cluster as an API server sends them, made from the generator's records.
import { policyOf, randomOf, recordsOf } from '../clusters.mjs';

/** @typedef {{ metadata: { name: string, namespace?: string, [key: string]: unknown }, [key: string]: any }} ApiObject */

/** Every object of a cluster, in the order in which it would have been made. @returns {Generator<ApiObject>} */
export function* apiObjectsOf(shape, seed) {
  for (const record of recordsOf(shape, seed)) {
    if (record.kind === 'Namespace') yield namespaceOf(record.name, Object.fromEntries(record.labels));
    else if (record.kind === 'ReplicaSet') yield deploymentOf(record);
    else if (record.kind === 'Pod') yield podOf(record);
  }
  yield* policiesOf(shape, seed);
}

/** The policies of a cluster as users wrote them. @returns {Generator<ApiObject>} */
export function* policiesOf(shape, seed) {
  const random = randomOf(seed);
  for (let i = 0; i < shape.policies; i += 1)
    yield policyOf(shape, random, i % shape.namespaces, `policy-${i}`);
}

export function namespaceOf(name, labels) {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function deploymentOf({ namespace, owner, replicas, template }) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: owner.name, namespace, generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: Object.fromEntries(template.labels) },
      template: {
        metadata: { labels: Object.fromEntries(template.labels) },
        spec: { containers: containersOf(template.ports) },
      },
    },
    status: { readyReplicas: replicas },
  };
}

function containersOf(ports) {
  return [
    {
      name: 'main',
      image: 'registry.example/app:1',
      ports: ports.map(({ name, protocol, number }) => ({ name, protocol, containerPort: number })),
    },
  ];
}

function podOf({ namespace, name, labels, ports, owner, node, addresses }) {
  const [podIP] = addresses;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: Object.fromEntries(labels),
      ownerReferences: [
        { apiVersion: 'apps/v1', ...owner, uid: 'b5b2c6a4-0000-4000-8000-000000000000', controller: true },
      ],
    },
    spec: { nodeName: node, serviceAccountName: 'default', containers: containersOf(ports) },
    status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: readyAt(0) },
  };
}

/** What a kubelet keeps writing: nothing that a policy sees. */
export function readyAt(seconds) {
  const time = new Date(1_700_000_000_000 + seconds * 1000).toISOString();
  return ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastProbeTime: time,
    lastTransitionTime: time,
  }));
}
