import type { Clause, Peer, PortTerm } from '../model/policy.ts';
import { pinnedValue } from '../model/selector.ts';
import { nodeLocalResolver } from '../platform/resolvers.ts';
import { parseAddress } from '../sets/addresses.ts';
import { blockHolds } from '../world/unit.ts';

/** Ports that resolvers listen on: 53, and 5353 for the pods of OpenShift's DNS. */
const dnsPorts: readonly number[] = [53, 5353];
const dnsNames: ReadonlySet<string> = new Set(['kube-dns', 'coredns', 'node-local-dns', 'dns-default']);
const nameKeys = ['k8s-app', 'app', 'app.kubernetes.io/name', 'dns.operator.openshift.io/daemonset-dns'];
const nodeLocalAddress = parseAddress(nodeLocalResolver);

/** An egress clause that allows nothing but DNS: all its ports are ports of resolvers. */
export function isDnsOnly({ direction, ports }: Clause): boolean {
  return direction === 'egress' && ports !== 'any' && ports.length > 0 && ports.every(isDnsTerm);
}

/** Evidently meant for DNS: by its ports, or by a peer with a label that resolvers bear. */
export function isMeantForDns(clause: Clause): boolean {
  if (clause.direction === 'ingress') return false;
  return isDnsOnly(clause) || (clause.peers !== 'any' && clause.peers.some(isResolverPeer));
}

function isDnsTerm(term: PortTerm): boolean {
  if (term.protocol === 'SCTP') return false;
  if (term.kind === 'named') return term.name.startsWith('dns');
  return term.from === term.to && dnsPorts.includes(term.from);
}

function isResolverPeer(peer: Peer): boolean {
  if (peer.kind === 'block') return false;
  return nameKeys.some((key) => dnsNames.has(pinnedValue(peer.pods, key) ?? ''));
}

/** Does the clause allow DNS to the address of the node-local cache? */
export function allowsNodeLocal({ peers, ports }: Clause): boolean {
  const address = nodeLocalAddress;
  if (ports !== 'any' && !ports.some(allows53)) return false;
  if (peers === 'any' || address === null) return true;
  return peers.some((peer) => peer.kind === 'block' && blockHolds(peer.block, address));
}

function allows53(term: PortTerm): boolean {
  return term.kind === 'range' && term.protocol !== 'SCTP' && term.from <= 53 && 53 <= term.to;
}
