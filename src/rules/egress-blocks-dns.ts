import { decide, matchesUnit, type Side } from '../impact/side.ts';
import type { Phrase } from '../model/finding.ts';
import type { Clause, PortTerm } from '../model/policy.ts';
import { nodeLocalResolver, type Resolvers } from '../platform/resolvers.ts';
import { parseAddress } from '../sets/addresses.ts';
import { intersectPorts, isEmpty, noPorts, portRange, unionPorts } from '../sets/port-set.ts';
import { blockHolds, type Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { type Harm, isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo, protocolsFirst } from './phrases.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R01. Pods become isolated for egress and no policy that selects them lets them ask a resolver, on the port where it
 * listens. Names are the first thing a connection needs, so that nearly everything fails at once.
 */
export const egressBlocksDns: PolicyRule = {
  id: 'egress-blocks-dns',
  number: 'R01',
  title: 'Pods lose DNS',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'policy',
  needs: ['Pod', 'Namespace', 'NetworkPolicy', 'Service'],
  restsOnVerdicts: true,
  cost: 'peers',
  page: {
    why: `
      Names are the first thing a connection needs. Pods that are isolated for egress and may not ask
      the resolver fail nearly everywhere at once, most often with time-outs that look like a fault of
      the other side. A default-deny for egress does it, and so does every policy that lists egress
      clauses and forgets DNS.

      A clause for DNS is also easy to get nearly right: policies look at the port of the resolver's
      pods, which is 5353 on OpenShift, and long answers come over TCP.`,
    fix: `
      Allow UDP and TCP 53, or the ports that the message names, to the DNS pods. \`netsluice generate
      default-deny\` prints a default-deny with the clauses for DNS that your cluster needs.`,
    fine: `
      Another policy may allow DNS: the union of all policies counts, never one alone, so that a plain
      default-deny is fine where the allowance stands or comes first. Pods with \`dnsPolicy\` \`None\`
      or \`Default\` do not ask the cluster's resolver and are left out. Where no resolver is known, any
      clause that allows port 53 counts as DNS, and where a node-local cache runs, a block with its
      address does.`,
    platforms: `
      On OpenShift the pods listen on 5353. With NodeLocal DNSCache pods ask a link-local address of
      their node, which an \`ipBlock\` allows on most plugins. On AWS the port of the Service must equal
      the port of the pods.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const resolvers = input.facts.resolvers();
    const { service } = resolvers;
    const harmIn = (world: World): Harm => harmOf(world, resolvers);
    const harmed = newlyHarmed(input, isolatedUnits(input, 'egress'), harmIn);
    if (harmed.length === 0) return;
    const told = podsDo(harmed, kindOfPods(input), {
      one: 'loses DNS',
      many: 'lose DNS',
      invented: 'will have no DNS',
    });
    yield {
      key: '',
      at: placeOfIsolation(input.policy, 'egress'),
      happens: [`${told} until another policy allows `, ...whatToAllow(resolvers)],
      advice: [],
      affected: podsOf(harmed),
      related: service === null ? [] : [objectThat('Service', service, 'is the cluster DNS')],
    };
  },
};

const dns = unionPorts(portRange('TCP', 53, 53), portRange('UDP', 53, 53));
const nodeLocalAddress = parseAddress(nodeLocalResolver);

function whatToAllow({ service, ports }: Resolvers): Phrase {
  const listening = [...ports.values()].reduce(unionPorts, noPorts);
  const wanted = protocolsFirst(isEmpty(listening) ? dns : listening);
  if (service === null) return [wanted];
  return [`${wanted} to `, { kind: 'workload', namespace: service.namespace, name: service.name }];
}

function harmOf(world: World, resolvers: Resolvers): Harm {
  const sideFor = sidesIn(world, 'egress');
  const asks = new Map<Side, boolean>();
  return (unit) => {
    const side = sideFor(unit);
    if (!side.governing.isolated || resolvers.units.has(unit.id) || !usesClusterDns(world, unit))
      return false;
    const known = asks.get(side) ?? mayAsk(world, side, resolvers);
    asks.set(side, known);
    return !known;
  };
}

function usesClusterDns(world: World, { members, namespace, workload }: Unit): boolean {
  const [name] = members;
  const shape = name === undefined ? world.workloadRecord(workload)?.template : world.pod(namespace, name);
  return shape?.dnsPolicy !== 'None' && shape?.dnsPolicy !== 'Default';
}

function mayAsk(world: World, side: Side, resolvers: Resolvers): boolean {
  const clauses = side.entries.map(({ clause }) => clause);
  if (resolvers.units.isEmpty()) return clauses.some(allowsDnsPort);
  if (resolvers.nodeLocal && clauses.some((clause) => allowsDnsPort(clause) && reachesNodeLocal(clause)))
    return true;
  return [...resolvers.ports].some(([id, ports]) => {
    const { may } = decide(side, (entry) => matchesUnit(entry, id), world.unit(id)?.ports ?? []);
    return !isEmpty(intersectPorts(may, ports));
  });
}

function allowsDnsPort({ ports }: Clause): boolean {
  return ports === 'any' || ports.some(isDnsTerm);
}

function isDnsTerm(term: PortTerm): boolean {
  if (term.protocol === 'SCTP') return false;
  return term.kind === 'named' ? term.name.startsWith('dns') : term.from <= 53 && term.to >= 53;
}

function reachesNodeLocal({ peers }: Clause): boolean {
  const address = nodeLocalAddress;
  if (peers === 'any' || address === null) return true;
  return peers.some((peer) => peer.kind === 'block' && blockHolds(peer.block, address));
}
