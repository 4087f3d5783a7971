// Names of clusters. A name is PODS-NAMESPACES-POLICIES, a colon, and what every policy looks like, as seven numbers:
//
//     LOCAL_PODS-SINGLE_PORTS-PORT_RANGES-POD_SELECTORS-PEER_NAMESPACES-PEER_PODS-CIDRS
//
// A policy selects LOCAL_PODS pods of its namespace. Its one clause has SINGLE_PORTS ports and PORT_RANGES ranges of
// ports, and as peers POD_SELECTORS selectors, each of which matches PEER_PODS pods in each of PEER_NAMESPACES
// namespaces (0: in the policy's own), and CIDRS blocks of addresses. In place of the seven numbers stands a word where
// the policies differ from each other. 10k is 10,000, and 1.5m is 1,500,000.
//
// This code for policies is the one that others use to name what they measure, so that shapes can be compared.

/**
 * @typedef {object} PolicyProfile
 * @property {number} localPods
 * @property {number} singlePorts
 * @property {number} portRanges
 * @property {number} podSelectors
 * @property {number} peerNamespaces
 * @property {number} peerPods
 * @property {number} cidrs
 */

/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {number} pods in all
 * @property {number} namespaces
 * @property {number} policies in all
 * @property {'plain' | 'real' | 'groups'} population how pods come about: see cluster-pods.mjs
 * @property {number} workloads different values of the label `app`, in each namespace
 * @property {number} replicas pods of a workload
 * @property {number} teams different values of the namespaces' label `team`
 * @property {boolean} unique does every pod carry a label of its own?
 * @property {string} policy a maker of cluster-policies.mjs
 * @property {PolicyProfile | null} profile for the maker `profile`
 */

const fields = [
  'localPods',
  'singlePorts',
  'portRanges',
  'podSelectors',
  'peerNamespaces',
  'peerPods',
  'cidrs',
];
const profileForm = 'LOCAL_PODS-SINGLE_PORTS-PORT_RANGES-POD_SELECTORS-PEER_NAMESPACES-PEER_PODS-CIDRS';
/** Ports, ranges and peers of one clause: what fits into an object of 1.5 MiB, the most that etcd takes. */
const listMax = 5_000;

/** Every pod of a namespace is one of five workloads with three replicas, and policies are of all sorts. */
const plain = { population: 'plain', workloads: 5, replicas: 3, teams: 100, unique: false, policy: 'mixed' };

/** @param {string} name @param {Partial<Shape> & {namespaces: number, policies: number}} given @returns {Shape} */
function plainShape(name, given) {
  const shape = { ...plain, profile: null, ...given };
  return { name, pods: shape.namespaces * shape.workloads * shape.replicas, ...shape };
}

const perNamespace = ({ pods, namespaces }) => Math.max(1, Math.floor(pods / namespaces));

/** @type {Readonly<Record<string, (base: object) => Shape>>} */
const words = {
  typical: (base) => ({ ...base, ...plain, population: 'real', policy: 'real' }),
  mixed: (base) => ({ ...base, ...plain, ...even(base, 3) }),
  /** Five pods a workload: 600 workloads where a namespace has 3,000 pods. */
  unique: (base) => ({ ...base, ...plain, ...even(base, 5), teams: 10, unique: true }),
  excepts: (base) => ({ ...base, ...plain, ...even(base, 3), policy: 'excepts' }),
};

/** At least two workloads in each namespace that has two pods. */
function even(base, replicas) {
  const each = Math.min(replicas, Math.ceil(perNamespace(base) / 2));
  return {
    replicas: each,
    workloads: Math.ceil(perNamespace(base) / each),
    teams: Math.min(100, base.namespaces),
  };
}

/** Clusters of equal workloads, by the names that they have always had. */
const plainShapes = {
  '150k/10k/10k': { namespaces: 10_000, policies: 10_000 },
  '150/10/10': { namespaces: 10, policies: 10, teams: 3 },
  '15k/1k/1k': { namespaces: 1_000, policies: 1_000 },
  '1500k/10k/10k': { namespaces: 10_000, policies: 10_000, replicas: 30 },
  '100k/25k/75k': {
    namespaces: 25_000,
    policies: 75_000,
    workloads: 2,
    replicas: 2,
    teams: 250,
    policy: 'local',
  },
  '3500/1k/12k': { namespaces: 1_000, policies: 12_000, workloads: 2, replicas: 2, teams: 50 },
  '10k/1/10k': {
    namespaces: 1,
    policies: 10_000,
    workloads: 100,
    replicas: 100,
    teams: 1,
    policy: 'local',
  },
  '150k/50/5k': {
    namespaces: 50,
    policies: 5_000,
    workloads: 600,
    replicas: 5,
    teams: 10,
    unique: true,
  },
};

/** What the named shapes stand for, and why they are measured. */
export const named = {
  typical: { code: '150k-10k-10k:typical', about: 'as large as Kubernetes supports, workloads of all sorts' },
  'typical-small': { code: '1500-100-100:typical', about: 'the same, a hundredth of it' },
  antrea: {
    code: '100k-25k-75k:2-1-0-1-0-2-0',
    about: 'the shape of the performance test of Antrea, in which every policy stays in its namespace',
  },
  dense: { code: '3500-1k-12k:mixed', about: 'many more policies than pods, as users of Calico reported it' },
  'one-namespace': { code: '10k-1-10k:100-1-0-1-0-100-0', about: 'everything in one namespace' },
  adversarial: {
    code: '150k-50-5k:unique',
    about: '50 namespaces of 3,000 pods, the most that Kubernetes supports, a label of its own on every pod',
  },
  excepts: { code: '15k-1k-1k:excepts', about: 'every tenth policy has a block with 1,000 exceptions' },
  'many-ports': { code: '15k-1k-1k:3-500-0-1-1-3-0', about: '500 ports in every clause' },
  everything: {
    code: '15k-1k-1k:15-0-0-1-1000-15-0',
    about: 'every policy selects its whole namespace and admits every pod of every namespace',
  },
};

/** @type {Readonly<Record<string, Shape>>} */
export const shapes = Object.fromEntries([
  ...Object.entries(plainShapes).map(([name, given]) => [name, plainShape(name, given)]),
  ...Object.entries(named).map(([name, { code }]) => [name, { ...shapeOfCode(code), name }]),
]);

/** The shape of a name. Throws an Error that says what is wrong with it. @param {string} name @returns {Shape} */
export function shapeOf(name) {
  const known = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  return known ?? shapeOfCode(name);
}

/** @param {string} code @returns {Shape} */
function shapeOfCode(code) {
  const wrong = (why) =>
    new Error(
      `${JSON.stringify(code)} names no cluster: ${why}. ` +
        `A name is PODS-NAMESPACES-POLICIES:${profileForm}, for example 150k-10k-10k:3-1-0-1-1-3-0, ` +
        `the same with a word for the policies (${Object.keys(words).join(', ')}), or one of ` +
        `${[...Object.keys(named), ...Object.keys(plainShapes)].join(', ')}`,
    );
  const [size, policy, ...rest] = code.split(':');
  if (policy === undefined || rest.length > 0) throw wrong('it needs one colon after the three sizes');
  const sizes = size.split('-').map(numberOf);
  if (sizes.length !== 3) throw wrong(`it has ${sizes.length} sizes in place of three`);
  if (sizes.includes(null)) throw wrong('a size is no whole number like 500, 150k or 1.5m');
  const [pods, namespaces, policies] = sizes;
  if (namespaces < 1) throw wrong('it has no namespace');
  const base = { name: code, pods, namespaces, policies, profile: null };
  if (Object.hasOwn(words, policy)) return words[policy](base);
  const numbers = policy.split('-').map(numberOf);
  if (numbers.length !== 7) throw wrong(`${JSON.stringify(policy)} is neither a word nor seven numbers`);
  if (numbers.includes(null)) throw wrong('one of the seven is no whole number');
  const profile = Object.fromEntries(fields.map((field, index) => [field, numbers[index]]));
  const problem = problemOf(profile, Math.floor(pods / namespaces), namespaces);
  if (problem !== null) throw wrong(problem);
  return grouped(base, profile);
}

/** @param {PolicyProfile} profile @param {number} pods of a namespace @param {number} namespaces */
function problemOf(profile, pods, namespaces) {
  for (const field of ['localPods', 'peerPods'])
    if (profile[field] > pods) return `${profile[field]} pods cannot be selected in a namespace of ${pods}`;
  if (profile.peerNamespaces > namespaces)
    return `${profile.peerNamespaces} namespaces cannot be selected among ${namespaces}`;
  const longest = Math.max(profile.singlePorts, profile.portRanges, profile.podSelectors, profile.cidrs);
  return longest > listMax ? `a clause with ${longest} entries does not fit into an object` : null;
}

/** @returns {Shape} */
function grouped(base, profile) {
  const replicas = Math.max(1, profile.localPods);
  const workloads = Math.max(1, Math.floor(perNamespace(base) / replicas));
  return {
    ...base,
    population: 'groups',
    workloads,
    replicas,
    teams: 1,
    unique: false,
    policy: 'profile',
    profile,
  };
}

/** @param {string} text @returns {number | null} */
function numberOf(text) {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([km]?)$/.exec(text) ?? [];
  const value = Number(digits) * { k: 1_000, m: 1_000_000, '': 1 }[unit ?? ''];
  return Number.isInteger(value) ? value : null;
}
