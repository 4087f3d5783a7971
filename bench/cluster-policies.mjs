// What the policies of a cluster look like: each maker gives the `spec` of one, as JSON.
import { int, oneOf } from './random.mjs';

/** @typedef {import('./cluster-names.mjs').Shape} Shape */

/** @param {number} index */
export const namespaceName = (index) => `ns-${index}`;

const app = (shape, random) => ({ matchLabels: { app: `app-${int(random, shape.workloads)}` } });
const team = (shape, random) => ({ matchLabels: { team: `team-${int(random, shape.teams)}` } });
const byName = (name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });

const peers = [
  (shape, random) => ({ podSelector: app(shape, random) }),
  (shape, random) => ({
    namespaceSelector: byName(namespaceName(int(random, shape.namespaces))),
    podSelector: app(shape, random),
  }),
  (shape, random) => ({ namespaceSelector: team(shape, random) }),
  (shape, random) => ({ namespaceSelector: team(shape, random), podSelector: app(shape, random) }),
  (_, random) => ({ ipBlock: { cidr: `10.${int(random, 4)}.${int(random, 256)}.0/24` } }),
  () => ({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.169.254/32'] } }),
];

function clause(shape, random, key) {
  const chosen = Array.from({ length: 1 + int(random, 2) }, () => oneOf(random, peers));
  const ports = [
    { port: 8080 },
    { port: 'http' },
    { port: 8000, endPort: 8100 },
    { port: 53, protocol: 'UDP' },
  ];
  return { [key]: chosen.map((make) => make(shape, random)), ports: [oneOf(random, ports)] };
}

const dns = {
  to: [{ namespaceSelector: byName('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};

/** What teams write beside the mixed sort. */
const usual = [
  // Resolving names and calling one another inside the namespace.
  () => ({ podSelector: {}, policyTypes: ['Egress'], egress: [dns, { to: [{ podSelector: {} }] }] }),
  // Scrapes of what offers metrics, from one place.
  () => ({
    podSelector: { matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'Exists' }] },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: byName('ns-1') }], ports: [{ port: 'metrics' }] }],
  }),
  // Two workloads, or all but one.
  (shape, random) => ({
    podSelector: {
      matchExpressions: [
        {
          key: 'app',
          operator: 'In',
          values: [`app-${int(random, shape.workloads)}`, `app-${int(random, shape.workloads)}`],
        },
      ],
    },
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [
          { podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['tier-2'] }] } },
        ],
      },
    ],
  }),
  // One stage of all environments of a team.
  (shape, random) => ({
    podSelector: app(shape, random),
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [
          {
            namespaceSelector: {
              matchLabels: { team: `team-${int(random, shape.teams)}` },
              matchExpressions: [{ key: 'env', operator: 'In', values: ['prod'] }],
            },
          },
        ],
        ports: [{ port: 'http' }],
      },
    ],
    egress: [dns, { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] } }] }],
  }),
];

/** @type {Readonly<Record<string, (shape: Shape, random: () => number, namespace: number, name: string) => object>>} */
export const makers = {
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
  /** Three of ten are of the sorts that teams copy from each other, the others mixed. */
  real(shape, random) {
    return random() < 0.3 ? oneOf(random, usual)(shape, random) : makers.mixed(shape, random);
  },
  /** Mixed, but no block holds a pod: where there are more pods, their classes stay the same. */
  labels(shape, random) {
    const outside = (_, value) =>
      typeof value === 'string' ? value.replace(/^10\.\d+\./, '198.51.') : value;
    return JSON.parse(JSON.stringify(makers.mixed(shape, random), outside));
  },
  /** Everything inside one namespace, as most policies of large clusters are. */
  local(shape, random) {
    return {
      podSelector: app(shape, random),
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: app(shape, random) }], ports: [{ port: 8080 }] }],
    };
  },
  /** Every tenth lets the whole network in but for 1,000 blocks of it; the others are mixed. */
  excepts(shape, random, namespace) {
    if (namespace % 10 !== 0) return makers.mixed(shape, random);
    const first = int(random, 16);
    const except = Array.from(
      { length: 1000 },
      (_, i) => `10.${first + (i >> 6)}.${(i & 63) * 4}.${(i % 2) * 128}/25`,
    );
    return {
      podSelector: app(shape, random),
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except } }], ports: [{ port: 8080 }] }],
    };
  },
  profile: ofProfile,
};

/** Exactly what the seven numbers say. Every second policy is about ingress, the others about egress. */
function ofProfile(shape, random, namespace, name) {
  const { localPods, singlePorts, portRanges, cidrs } = shape.profile;
  const egress = Number(/\d+$/.exec(name)?.[0] ?? namespace) % 2 === 1;
  const ports = [
    ...Array.from({ length: singlePorts }, (_, i) => ({ port: 8080 + 2 * i })),
    ...Array.from({ length: portRanges }, (_, i) => ({ port: 30_000 + 10 * i, endPort: 30_005 + 10 * i })),
  ];
  const list = [
    ...Array.from({ length: shape.profile.podSelectors }, () => peerOf(shape, random)),
    ...Array.from({ length: cidrs }, (_, i) => ({
      ipBlock: { cidr: `${i % 2 === 0 ? 10 : 198}.${int(random, 64)}.${int(random, 256)}.0/24` },
    })),
  ];
  const rule = {
    ...(list.length > 0 ? { [egress ? 'to' : 'from']: list } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
  return {
    podSelector: localPods === 0 ? { matchLabels: { app: 'nobody' } } : app(shape, random),
    policyTypes: [egress ? 'Egress' : 'Ingress'],
    ...(egress ? { egress: [rule] } : { ingress: [rule] }),
  };
}

/** Groups of pods and of namespaces carry labels of their own: see `groups` in cluster-pods.mjs. */
function peerOf(shape, random) {
  const { peerNamespaces, peerPods } = shape.profile;
  const perNamespace = Math.floor(shape.pods / shape.namespaces);
  const groups = Math.floor(perNamespace / Math.max(1, peerPods));
  const value = peerPods === 0 ? 'nobody' : `g-${int(random, Math.max(1, groups))}`;
  const podSelector = { matchLabels: { 'peer-group': value } };
  if (peerNamespaces === 0) return { podSelector };
  const rings = Math.max(1, Math.floor(shape.namespaces / peerNamespaces));
  return { namespaceSelector: { matchLabels: { ring: `r-${int(random, rings)}` } }, podSelector };
}
