// Clusters to measure on, by name and seed: records as the world takes them, and changes to lay over them.
//
// A shape is "pods-namespaces-policies" and what its policies are like, as the seven-number code that others use for
// theirs: local pods, single ports, port ranges, pod selectors, peer namespaces, peer pods, CIDRs.
import { decodeNetworkPolicy } from '../dist/model/decode/network-policy.js';

/** Deterministic numbers from 0 to 1 (mulberry32). @param {number} seed */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @typedef {object} Shape
 * @property {number} namespaces
 * @property {number} workloads a namespace
 * @property {number} replicas a workload
 * @property {number} policies in all
 * @property {number} teams different values of the namespaces' label `team`
 * @property {boolean} unique does every pod carry a label of its own?
 * @property {string} policy one of the makers below
 */

/** @type {Readonly<Record<string, Shape>>} */
export const shapes = {
  '150k/10k/10k': {
    namespaces: 10_000,
    workloads: 5,
    replicas: 3,
    policies: 10_000,
    teams: 100,
    unique: false,
    policy: 'mixed',
  },
  '150/10/10': {
    namespaces: 10,
    workloads: 5,
    replicas: 3,
    policies: 10,
    teams: 3,
    unique: false,
    policy: 'mixed',
  },
  '15k/1k/1k': {
    namespaces: 1_000,
    workloads: 5,
    replicas: 3,
    policies: 1_000,
    teams: 100,
    unique: false,
    policy: 'mixed',
  },
  '1500k/10k/10k': {
    namespaces: 10_000,
    workloads: 5,
    replicas: 30,
    policies: 10_000,
    teams: 100,
    unique: false,
    policy: 'mixed',
  },
  '100k/25k/75k': {
    namespaces: 25_000,
    workloads: 2,
    replicas: 2,
    policies: 75_000,
    teams: 250,
    unique: false,
    policy: 'local',
  },
  '3500/1k/12k': {
    namespaces: 1_000,
    workloads: 2,
    replicas: 2,
    policies: 12_000,
    teams: 50,
    unique: false,
    policy: 'mixed',
  },
  '10k/1/10k': {
    namespaces: 1,
    workloads: 100,
    replicas: 100,
    policies: 10_000,
    teams: 1,
    unique: false,
    policy: 'local',
  },
  '150k/50/5k': {
    namespaces: 50,
    workloads: 600,
    replicas: 5,
    policies: 5_000,
    teams: 10,
    unique: true,
    policy: 'mixed',
  },
};

const name = (index) => `ns-${index}`;

/** @param {Shape} shape @param {number} seed */
export function* recordsOf(shape, seed) {
  const random = randomOf(seed);
  let address = 0x0a000001;
  for (let n = 0; n < shape.namespaces; n += 1) {
    const labels = new Map([
      ['kubernetes.io/metadata.name', name(n)],
      ['team', `team-${n % shape.teams}`],
      ['env', n % 5 === 0 ? 'prod' : 'dev'],
    ]);
    yield { kind: 'Namespace', name: name(n), labels, terminating: false };
    for (let w = 0; w < shape.workloads; w += 1) {
      const app = `app-${w}`;
      const ports = [{ name: 'http', protocol: 'TCP', number: 8080 + (w % 3), certain: true }];
      yield {
        kind: 'ReplicaSet',
        namespace: name(n),
        name: `${app}-5d9c7b8f6`,
        owner: { kind: 'Deployment', name: app },
        replicas: shape.replicas,
        finished: false,
        template: { ...template, labels: new Map([['app', app]]), ports },
      };
      for (let p = 0; p < shape.replicas; p += 1) {
        const own = shape.unique ? [['unique', `${n}-${w}-${p}`]] : [];
        const labels = [['app', app], ['tier', `tier-${w % 3}`], ['pod-template-hash', '5d9c7b8f6'], ...own];
        yield {
          ...template,
          kind: 'Pod',
          namespace: name(n),
          name: `${app}-5d9c7b8f6-${p}`,
          labels: new Map(labels),
          ports,
          owner: { kind: 'ReplicaSet', name: `${app}-5d9c7b8f6` },
          node: `node-${address % 5_000}`,
          addresses: [addressText(address)],
          finished: false,
          terminating: false,
        };
        address += 1;
      }
    }
  }
  for (let i = 0; i < shape.policies; i += 1)
    yield recordOf(policyOf(shape, random, i % shape.namespaces, `policy-${i}`));
}

const template = {
  annotations: new Map(),
  probePorts: [],
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  serviceAccount: 'default',
  automountToken: null,
};

const addressText = (value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** @param {object} object a NetworkPolicy as JSON */
export function recordOf(object) {
  const policy = decodeNetworkPolicy(object);
  return { kind: 'NetworkPolicy', namespace: policy.namespace, name: policy.name, policy, problem: null };
}

/** A policy of the shape's sort in one namespace. */
export function policyOf(shape, random, namespace, policyName) {
  const spec = makers[shape.policy](shape, random, namespace);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: policyName, namespace: name(namespace) },
    spec,
  };
}

const int = (random, below) => Math.floor(random() * below);
const app = (shape, random) => ({ matchLabels: { app: `app-${int(random, shape.workloads)}` } });

const peers = [
  (shape, random) => ({ podSelector: app(shape, random) }),
  (shape, random) => ({
    namespaceSelector: {
      matchLabels: { 'kubernetes.io/metadata.name': name(int(random, shape.namespaces)) },
    },
    podSelector: app(shape, random),
  }),
  (shape, random) => ({ namespaceSelector: { matchLabels: { team: `team-${int(random, shape.teams)}` } } }),
  (shape, random) => ({
    namespaceSelector: { matchLabels: { team: `team-${int(random, shape.teams)}` } },
    podSelector: app(shape, random),
  }),
  (_, random) => ({ ipBlock: { cidr: `10.${int(random, 4)}.${int(random, 256)}.0/24` } }),
  () => ({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.169.254/32'] } }),
];

function clause(shape, random, key) {
  const chosen = Array.from({ length: 1 + int(random, 2) }, () => peers[int(random, peers.length)]);
  const ports = [
    { port: 8080 },
    { port: 'http' },
    { port: 8000, endPort: 8100 },
    { port: 53, protocol: 'UDP' },
  ];
  return { [key]: chosen.map((make) => make(shape, random)), ports: [ports[int(random, ports.length)]] };
}

const makers = {
  /** A fifth denies by default; the rest admits one or two peers of all sorts to one workload, a third both ways. */
  mixed(shape, random) {
    if (random() < 0.2)
      return { podSelector: {}, policyTypes: random() < 0.5 ? ['Ingress'] : ['Ingress', 'Egress'] };
    const ways = random() < 0.3 ? ['Ingress', 'Egress'] : random() < 0.7 ? ['Ingress'] : ['Egress'];
    return {
      podSelector: random() < 0.15 ? {} : app(shape, random),
      policyTypes: ways,
      ...(ways.includes('Ingress') ? { ingress: [clause(shape, random, 'from')] } : {}),
      ...(ways.includes('Egress') ? { egress: [clause(shape, random, 'to')] } : {}),
    };
  },
  /** Everything inside one namespace, as most policies of large clusters are. */
  local(shape, random) {
    return {
      podSelector: app(shape, random),
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: app(shape, random) }], ports: [{ port: 8080 }] }],
    };
  },
};
