// How the namespaces of a cluster are peopled: records as the world takes them, one namespace at a time.
import { namespaceName } from './cluster-policies.mjs';
import { addressText, int, oneOf, randomOf } from './random.mjs';

/** @typedef {import('./cluster-names.mjs').Shape} Shape */

const spec = {
  annotations: new Map(),
  probePorts: [],
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  serviceAccount: 'default',
  automountToken: null,
  extraNetworks: false,
  windows: false,
};

const systemNamespace = 'kube-system';
const podsPerNode = 60;
/** "no more than 3,000 pods per namespace": the agents of all nodes lie in one. */
const nodesMax = 2_900;

const tcp = (name, number) => ({ name, protocol: 'TCP', number, certain: true });

/** @param {Shape} shape @param {number} index of the namespace */
export function nameOf(shape, index) {
  return shape.population === 'real' && index === shape.namespaces - 1
    ? systemNamespace
    : namespaceName(index);
}

/** Namespaces, nodes, workloads, pods and Services of a cluster. @param {Shape} shape @param {number} seed */
export function* populationOf(shape, seed) {
  const make = populations[shape.population];
  const system = shape.population === 'real' ? systemOf(shape) : { nodes: [], agents: 0, pods: 0 };
  yield* system.nodes;
  const count = shape.namespaces - (system.pods > 0 ? 1 : 0);
  const pods = shape.pods - system.pods;
  let first = system.pods;
  for (let n = 0; n < count; n += 1) {
    const quota = Math.floor(pods / count) + (n < pods % count ? 1 : 0);
    yield {
      kind: 'Namespace',
      name: namespaceName(n),
      labels: namespaceLabels(shape, n),
      terminating: false,
    };
    yield* make({ shape, n, quota, first, random: randomOf(seed * 7_919 + n) });
    first += quota;
  }
  if (system.pods > 0) yield* systemPods(system);
}

function namespaceLabels(shape, n) {
  const ring = shape.profile === null ? 0 : shape.profile.peerNamespaces;
  return new Map([
    ['kubernetes.io/metadata.name', namespaceName(n)],
    ['team', `team-${n % shape.teams}`],
    ['env', n % 5 === 0 ? 'prod' : 'dev'],
    ...(ring === 0 ? [] : [['ring', `r-${Math.floor(n / ring)}`]]),
  ]);
}

/** @type {Readonly<Record<Shape['population'], (place: object) => Iterable<object>>>} */
const populations = { plain: plainPods, groups: groupedPods, real: realPods };

function* plainPods({ shape, n, quota, first }) {
  for (let done = 0, w = 0; done < quota; w += 1) {
    const replicas = Math.min(shape.replicas, quota - done);
    const app = `app-${w}`;
    const ports = [tcp('http', 8080 + (w % 3))];
    yield {
      kind: 'ReplicaSet',
      namespace: namespaceName(n),
      name: `${app}-5d9c7b8f6`,
      owner: { kind: 'Deployment', name: app },
      replicas,
      finished: false,
      template: { ...spec, labels: new Map([['app', app]]), ports },
    };
    const shared = [
      ['app', app],
      ['tier', `tier-${w % 3}`],
      ['pod-template-hash', '5d9c7b8f6'],
    ];
    const labels = new Map(shared);
    const owner = { kind: 'ReplicaSet', name: `${app}-5d9c7b8f6` };
    for (let p = 0; p < replicas; p += 1) {
      const address = 0x0a000001 + first + done + p;
      yield {
        ...podBase(namespaceName(n), `${app}-5d9c7b8f6-${p}`, address % 5_000, addressText(address)),
        labels: shape.unique ? new Map([...shared, ['unique', `${n}-${w}-${p}`]]) : labels,
        ports,
        owner,
      };
    }
    done += replicas;
  }
}

/** Pods in groups of the sizes that the seven numbers name; what does not fill a group is never selected. */
function* groupedPods({ shape, n, quota, first }) {
  const { peerPods } = shape.profile;
  const ports = [tcp('http', 8080)];
  for (let i = 0; i < quota; i += 1) {
    const [w, p] = [Math.floor(i / shape.replicas), i % shape.replicas];
    const labels = new Map([['app', `app-${w}`]]);
    if (peerPods > 0) labels.set('peer-group', `g-${Math.floor(i / peerPods)}`);
    const address = 0x0a000001 + first + i;
    yield {
      ...podBase(namespaceName(n), `app-${w}-${p}`, address % 5_000, addressText(address)),
      labels,
      ports,
      owner: { kind: 'StatefulSet', name: `app-${w}` },
    };
  }
}

function podBase(namespace, name, node, address) {
  return {
    ...spec,
    kind: 'Pod',
    namespace,
    name,
    node: `node-${node}`,
    addresses: [address],
    finished: false,
    terminating: false,
  };
}

/** Pod number i of the cluster runs on node i mod N, with the next address of that node's /24. */
function placeOf(shape, i) {
  const nodes = nodeCount(shape);
  return [i % nodes, addressText(0x0a000000 + (i % nodes) * 256 + 1 + Math.floor(i / nodes))];
}

const nodeCount = (shape) => Math.min(nodesMax, Math.max(1, Math.ceil(shape.pods / podsPerNode)));

/** The workloads that most namespaces of a company have; the first takes what the others leave. */
function* realPods({ shape, n, quota, first, random }) {
  const namespace = namespaceName(n);
  let next = first;
  const pod = (name, fields) => {
    const [node, address] = placeOf(shape, next);
    next += 1;
    return { ...podBase(namespace, name, node, address), ...fields };
  };
  const bare = n % 30 === 7 ? 1 : 0;
  const sizes = sizesOf(quota - bare, random);
  for (let i = 0; i < Math.min(bare, quota); i += 1)
    yield pod(`debug-${i}`, { labels: new Map(), ports: [], owner: null });
  for (const [w, size] of sizes.entries())
    if (size > 0) yield* workloads[w]({ namespace, app: `app-${w}`, size, random, pod });
  if (sizes[0] > 0) yield serviceOf(namespace, 'app-0', n);
}

/** Pods of the five workloads. */
function sizesOf(quota, random) {
  const sizes = [0, 0, 0, 0, 0];
  let left = Math.max(0, quota);
  for (const [w, wanted] of [
    [2, 3],
    [4, 1 + int(random, 2)],
    [1, 1 + int(random, 4)],
    [3, 1 + int(random, 3)],
  ]) {
    sizes[w] = Math.min(wanted, Math.max(0, left - 1));
    left -= sizes[w];
  }
  sizes[0] = left;
  return sizes;
}

const workloads = [
  deployment('tier-0', [tcp('http', 8080), tcp('metrics', 9090)]),
  deployment('tier-1', [tcp('http', 8081), tcp('metrics', 9090)]),
  statefulSet,
  deployment('tier-2', []),
  job,
];

const letters = 'bcdfghjklmnpqrstvwxz2456789';
const suffix = (random, length) => Array.from({ length }, () => oneOf(random, [...letters])).join('');

function deployment(tier, ports) {
  return function* deploymentPods({ namespace, app, size, random, pod }) {
    const labels = [
      ['app', app],
      ['app.kubernetes.io/name', app],
      ['tier', tier],
      ['version', `v${1 + int(random, 3)}`],
    ];
    const hash = suffix(random, 10);
    const probePorts = ports.slice(0, 1).map(({ number }) => number);
    const fields = { ports, probePorts, ...(random() < 0.5 ? { serviceAccount: app } : {}) };
    yield workload('Deployment', namespace, app, size, { ...spec, ...fields, labels: new Map(labels) });
    const all = new Map([...labels, ['pod-template-hash', hash]]);
    const owner = { kind: 'ReplicaSet', name: `${app}-${hash}` };
    for (let i = 0; i < size; i += 1)
      yield pod(`${app}-${hash}-${suffix(random, 5)}${i}`, { ...fields, labels: all, owner });
  };
}

function* statefulSet({ namespace, app, size, pod }) {
  const labels = [
    ['app', app],
    ['app.kubernetes.io/name', app],
    ['tier', 'tier-2'],
  ];
  const fields = { ports: [tcp('tcp-sql', 5432)], probePorts: [5432] };
  yield workload('StatefulSet', namespace, app, size, { ...spec, ...fields, labels: new Map(labels) });
  for (let i = 0; i < size; i += 1) {
    const own = [
      ['apps.kubernetes.io/pod-index', String(i)],
      ['statefulset.kubernetes.io/pod-name', `${app}-${i}`],
    ];
    const owner = { kind: 'StatefulSet', name: app };
    yield pod(`${app}-${i}`, { ...fields, labels: new Map([...labels, ...own]), owner });
  }
}

function* job({ namespace, app, size, random, pod }) {
  const name = `${app}-${28_000_000 + int(random, 1_000_000)}`;
  const uid = `${suffix(random, 8)}-${suffix(random, 4)}-4000-8000-${suffix(random, 12)}`;
  const labels = [
    ['app', app],
    ['batch.kubernetes.io/controller-uid', uid],
    ['batch.kubernetes.io/job-name', name],
  ];
  const template = { ...spec, labels: new Map(labels), ports: [] };
  yield { ...workload('Job', namespace, name, size, template), owner: { kind: 'CronJob', name: app } };
  for (let i = 0; i < size; i += 1)
    yield pod(`${name}-${suffix(random, 5)}`, {
      labels: new Map([...labels, ['batch.kubernetes.io/job-completion-index', String(i)]]),
      ports: [],
      owner: { kind: 'Job', name },
      // The first pod of a Job that ran before; a finished pod has given its address back.
      ...(i === 1 ? { finished: true } : {}),
    });
}

function workload(kind, namespace, name, replicas, template) {
  const count = kind === 'DaemonSet' ? 1 : replicas;
  return { kind, namespace, name, owner: null, replicas: count, finished: false, template };
}

function serviceOf(namespace, app, n) {
  return {
    kind: 'Service',
    namespace,
    name: app,
    labels: new Map([['app', app]]),
    selector: new Map([['app', app]]),
    type: 'ClusterIP',
    headless: false,
    clusterAddresses: [addressText(0xac100001 + n)],
    externalTrafficPolicy: 'Cluster',
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP', nodePort: null }],
  };
}

/** Nodes, an agent of the host's network on each, and two pods that resolve names. */
function systemOf(shape) {
  const count = nodeCount(shape);
  const nodes = Array.from({ length: count }, (_, i) => ({
    kind: 'Node',
    name: `node-${i}`,
    addresses: [addressText(0xc0a80001 + i)],
    podRanges: [`${addressText(0x0a000000 + i * 256)}/24`],
    machine: 'ordinary',
  }));
  return { shape, nodes, agents: count, pods: Math.min(shape.pods, count + 2) };
}

function* systemPods({ shape, agents, pods }) {
  const namespace = systemNamespace;
  yield {
    kind: 'Namespace',
    name: namespace,
    labels: new Map([['kubernetes.io/metadata.name', namespace]]),
    terminating: false,
  };
  const agent = {
    labels: new Map([['k8s-app', 'node-agent']]),
    ports: [tcp('metrics', 9100)],
    hostNetwork: true,
    serviceAccount: 'node-agent',
  };
  yield workload('DaemonSet', namespace, 'node-agent', 1, { ...spec, ...agent });
  for (let i = 0; i < Math.min(agents, pods); i += 1)
    yield {
      ...podBase(namespace, `node-agent-${i}`, i, addressText(0xc0a80001 + i)),
      ...agent,
      owner: { kind: 'DaemonSet', name: 'node-agent' },
    };
  const dns = {
    labels: new Map([['k8s-app', 'kube-dns']]),
    ports: [{ ...tcp('dns', 53), protocol: 'UDP' }, tcp('dns-tcp', 53), tcp('metrics', 9153)],
    dnsPolicy: 'Default',
    serviceAccount: 'coredns',
  };
  yield workload('Deployment', namespace, 'coredns', 2, { ...spec, ...dns });
  for (let i = agents; i < pods; i += 1) {
    const [node, address] = placeOf(shape, i);
    const owner = { kind: 'ReplicaSet', name: 'coredns-6b5c9d7f48' };
    const labels = new Map([...dns.labels, ['pod-template-hash', '6b5c9d7f48']]);
    yield {
      ...podBase(namespace, `coredns-6b5c9d7f48-${i - agents}`, node, address),
      ...dns,
      labels,
      owner,
    };
  }
}
