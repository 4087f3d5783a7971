import type { Clause, Peer, PortTerm } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import { rangesOf } from '../sets/addresses.ts';
import { portRuns } from '../sets/port-set.ts';
import { overlaps, piecesOf } from '../sets/ranges.ts';
import { holdsWholeFamily, type Unit } from '../world/unit.ts';
import { coversPeer } from './covers.ts';
import type { PolicyInput } from './rule.ts';
import { peersOf } from './written-clauses.ts';

/** A clause that allows a resolver's port over one protocol. */
export interface DnsGap {
  readonly clause: Clause;
  readonly missing: 'UDP' | 'TCP';
  readonly port: number;
  /** The item was written for DNS: it is that one port. */
  readonly exact: boolean;
  readonly origin: string;
}

/** The resolver's ports that the clause allows over one protocol and not over the other. */
export function gapsIn(input: PolicyInput, clause: Clause): DnsGap[] {
  const terms = clause.ports === 'any' ? [] : clause.ports;
  return dnsPorts(input, clause).flatMap((port): DnsGap[] => {
    const [udp, tcp] = (['UDP', 'TCP'] as const).map((protocol) =>
      terms.filter((term) => term.protocol === protocol && allows(term, port)),
    );
    const [given, missing] = tcp?.length === 0 ? [udp, 'TCP' as const] : [tcp, 'UDP' as const];
    const [first] = given ?? [];
    if (first === undefined || (udp?.length ?? 0) * (tcp?.length ?? 0) > 0) return [];
    const exact = given?.find((term) => term.kind === 'named' || term.from === term.to);
    if (exact === undefined && !(port === 53 && isEverybody(clause))) return [];
    return [{ clause, missing, port, exact: exact?.kind === 'range', origin: (exact ?? first).origin }];
  });
}

/** Where the pods of the cluster's resolver listen, and 53, where all others do. */
function dnsPorts({ facts }: PolicyInput, { peers }: Clause): readonly number[] {
  const { ports, nodeLocal } = facts.resolvers();
  const listening = [...ports.values()].flatMap(portRuns).map(({ from }) => from);
  const others = nodeLocal || listening.length === 0 || peers === 'any' || peers.some(isBlock);
  return [...new Set([...(others ? [53] : []), ...listening])];
}

function isBlock({ kind }: Peer): boolean {
  return kind === 'block';
}

function allows(term: PortTerm, port: number): boolean {
  if (term.kind === 'named') return port === 53 && term.name.startsWith('dns');
  return term.from <= port && port <= term.to;
}

/** Peers so broad that the resolvers must be among them. */
function isEverybody({ peers }: Clause): boolean {
  return (
    peers === 'any' ||
    peers.some((peer) => isAllPods(peer) || (peer.kind === 'block' && holdsWholeFamily(peer.block)))
  );
}

function isAllPods(peer: Peer): boolean {
  if (peer.kind === 'block' || peer.namespaces === 'own') return false;
  return selectsEverything(peer.namespaces) && selectsEverything(peer.pods);
}

/** Does any policy of the unit allow the missing protocol wherever the clause allows the other one? */
export function isMended(input: PolicyInput, { id }: Unit, { clause, missing, port }: DnsGap): boolean {
  const clauses = input.world.governing(id, 'egress').governors.flatMap((governor) => governor.clauses);
  const others = clauses.filter(
    ({ ports }) => ports === 'any' || ports.some((term) => term.protocol === missing && allows(term, port)),
  );
  if (others.some(({ peers }) => peers === 'any')) return true;
  const found = others.flatMap(peersOf);
  if (clause.peers === 'any') return found.length > 0 && others.some((each) => isForDns(each, port));
  return clause.peers.every((peer) => found.some((other) => holds(input, other, peer)));
}

function isForDns({ ports }: Clause, port: number): boolean {
  return (
    ports !== 'any' &&
    ports.some((term) => allows(term, port) && (term.kind === 'named' || term.from === term.to))
  );
}

/** By the text, or by the pods that there are; a block that may hold pods is given the benefit of the doubt. */
function holds({ world, policy }: PolicyInput, outer: Peer, inner: Peer): boolean {
  const { namespace } = policy.ref;
  if (coversPeer(outer, inner, { name: namespace, labels: null })) return true;
  if (inner.kind === 'block') return false;
  if (outer.kind === 'block')
    return world.profile.ipBlockPods !== 'does-not-match' && piecesOf(outer.block).some(isPrivate);
  const wanted = world.peerUnits(namespace, inner).may;
  return !wanted.isEmpty() && wanted.andNot(world.peerUnits(namespace, outer).may).isEmpty();
}

const privateRanges = rangesOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');

function isPrivate(piece: { readonly first: bigint; readonly last: bigint }): boolean {
  return privateRanges.some((range) => overlaps(piece, range));
}
