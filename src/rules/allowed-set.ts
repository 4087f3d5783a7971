import { portsOf } from '../impact/side.ts';
import type { Clause, Peer } from '../model/policy.ts';
import { isEmpty, subtractPorts } from '../sets/port-set.ts';
import { piecesOf, without } from '../sets/ranges.ts';
import type { Unit } from '../world/unit.ts';
import { coversPeer, coversTerm, type OwnNamespace } from './covers.ts';
import { inventedUnits } from './pod-peers.ts';
import type { PolicyInput } from './rule.ts';

/**
 * Do the outer clauses of policies in one namespace allow every connection of a unit that the inner ones allow? Pods are
 * compared as they are now, addresses by range, ports one by one; a peer that matches nobody is compared by its text.
 * False for policies that are too large to compare.
 */
export function allowsAll(
  input: PolicyInput,
  outer: readonly Clause[],
  inner: readonly Clause[],
  unit: Unit,
): boolean {
  const { policy, world } = input;
  if (sizeOf(outer) * sizeOf(inner) > pairsMax) return false;
  const name = policy.ref.namespace;
  const own = { name, labels: world.namespaceLabels(name) };
  return inner.every((clause) =>
    portsIn(clause).every((part) => {
      const wide = outer.filter((candidate) => allowsPorts(candidate, part, unit));
      if (wide.some(({ peers }) => peers === 'any')) return true;
      if (part.peers === 'any') return false;
      const peers = wide.flatMap((candidate) => (candidate.peers === 'any' ? [] : candidate.peers));
      return part.peers.every((peer) => holdsPeer(input, own, peers, peer));
    }),
  );
}

/** So many pairs of a peer and port of the one with a peer and port of the other are compared at most. */
const pairsMax = 100_000;

function sizeOf(clauses: readonly Clause[]): number {
  const count = (list: 'any' | readonly unknown[]): number => (list === 'any' ? 1 : list.length);
  return clauses.reduce((sum, { peers, ports }) => sum + count(peers) * count(ports), 0);
}

/** The clause, once for each of its ports: two clauses may have them apart. */
function portsIn(clause: Clause): readonly Clause[] {
  return clause.ports === 'any' ? [clause] : clause.ports.map((term) => ({ ...clause, ports: [term] }));
}

/** Ingress ports are those of the unit; in egress a name may be any port of whomever it is called. */
function allowsPorts(outer: Clause, inner: Clause, unit: Unit): boolean {
  if (outer.ports === 'any') return true;
  if (inner.ports === 'any') return false;
  const wide = outer.ports;
  if (inner.ports.every((term) => wide.some((candidate) => coversTerm(candidate, term)))) return true;
  if (inner.direction === 'egress') return false;
  const asked = portsOf(inner, unit.ports).may;
  return !isEmpty(asked) && isEmpty(subtractPorts(asked, portsOf(outer, unit.ports).must));
}

function holdsPeer(input: PolicyInput, own: OwnNamespace, outer: readonly Peer[], inner: Peer): boolean {
  if (outer.some((peer) => coversPeer(peer, inner, own))) return true;
  if (inner.kind === 'block') {
    const held = outer.flatMap((peer) => (peer.kind === 'block' && peer.certain ? piecesOf(peer.block) : []));
    return piecesOf(inner.block).every((piece) => without(piece, held).length === 0);
  }
  if (inner.outside !== 'no' || inner.hostNetwork !== 'no') return false;
  const { world, policy } = input;
  let left = world.peerUnits(policy.ref.namespace, inner).may.andNot(inventedUnits(input));
  if (left.isEmpty()) return false;
  for (const peer of outer) left = left.andNot(world.peerUnits(policy.ref.namespace, peer).must);
  return left.isEmpty();
}
