/**
 * Random clusters and flows for property tests, from a seed: small, but with every shape that the API server
 * sends and that an evaluator can get wrong. The objects are valid apart from missing defaults.
 */
import { type Address, formatAddress, highest, parseAddress, parseBlock } from './addresses.ts';
import {
  KEYS,
  NAMESPACES,
  PORT_NUMBERS,
  PROTOCOLS,
  randomLabels,
  randomPolicy,
  VALUES,
} from './arbitrary-policy.ts';
import { type Blueprint, blueprint, owned, randomTemplate } from './arbitrary-workload.ts';
import { isLive, nodeAddresses, podAddresses } from './ends.ts';
import type { RefEndpoint } from './evaluator.ts';
import {
  list,
  type Namespace,
  type Node,
  namespaceOf,
  type Pod,
  type PodSpec,
  type Profile,
  type Protocol,
  type RefCluster,
} from './objects.ts';
import type { Rng } from './random.ts';

/** Blocks and addresses as they come; of the flags that few plugins set, most often none, sometimes several. */
export function randomProfile(rng: Rng): Profile {
  const rare = <T>(usual: T, ...others: T[]): T => (rng.chance(0.12) ? rng.pick(others) : usual);
  const unselectedPods = rng.pick(['open', 'open', 'open', 'closed'] as const);
  return {
    // Where unselected pods are closed, isolation is no event, whoever else it may depend on.
    enforcement: unselectedPods === 'closed' || rng.chance(0.95) ? 'yes' : rng.pick(['no', 'unknown']),
    standalonePods: unselectedPods === 'closed' ? 'governed' : rare('governed', 'not-governed', 'unknown'),
    ipBlockPods: rng.pick(['matches', 'does-not-match', 'unknown']),
    ipBlockNodes: rng.pick(['matches', 'does-not-match', 'unknown']),
    ipv4AnyAddress: rare('ipv4', 'every-family', 'unknown'),
    ipFamilies: rare('both', 'ipv4', 'ipv6', 'unknown'),
    endPort: rare('range', 'first-port', 'unknown'),
    sctp: rare('supported', 'unsupported', 'unknown'),
    namedPortEgress: rare('resolves', 'ignored', 'unknown'),
    hostNetworkPeers: rare('no', 'yes', 'unknown'),
    negativeNamespaces: rare('pods-only', 'also-outside', 'unknown'),
    ownNodeToPod: rare('allowed', 'by-policy', 'unknown'),
    podToOwnNode: rare('by-policy', 'allowed', 'blocked', 'unknown'),
    strayDirectionRules: rng.pick(['ignore', 'ignore', 'ignore', 'enforce', 'enforce', 'unknown']),
    unselectedPods,
  };
}

/** The addresses a pod may have: `slot`, from 0 on, keeps them apart. */
function addresses(rng: Rng, slot: number): string[] {
  const [high, low] = [(slot + 1) >> 8, (slot + 1) & 0xff];
  const [v4, v6] = [`10.0.${high}.${low}`, `fd00::${(slot + 1).toString(16)}`];
  return [...rng.pick([[v4], [v4], [v4], [v6], [v4, v6], [v6, v4]])];
}

function pod(rng: Rng, from: Blueprint, name: string, slot: number, nodes: Node[]): Pod {
  const deviating = rng.chance(0.12) ? { [rng.pick(KEYS)]: rng.pick(VALUES) } : {};
  const labels = { ...from.template.metadata?.labels, ...from.added, ...deviating };
  const phase = rng.pick([
    'Running',
    'Running',
    'Running',
    'Running',
    'Running',
    'Pending',
    'Pending',
    'Succeeded',
    'Failed',
  ]);
  const node = nodes.length > 0 && (phase !== 'Pending' || rng.chance(0.5)) ? rng.pick(nodes) : undefined;
  const spec: PodSpec = { ...from.template.spec };
  if (node !== undefined) spec.nodeName = node.metadata.name;
  const host = spec.hostNetwork === true;
  const own = host ? list(node?.status?.addresses).map(({ address }) => address) : addresses(rng, slot);
  const ips = phase === 'Pending' && rng.chance(0.6) ? [] : own;
  const [first] = ips;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: from.namespace,
      uid: `uid-Pod-${name}`,
      ...(Object.keys(labels).length === 0 && rng.chance(0.5) ? {} : { labels }),
      ...owned(from.owner),
    },
    spec,
    status: { phase, ...(first === undefined ? {} : { podIP: first, podIPs: ips.map((ip) => ({ ip })) }) },
  };
}

function node(rng: Rng, index: number): Node {
  const v4 = { type: 'InternalIP', address: `192.168.0.${index + 1}` };
  const v6 = { type: rng.pick(['InternalIP', 'ExternalIP']), address: `fd99::${index + 1}` };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `n${index}` },
    status: { addresses: rng.pick([[v4], [v4], [v6], [v4, v6]]).slice() },
  };
}

/** A Namespace object with random labels, with or without the name label that the API server adds. */
export function randomNamespace(rng: Rng, name: string): Namespace {
  const labels = {
    ...randomLabels(rng),
    ...(rng.chance(0.6) ? { 'kubernetes.io/metadata.name': name } : {}),
  };
  const shape = Object.keys(labels).length === 0 ? rng.pick(['absent', 'null', 'map']) : 'map';
  const written = shape === 'absent' ? {} : { labels: shape === 'null' ? null : labels };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...written } };
}

/** A bare running pod that the cluster does not have yet; undefined when no address is left. */
export function randomPod(rng: Rng, cluster: RefCluster, name: string): Pod | undefined {
  const used = new Set(cluster.pods.flatMap(podAddresses).map(({ value }) => Number(value & 0xffffn)));
  const slots = Math.max(15, cluster.pods.length + 8);
  const slot = Array.from({ length: slots }, (_, i) => i).find((each) => !used.has(each + 1));
  if (slot === undefined) return undefined;
  const base = { objects: [], owner: undefined, template: randomTemplate(rng), added: {} };
  return pod(rng, { ...base, namespace: rng.pick(NAMESPACES) }, name, slot, cluster.nodes);
}

/** How much of everything there is at most. */
export interface ClusterSize {
  readonly namespaces: number;
  readonly workloads: number;
  readonly pods: number;
  readonly policies: number;
}

export const usualSize: ClusterSize = { namespaces: 4, workloads: 5, pods: 8, policies: 5 };

/** A random cluster of at least one namespace and one workload, of 0–2 nodes, and at most of the size. */
export function randomCluster(rng: Rng, size: ClusterSize = usualSize): RefCluster {
  const more = Array.from({ length: Math.max(0, size.namespaces - NAMESPACES.length) }, (_, i) => `ns${i}`);
  const names = [...NAMESPACES, ...more].slice(0, 1 + rng.int(size.namespaces));
  const nodes = rng.many(0, 2, (i) => node(rng, i));
  const blueprints = rng.many(1, size.workloads, (i) => blueprint(rng, rng.pick(names), `w${i}`));
  const pods: Pod[] = [];
  const used = [...blueprints.map(({ namespace }) => namespace), ...names];
  const offset = rng.int(7);
  for (const [i, from] of blueprints.entries()) {
    const most = from.owner === undefined ? 1 : 3;
    for (let n = rng.int(most + 1); n > 0 && pods.length < size.pods; n--) {
      pods.push(pod(rng, from, `w${i}-${n}`, offset + pods.length, nodes));
    }
  }
  const foreign = rng.chance(0.05)
    ? [
        rng.chance(0.7)
          ? { kind: 'CiliumNetworkPolicy', namespace: rng.pick(names) }
          : { kind: 'AdminNetworkPolicy', namespace: null },
      ]
    : [];
  return {
    namespaces: names.filter(() => rng.chance(0.85)).map((name) => randomNamespace(rng, name)),
    pods,
    nodes,
    policies: rng.many(0, size.policies, (i) => randomPolicy(rng, rng.pick(used), `p${i}`)),
    workloads: blueprints.flatMap(({ objects }) => objects),
    foreign,
    profile: randomProfile(rng),
  };
}

export interface RefFlow {
  src: RefEndpoint;
  dst: RefEndpoint;
  protocol: Protocol;
  port: number;
}

/** An address that no pod or node owns, more often than not at a boundary of a block of some policy. */
function externalAddress(rng: Rng, cluster: RefCluster): string {
  const taken = [
    ...cluster.pods.filter(isLive).flatMap(podAddresses),
    ...cluster.nodes.flatMap(nodeAddresses),
  ];
  const blocks = cluster.policies
    .flatMap(({ spec }) => [...list(spec?.ingress), ...list(spec?.egress)])
    .flatMap((clause) => [...list(clause.from), ...list(clause.to)])
    .flatMap((peer) => (peer.ipBlock ? [peer.ipBlock.cidr, ...list(peer.ipBlock.except)] : []));
  const isTaken = ({ family, value }: Address) =>
    taken.some((each) => each.family === family && each.value === value);
  const candidates = ['203.0.113.7', '10.0.0.200', '2001:db8::7', '::ffff:10.0.0.200'].map(parseAddress);
  if (blocks.length > 0) {
    const { family, first, last } = parseBlock(rng.pick(blocks));
    for (const value of [first - 1n, first, last, last + 1n]) {
      if (value >= 0n && value <= highest(family)) candidates.push({ family, value });
    }
  }
  return formatAddress(rng.pick(candidates.filter((address) => !isTaken(address))));
}

/** A random connection between live pods, nodes and external addresses, on a port that something mentions. */
export function randomFlow(rng: Rng, cluster: RefCluster): RefFlow {
  const pods = cluster.pods.filter(isLive);
  const end = (mostlyPods: number): RefEndpoint => {
    if (pods.length > 0 && rng.chance(mostlyPods)) {
      const chosen = rng.pick(pods);
      return { pod: `${namespaceOf(chosen)}/${chosen.metadata.name}` };
    }
    const node = cluster.nodes.length > 0 && rng.chance(0.35) ? rng.pick(cluster.nodes) : undefined;
    return node === undefined ? { ip: externalAddress(rng, cluster) } : { node: node.metadata.name };
  };
  const src = end(0.7);
  const dst = end('pod' in src ? 0.7 : 0.95);
  const port = rng.pick([1, ...PORT_NUMBERS, ...PORT_NUMBERS, 54, 81, 180, 8000, 8100, 65535]);
  return { src, dst, protocol: rng.pick(['TCP', ...PROTOCOLS]), port };
}
