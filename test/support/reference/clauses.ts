/**
 * What one policy says: whom it governs, which peers and which ports its clauses match.
 *
 * Every question is answered no, maybe or yes, held as 0, 1 and 2, so that "or" is the maximum and "and" the
 * minimum (Kleene). NetworkPolicy only allows and negates nothing, so that is exact: the *must* reading
 * of a question is "is it yes", the *may* reading "is it not no".
 */
import { type Address, inBlock, parseBlock } from './addresses.ts';
import type { End } from './ends.ts';
import {
  type Clause,
  entries,
  type IpBlock,
  type LabelSelector,
  type Labels,
  list,
  type NetworkPolicy,
  namespaceOf,
  type Peer,
  type PodSpec,
  type PolicyPort,
  type Profile,
  type Protocol,
  type RefCluster,
} from './objects.ts';

export type Answer = 0 | 1 | 2;
export const NO = 0;
export const MAYBE = 1;
export const YES = 2;

export type Direction = 'Ingress' | 'Egress';

/** All that answers know of a cluster beside policies and ends. */
type Under = Pick<RefCluster, 'profile'>;

/** "Peers OR'd, ports OR'd", clauses and policies OR'd: yes if one says yes; no if all do or there is none. */
export const any = (answers: Answer[]): Answer => Math.max(NO, ...answers) as Answer;
/** "Then peers AND ports", and egress of the source AND ingress of the destination. */
export const both = (a: Answer, b: Answer): Answer => Math.min(a, b) as Answer;

/**
 * "matchLabels entries and matchExpressions all AND'd. NotIn and DoesNotExist match objects that lack the
 * key. Values are exact strings." An empty selector selects everything.
 */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  const has = (key: string) => Object.hasOwn(labels, key);
  for (const [key, value] of entries(selector.matchLabels)) {
    if (!has(key) || labels[key] !== value) return false;
  }
  for (const { key, operator, values } of list(selector.matchExpressions)) {
    const within = has(key) && list(values).includes(labels[key] as string);
    if (operator === 'In' && !within) return false;
    if (operator === 'NotIn' && within) return false;
    if (operator === 'Exists' && !has(key)) return false;
    if (operator === 'DoesNotExist' && has(key)) return false;
  }
  return true;
}

/** A direction's clauses; `ingress[i]` and `egress[i]` of the policy. */
export function clausesOf(policy: NetworkPolicy, direction: Direction): Clause[] {
  return list(direction === 'Ingress' ? policy.spec?.ingress : policy.spec?.egress);
}

/**
 * Does a policy isolate the pods it selects in a direction? "Only when the list has length 0: set [Ingress], and
 * append Egress iff len(egress) != 0." "When the list is non-empty nothing is inferred", except under a plugin that
 * enforces the clauses of an unlisted direction.
 */
function speaksOf(policy: NetworkPolicy, direction: Direction, profile: RefCluster['profile']): Answer {
  const written: Direction[] = list(policy.spec?.policyTypes);
  const hasClauses = clausesOf(policy, direction).length > 0;
  if (written.length === 0) return direction === 'Ingress' || hasClauses ? YES : NO;
  if (written.includes(direction)) return YES;
  return hasClauses
    ? ({ ignore: NO, enforce: YES, unknown: MAYBE }[profile.strayDirectionRules] as Answer)
    : NO;
}

/**
 * "Pod P is isolated for ingress (egress) iff some NetworkPolicy in P's namespace selects P and has Ingress
 * (Egress) in its effective policyTypes." An absent spec.podSelector is `{}`: all pods of the namespace.
 */
export function governs(cluster: Under, policy: NetworkPolicy, direction: Direction, end: End): Answer {
  if (end.sort !== 'pod' || namespaceOf(policy) !== end.namespace) return NO;
  if (!selects(policy.spec?.podSelector ?? {}, end.labels)) return NO;
  return speaksOf(policy, direction, cluster.profile);
}

/** Does the plugin enforce policies on this pod? Some leave out pods that nothing owns. */
export function enforced({ enforcement, standalonePods }: Profile, end: End): Answer {
  const everywhere = { yes: YES, no: NO, unknown: MAYBE }[enforcement] as Answer;
  if (end.owned) return everywhere;
  return both(everywhere, { governed: YES, 'not-governed': NO, unknown: MAYBE }[standalonePods] as Answer);
}

/** What holds whichever of two readings is right. */
export const either = (a: Answer, b: Answer): Answer => (a === b ? a : MAYBE);

/** An ipBlock and what the plugin makes of it: it may add a block for IPv6 and may leave out a family. */
function ipBlockTest(cluster: Under, block: IpBlock): (end: End) => Answer {
  const { ipv4AnyAddress, ipFamilies } = cluster.profile;
  const { family, prefix } = parseBlock(block.cidr);
  const heeded = (of: number): Answer =>
    ipFamilies === 'both' ? YES : ipFamilies === 'unknown' ? MAYBE : ipFamilies === `ipv${of}` ? YES : NO;
  const tests = [cap(heeded(family), blockTest(cluster, block))];
  if (family === 4 && prefix === 0 && list(block.except).length === 0) {
    const added = { ipv4: NO, 'every-family': YES, unknown: MAYBE }[ipv4AnyAddress] as Answer;
    tests.push(cap(both(added, heeded(6)), blockTest(cluster, { cidr: '::/0' })));
  }
  return (end) => any(tests.map((test) => test(end)));
}

/** A test that says at most so much. */
function cap(most: Answer, test: (end: End) => Answer): (end: End) => Answer {
  return (end) => both(most, test(end));
}

/** Compares an end with an ipBlock, "cidr minus union(except)"; "except only subtracts from its own ipBlock". */
function blockTest(cluster: Under, block: IpBlock): (end: End) => Answer {
  const cidr = parseBlock(block.cidr);
  const excepts = list(block.except).map(parseBlock);
  const contains = (address: Address) =>
    inBlock(cidr, address) && !excepts.some((except) => inBlock(except, address));
  return (end) => {
    const inside = end.addresses.filter(contains).length;
    if (end.sort === 'ip') return inside > 0 ? YES : NO;
    // "ipBlock vs pod IPs / node IPs: undefined or CNI-specific."
    const { ipBlockPods, ipBlockNodes } = cluster.profile;
    const flag = end.sort === 'node' ? ipBlockNodes : ipBlockPods;
    if (flag === 'does-not-match') return NO;
    const match = flag === 'matches' ? YES : MAYBE;
    if (end.sort === 'node') return inside > 0 ? match : NO;
    if (end.addresses.length === 0) {
      // The address is not known yet: only a block that is a whole family is taken to contain it.
      return cidr.prefix === 0 && excepts.length === 0 ? match : MAYBE;
    }
    if (inside === 0) return NO;
    return inside === end.addresses.length ? match : MAYBE;
  };
}

/**
 * "podSelector nil + namespaceSelector set = all pods of those namespaces. podSelector set +
 * namespaceSelector nil = matching pods of the policy's namespace." Both: AND. Selectors match pods only.
 */
function peerTest(cluster: Under, namespace: string, peer: Peer): (end: End) => Answer {
  if (peer.ipBlock) return ipBlockTest(cluster, peer.ipBlock);
  const { podSelector, namespaceSelector } = peer;
  const { hostNetworkPeers, negativeNamespaces } = cluster.profile;
  const negates = list(namespaceSelector?.matchExpressions).some(
    ({ operator }) => operator === 'NotIn' || operator === 'DoesNotExist',
  );
  const outside = (
    negates ? { 'pods-only': NO, 'also-outside': YES, unknown: MAYBE }[negativeNamespaces] : NO
  ) as Answer;
  const host = (podSelector ? { no: NO, yes: YES, unknown: MAYBE }[hostNetworkPeers] : NO) as Answer;
  return (end) => {
    if (!podSelector && !namespaceSelector) return NO;
    if (end.sort === 'ip' || (end.sort === 'node' && end.namespace === '')) return outside;
    const inNamespace = namespaceSelector
      ? selects(namespaceSelector, end.namespaceLabels)
      : end.namespace === namespace;
    const matches = inNamespace && selects(podSelector ?? {}, end.labels) ? YES : NO;
    return end.sort === 'pod' ? matches : any([outside, both(host, matches)]);
  };
}

/** "from/to nil or empty = all peers including outside the cluster"; several peers are OR'd. */
export function peersTest(
  cluster: Under,
  policy: NetworkPolicy,
  direction: Direction,
  clause: Clause,
): (end: End) => Answer {
  const peers = list(direction === 'Ingress' ? clause.from : clause.to);
  if (peers.length === 0) return () => YES;
  const tests = peers.map((peer) => peerTest(cluster, namespaceOf(policy), peer));
  return (end) => any(tests.map((test) => test(end)));
}

/**
 * "Named port resolves per destination pod: container port with that name and that protocol"; not on nodes and
 * addresses. Restartable init containers run beside the others; whether ordinary init containers count differs.
 */
function namedPort(name: string, protocol: Protocol, port: number, destination: End): Answer {
  const spec = destination.containers;
  if (spec === undefined) return NO;
  const declares = (container: PodSpec['containers'][number]) =>
    list(container.ports).some(
      (each) => each.name === name && each.containerPort === port && (each.protocol ?? 'TCP') === protocol,
    );
  const init = list(spec.initContainers);
  if ([...spec.containers, ...init.filter((each) => each.restartPolicy === 'Always')].some(declares))
    return YES;
  return init.some(declares) ? MAYBE : NO;
}

/** A port of a flow, on its way to somebody. */
export interface PortQuestion {
  protocol: Protocol;
  port: number;
  destination: End;
}

/**
 * "protocol nil = TCP. port nil = all ports of that protocol only. endPort: inclusive range [port, endPort]."
 * `names` says whether a name may stand for a port where the entry is written.
 */
function portTest(profile: Profile, entry: PolicyPort, names: Answer): (question: PortQuestion) => Answer {
  const entryProtocol = entry.protocol ?? 'TCP';
  const { port } = entry;
  const test = (question: PortQuestion): Answer => {
    if (port === undefined || port === null) return YES;
    if (typeof port === 'string')
      return both(names, namedPort(port, question.protocol, question.port, question.destination));
    const last = entry.endPort ?? port;
    if (last === port || profile.endPort === 'first-port') return question.port === port ? YES : NO;
    const within = port <= question.port && question.port <= last ? YES : NO;
    return profile.endPort === 'range' ? within : both(MAYBE, within);
  };
  return (question) => (question.protocol === entryProtocol ? test(question) : NO);
}

/** "ports nil or empty = all ports and protocols"; several ports are OR'd. */
export function portsTest(
  { profile }: Under,
  direction: Direction,
  clause: Clause,
): (question: PortQuestion) => Answer {
  const ports = list(clause.ports);
  if (ports.length === 0) return () => YES;
  const names = direction === 'Egress' ? namesIn(profile, clause) : YES;
  const tests = ports.map((entry) => portTest(profile, entry, names));
  const sctp = { supported: YES, unsupported: NO, unknown: MAYBE }[profile.sctp] as Answer;
  return (question) => {
    const heeded = question.protocol === 'SCTP' ? sctp : YES;
    return both(heeded, any(tests.map((test) => test(question))));
  };
}

/** Named ports of egress clauses: "With empty `to` the meaning is ambiguous upstream", and with blocks too. */
function namesIn({ namedPortEgress }: Profile, { to }: Clause): Answer {
  const peers = list(to);
  const blocks = peers.filter(({ ipBlock }) => ipBlock).length;
  if (namedPortEgress === 'resolves' || (peers.length > 0 && blocks === 0)) return YES;
  return namedPortEgress === 'ignored' && blocks === peers.length ? NO : MAYBE;
}
