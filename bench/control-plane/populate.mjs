// A generated cluster, made through the API of a real one: Deployments and StatefulSets whose controllers make pods, and
// pods of other sorts one by one. kwok plays the kubelets, which say that pods run and give them addresses.
import { setTimeout as wait } from 'node:timers/promises';
import { populationOf } from '../cluster-pods.mjs';
import { policiesOf } from '../clusters.mjs';

/** Requests at a time: more only wait in the API server, which shares the machine. */
const atOnce = 16;
const lookMs = 2_000;
const controllers = { Deployment: 'deployments', StatefulSet: 'statefulsets' };

/** Does the work for each item, so many at a time. */
export async function forEach(items, work) {
  const rest = items[Symbol.iterator]();
  const one = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** @param {object} shared what a pod has in common with a template */
function podSpec({ ports, hostNetwork }, nodeName) {
  return {
    nodeName,
    hostNetwork,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    containers: [
      {
        name: 'main',
        image: 'registry.example/team/service:1.2.3',
        ports: ports.map(({ name, protocol, number }) => ({ name, protocol, containerPort: number })),
      },
    ],
  };
}

function workloadObject({ kind, namespace, name, replicas, template }, nodeName) {
  const labels = Object.fromEntries(template.labels);
  const key = labels.app === undefined ? 'k8s-app' : 'app';
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: { [key]: labels[key] } },
      ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
      template: { metadata: { labels }, spec: podSpec(template, nodeName) },
    },
  };
}

const podObject = (pod, nodeName) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: pod.name, namespace: pod.namespace, labels: Object.fromEntries(pod.labels) },
  spec: podSpec(pod, nodeName),
});

const serviceObject = ({ namespace, name, selector, ports }) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: {
    selector: Object.fromEntries(selector),
    ports: ports.map(({ name: own, port, targetPort, protocol }) => ({
      name: own,
      port,
      targetPort,
      protocol,
    })),
  },
});

/** What is to be there. Pods of Deployments and StatefulSets come by themselves; what has ended is left out. */
function planOf(shape, seed, nodes) {
  const records = [...populationOf(shape, seed)];
  const ofKind = (kind) => records.filter((record) => record.kind === kind);
  const workloads = records.filter(({ kind }) => Object.hasOwn(controllers, kind));
  const made = new Set(workloads.map(({ namespace, name }) => `${namespace}/${name}`));
  const ownerName = (owner) => (owner.kind === 'ReplicaSet' ? owner.name.replace(/-[^-]+$/, '') : owner.name);
  const comesAlone = ({ namespace, owner }) =>
    owner !== null &&
    ['ReplicaSet', 'StatefulSet'].includes(owner.kind) &&
    made.has(`${namespace}/${ownerName(owner)}`);
  const pods = ofKind('Pod').filter((pod) => !pod.finished && !comesAlone(pod));
  return {
    namespaces: ofKind('Namespace').filter(({ name }) => !name.startsWith('kube-')),
    workloads: workloads.map((record, i) => workloadObject(record, nodes[i % nodes.length])),
    pods: pods.map((record, i) => podObject(record, nodes[i % nodes.length])),
    services: ofKind('Service').map(serviceObject),
    policies: [...policiesOf(shape, seed)],
  };
}

/** Pods that there are in all, whatever they do. */
export async function podCount(cluster) {
  const { items, metadata } = await cluster.json('GET', '/api/v1/pods?limit=1');
  return items.length + (metadata.remainingItemCount ?? 0);
}

/** Waits until controllers have made their pods and kwok has let them run. */
async function allRunning(cluster, wanted, say) {
  const readyIn = async (resource) => {
    const { items } = await cluster.json('GET', `/apis/apps/v1/${resource}`);
    return items.reduce((sum, { status }) => sum + (status.readyReplicas ?? 0), 0);
  };
  for (let last = -1, same = 0; same < 30; ) {
    const ready = (await readyIn('deployments')) + (await readyIn('statefulsets'));
    if (ready === wanted) return;
    say(`${ready} of ${wanted} pods of controllers are ready`);
    same = ready === last ? same + 1 : 0;
    last = ready;
    await wait(lookMs);
  }
  throw new Error('no pod became ready for a minute');
}

/**
 * Resolves when everything runs, with what there is. No webhook is asked meanwhile.
 * @param {object} cluster @param {object} shape @param {number} seed @param {string[]} nodes
 * @param {(line: string) => void} say
 */
export async function populate(cluster, shape, seed, nodes, say) {
  const { namespaces, workloads, pods, services, policies } = planOf(shape, seed, nodes);
  const since = performance.now();
  const post = (path) => (body) => cluster.json('POST', path(body.metadata.namespace), { body });
  await forEach(namespaces, ({ name, labels }) =>
    cluster.json('POST', '/api/v1/namespaces', {
      body: { metadata: { name, labels: Object.fromEntries(labels) } },
    }),
  );
  // The API server turns down a pod in a namespace that has no default account yet.
  await cluster.waitFor(
    async () => {
      const path = '/api/v1/serviceaccounts?fieldSelector=metadata.name%3Ddefault';
      return (await cluster.json('GET', path)).items.length >= namespaces.length + 4;
    },
    'the default service accounts',
    120_000,
  );
  await forEach(
    policies,
    post((namespace) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`),
  );
  say(`${namespaces.length} namespaces and ${policies.length} policies are there`);
  await forEach(workloads, (body) =>
    cluster.json('POST', `/apis/apps/v1/namespaces/${body.metadata.namespace}/${controllers[body.kind]}`, {
      body,
    }),
  );
  await forEach(
    pods,
    post((namespace) => `/api/v1/namespaces/${namespace}/pods`),
  );
  const owned = workloads.reduce((sum, { spec }) => sum + spec.replicas, 0);
  await allRunning(cluster, owned, say);
  await cluster.waitFor(
    async () => {
      const path = '/api/v1/pods?fieldSelector=status.phase%21%3DRunning';
      return (await cluster.json('GET', path)).items.length === 0;
    },
    'every pod to run',
    120_000,
  );
  const seconds = (performance.now() - since) / 1000;
  await forEach(
    services,
    post((namespace) => `/api/v1/namespaces/${namespace}/services`),
  );
  const count = owned + pods.length;
  say(`${count} pods run, ${owned} of them by controllers, after ${seconds.toFixed(0)} s`);
  return {
    pods: count,
    owned,
    namespaces: namespaces.length,
    workloads: workloads.length,
    policies,
    seconds,
  };
}
