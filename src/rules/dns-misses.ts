import { portsOf } from '../impact/side.ts';
import type { Phrase } from '../model/finding.ts';
import type { Clause, PodPeer } from '../model/policy.ts';
import type { Resolvers } from '../platform/resolvers.ts';
import { parseAddress } from '../sets/addresses.ts';
import { intersectPorts, isEmpty, noPorts, unionPorts } from '../sets/port-set.ts';
import { blockHolds } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { clausePorts, protocolsFirst } from './phrases.ts';
import { always, type Draft, type PolicyInput } from './rule.ts';

/** Why a clause misses cluster DNS; null where it may be meant for another resolver. */
export function missOf(
  { policy, world }: PolicyInput,
  clause: Clause,
  { service, units, ports }: Resolvers,
): Pick<Draft, 'key' | 'happens' | 'advice'> | null {
  if (service === null) return null;
  const dns = { kind: 'workload', namespace: service.namespace, name: service.name } as const;
  const listening = protocolsFirst([...ports.values()].reduce(unionPorts, noPorts));
  const allow: Phrase = [`allow ${listening} to the pods of `, dns];
  const address = clusterAddressIn(clause, service.clusterAddresses);
  if (address !== null)
    return {
      key: 'cluster-address',
      happens: [
        `${address} is the ClusterIP of `,
        dns,
        ', which becomes a pod’s address before most plugins look',
      ],
      advice: allow,
    };
  const members = world.clauseUnits(policy.ref.namespace, clause);
  if (members === 'any' || members.may.intersects(units)) {
    if ([...ports].some(([id, asked]) => allowsSome(world, clause, id, asked))) return null;
    return {
      key: 'port',
      happens: [`cluster DNS listens on ${listening}, and this clause allows ${clausePorts(clause)}`],
      advice: allow,
    };
  }
  // Blocks may be meant for a resolver outside, and that a namespace is not there is another rule's affair.
  if (clause.peers !== 'any' && clause.peers.every((peer) => peer.kind === 'block' || isNowhere(world, peer)))
    return null;
  return { key: 'peer', happens: ['this clause for DNS does not match the pods of ', dns], advice: allow };
}

function isNowhere(world: World, { namespaces }: PodPeer): boolean {
  if (namespaces === 'own') return false;
  for (const _ of world.lookups.namespaces(namespaces)) return false;
  return true;
}

function allowsSome(world: World, clause: Clause, id: number, asked: readonly number[]): boolean {
  return !isEmpty(intersectPorts(portsOf(clause, world.unit(id)?.ports ?? []).may, asked));
}

function clusterAddressIn({ peers }: Clause, addresses: readonly string[]): string | null {
  const blocks = peers === 'any' ? [] : peers.flatMap((peer) => (peer.kind === 'block' ? [peer.block] : []));
  const found = addresses.find((text) => {
    const address = parseAddress(text);
    return address !== null && blocks.some((block) => blockHolds(block, address));
  });
  return found ?? null;
}

/** What can be said where no resolver is known: which ones are usual. Null where the clauses admit everybody. */
export function unknownResolver(clauses: readonly Clause[]): Draft | null {
  const clause = clauses.find(({ peers }) => peers !== 'any');
  if (clause === undefined) return null;
  return {
    key: 'unknown',
    at: placeOf(clause),
    happens: ['no resolver is known here, so nobody can tell whether this clause for DNS matches it'],
    advice: [
      'it may be DNS pods on 53, on 5353 (OpenShift), 169.254.20.10 (node-local) or 169.254.169.254 (GKE)',
    ],
    affected: [],
    severity: always('info'),
    confidence: 'heuristic',
  };
}

/** The first peer, so that findings lie where peers are looked up; else the clause. */
export function placeOf({ peers, origin }: Clause): string {
  const [first] = peers === 'any' ? [] : peers;
  return first?.origin ?? origin;
}
