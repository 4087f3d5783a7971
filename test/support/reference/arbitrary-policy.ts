/** Random NetworkPolicies: valid for the API server, not defaulted, over alphabets small enough to collide. */
import { inBlock, parseAddress, parseBlock } from './addresses.ts';
import type {
  Clause,
  IpBlock,
  LabelSelector,
  Labels,
  NetworkPolicy,
  Peer,
  PolicyPort,
  Requirement,
} from './objects.ts';
import type { Rng } from './random.ts';

/** Keys that every JavaScript object seems to have are valid label keys. */
export const KEYS = ['app', 'tier', 'constructor', 'toString', 'hasOwnProperty'] as const;
export const VALUES = ['a', 'a', 'b', ''] as const;
export const NAMESPACES = ['alpha', 'beta', 'gamma', 'delta'] as const;
export const PORT_NAMES = ['web', 'dns', 'metrics'] as const;
export const PORT_NUMBERS = [53, 80, 443, 8080] as const;
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

const NAME_LABEL = 'kubernetes.io/metadata.name';

export function randomLabels(rng: Rng): Labels {
  const keys = rng.chance(0.6) ? rng.some(KEYS.slice(0, 3), 0.5) : rng.some(KEYS, 0.4);
  return Object.fromEntries(keys.map((key) => [key, rng.pick(VALUES)]));
}

/** The list as written: an empty one may also be absent or null. `field` is the property's name. */
function listField<K extends string, T>(rng: Rng, field: K, items: T[]): { [P in K]?: T[] | null } {
  if (items.length > 0) return { [field]: items } as { [P in K]?: T[] | null };
  const shape = rng.pick(['absent', 'null', 'empty']);
  if (shape === 'absent') return {};
  return { [field]: shape === 'null' ? null : [] } as { [P in K]?: T[] | null };
}

function requirement(rng: Rng, keys: readonly string[], values: readonly string[]): Requirement {
  const key = rng.pick(keys);
  const operator = rng.pick(['In', 'NotIn', 'Exists', 'DoesNotExist']);
  if (operator === 'In' || operator === 'NotIn') {
    return { key, operator, values: rng.many(1, 2, () => rng.pick(values)) };
  }
  return { key, operator, ...listField<'values', string>(rng, 'values', []) };
}

function selector(rng: Rng): LabelSelector {
  const labels = rng.chance(0.5)
    ? { [rng.pick([...KEYS, 'app', 'tier', 'constructor'])]: rng.pick(VALUES) }
    : {};
  const shape = rng.pick(['absent', 'null', 'map']);
  const written = shape === 'absent' ? {} : { matchLabels: shape === 'null' ? null : labels };
  const expressions = rng.chance(0.3) ? rng.many(1, 2, () => requirement(rng, KEYS, VALUES)) : [];
  return { ...written, ...listField(rng, 'matchExpressions', expressions) };
}

function namespaceSelector(rng: Rng): LabelSelector {
  if (rng.chance(0.6)) return selector(rng);
  if (rng.chance(0.5)) return { matchLabels: { [NAME_LABEL]: rng.pick(NAMESPACES) } };
  return { matchExpressions: [requirement(rng, [NAME_LABEL], NAMESPACES)] };
}

/** Blocks near the addresses of pods and nodes, so that they cut through them, and some outside. */
const V4_BASES = [
  '10.0.0.0',
  '10.0.0.4',
  '10.0.0.8',
  '10.0.0.9',
  '192.168.0.0',
  '203.0.113.0',
  '255.255.255.255',
];
const V6_BASES = ['fd00::', 'fd00::4', 'fd00:0:0:0::8', 'FD00::9', 'fd99::', '2001:db8::', '::'];

function block(rng: Rng): IpBlock {
  const v4 = rng.chance(0.65);
  const bits = v4 ? 32 : 128;
  const bases = v4 ? V4_BASES : V6_BASES;
  const base = rng.pick(bases);
  const prefix = rng.pick([0, 0, 8, bits - 8, bits - 4, bits - 3, bits - 2, bits - 1, bits]);
  const exceptCount = prefix < bits && rng.chance(0.5) ? 1 + rng.int(3) : 0;
  const within = bases.filter((each) => inBlock(parseBlock(`${base}/${prefix}`), parseAddress(each)));
  const excepts = Array.from({ length: exceptCount }, () => {
    const longer = bits - rng.int(Math.min(5, bits - prefix));
    return `${rng.pick(within)}/${rng.chance(0.5) ? longer : prefix + 1}`;
  });
  return {
    cidr: `${prefix === 0 && rng.chance(0.7) ? (v4 ? '0.0.0.0' : '::') : base}/${prefix}`,
    ...listField(rng, 'except', excepts),
  };
}

function peer(rng: Rng): Peer {
  if (rng.chance(0.35)) return { ipBlock: block(rng) };
  const shape = rng.pick(['pods', 'namespaces', 'namespaces-null', 'both']);
  if (shape === 'pods') return { podSelector: selector(rng) };
  if (shape === 'namespaces') return { namespaceSelector: namespaceSelector(rng) };
  if (shape === 'namespaces-null')
    return { podSelector: null, namespaceSelector: namespaceSelector(rng), ipBlock: null };
  return { podSelector: selector(rng), namespaceSelector: namespaceSelector(rng) };
}

function policyPort(rng: Rng): PolicyPort {
  const protocol = rng.chance(0.4) ? {} : { protocol: rng.pick(['TCP', 'TCP', 'UDP', 'SCTP', null]) };
  const shape = rng.pick(['number', 'number', 'range', 'name', 'name', 'absent', 'null']);
  if (shape === 'absent') return { ...protocol };
  if (shape === 'null') return { ...protocol, port: null, endPort: null };
  if (shape === 'name') return { ...protocol, port: rng.pick(PORT_NAMES) };
  const port = rng.pick([1, ...PORT_NUMBERS, 8000, 65535]);
  if (shape === 'number') return { ...protocol, port };
  return { ...protocol, port, endPort: Math.min(65535, port + rng.pick([0, 1, 100, 443, 65535])) };
}

function clause(rng: Rng, field: 'from' | 'to'): Clause {
  const peers = rng.chance(0.3) ? [] : rng.many(1, 3, () => peer(rng));
  const ports = rng.chance(0.4) ? [] : rng.many(1, 2, () => policyPort(rng));
  return { ...listField(rng, field, peers), ...listField(rng, 'ports', ports) };
}

function clauses(rng: Rng, field: 'from' | 'to'): Clause[] {
  return rng.chance(0.25) ? [] : rng.many(1, 2, () => clause(rng, field));
}

function policyTypes(rng: Rng): ('Ingress' | 'Egress')[] {
  return [...rng.pick([[], [], ['Ingress'], ['Egress'], ['Ingress', 'Egress'], ['Egress', 'Ingress']])];
}

/** A random policy as a user might write it; now and then the spec is absent or null altogether. */
export function randomPolicy(rng: Rng, namespace: string, name: string): NetworkPolicy {
  const head = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace } };
  if (rng.chance(0.03)) return rng.chance(0.5) ? head : { ...head, spec: null };
  const subject = rng.pick(['absent', 'null', 'empty', 'selector', 'selector', 'selector']);
  const podSelector = subject === 'null' ? null : subject === 'empty' ? {} : selector(rng);
  return {
    ...head,
    spec: {
      ...(subject === 'absent' ? {} : { podSelector }),
      ...listField(rng, 'policyTypes', policyTypes(rng)),
      ...listField(rng, 'ingress', clauses(rng, 'from')),
      ...listField(rng, 'egress', clauses(rng, 'to')),
    },
  };
}

/** The same policy with one small change: a clause more or less, another subject, or other policyTypes. */
export function randomRevision(rng: Rng, policy: NetworkPolicy): NetworkPolicy {
  const spec = { ...policy.spec };
  const what = rng.pick(['ingress', 'egress', 'subject', 'types', 'all']);
  if (what === 'all') return randomPolicy(rng, policy.metadata.namespace ?? 'default', policy.metadata.name);
  if (what === 'subject') spec.podSelector = selector(rng);
  if (what === 'types') spec.policyTypes = policyTypes(rng);
  if (what === 'ingress' || what === 'egress') {
    const old = spec[what] ?? [];
    spec[what] =
      old.length > 0 && rng.chance(0.5)
        ? old.slice(0, -1)
        : [...old, clause(rng, what === 'ingress' ? 'from' : 'to')];
  }
  return { ...policy, spec };
}
