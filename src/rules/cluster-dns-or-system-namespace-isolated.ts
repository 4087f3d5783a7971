import { portsOf } from '../impact/side.ts';
import { selectsEverything } from '../model/selector.ts';
import type { Resolvers } from '../platform/resolvers.ts';
import { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty, noPorts, unionPorts } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { type Harm, isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo, protocolsFirst } from './phrases.ts';
import { podCount, unitsOf } from './pod-peers.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R18. The policy isolates the pods that resolve names for the cluster and does not admit every pod on their port, or
 * it isolates all of kube-system and allows nothing. Either stops things that the whole cluster rests on.
 */
export const clusterDnsOrSystemNamespaceIsolated: PolicyRule = {
  id: 'cluster-dns-or-system-namespace-isolated',
  number: 'R18',
  title: 'The cluster’s resolver or kube-system is isolated',
  judges: 'policy',
  severity: always('error'),
  confidence: 'certain',
  cure: 'policy',
  needs: ['Pod', 'Namespace', 'NetworkPolicy', 'Service'],
  restsOnVerdicts: true,
  cost: 'sample',
  page: {
    why: `
      The whole cluster asks the resolver, and kube-system holds what other namespaces rest on. A policy
      that isolates the resolver and does not admit every pod on its ports takes names away from those
      pods. A default-deny for all of kube-system cuts off metrics, cloud controllers and webhooks.`,
    fix: `
      Admit everybody on the DNS ports: a clause with the ports and without \`from\`. Write policies for
      single components of kube-system instead of one for all.`,
    fine: `
      It is fine where the clauses admit everybody on the DNS ports, and where components of kube-system
      bring policies of their own: only a policy that selects the whole namespace counts, and only pods
      that no clause of any policy speaks of. \`namespaceSelector: {}\` is not everybody: pods of the
      node's network ask the resolver too.`,
    platforms: `
      The resolver is found by the Service that the distribution gives it: \`kube-dns\`, \`coredns\`,
      RKE2's, or OpenShift's \`dns-default\`.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const dns = resolverCutOff(input);
    if (dns !== null) yield dns;
    else yield* systemCutOff(input);
  },
};

const refuse = {
  one: 'of cluster DNS refuses',
  many: 'of cluster DNS refuse',
  invented: 'will refuse, as cluster DNS,',
};

function resolverCutOff(input: PolicyInput): Draft | null {
  const { facts, policy, world } = input;
  const resolvers = facts.resolvers();
  const units = isolatedUnits(input, 'ingress', resolvers.units);
  if (units.length === 0) return null;
  const harmed = newlyHarmed(input, units, (at) => (unit) => !strandedBy(at, resolvers, unit).isEmpty());
  if (harmed.length === 0) return null;
  const clients = new BitSet();
  for (const unit of harmed) clients.addAll(strandedBy(world, resolvers, unit));
  const ports = harmed.reduce((sum, { id }) => unionPorts(sum, resolvers.ports.get(id) ?? noPorts), noPorts);
  const { service } = resolvers;
  return {
    key: 'dns',
    at: placeOfIsolation(policy, 'ingress'),
    happens: [
      podsDo(harmed, kindOfPods(input), refuse),
      ` ${howMany(world, clients)} until another policy allows ${protocolsFirst(ports)} from anywhere`,
    ],
    advice: [],
    affected: podsOf(harmed),
    related: service === null ? [] : [objectThat('Service', service, 'is the cluster DNS')],
  };
}

/** So many units are counted; more than that is the whole cluster to whoever reads it. */
const countedMax = 1000;

function howMany(world: World, clients: BitSet): string {
  return clients.size > countedMax ? `more than ${countedMax} pods` : podCount(unitsOf(world, clients));
}

/** Pods that surely cannot ask this resolver, other resolvers apart. */
function strandedBy(world: World, { ports, units }: Resolvers, unit: Unit): BitSet {
  const asked = ports.get(unit.id) ?? noPorts;
  const { governing, entries } = sidesIn(world, 'ingress')(unit);
  if (isEmpty(asked) || !governing.isolated) return new BitSet();
  let stranded = world.units.andNot(units);
  for (const { clause, members } of entries) {
    if (isEmpty(intersectPorts(portsOf(clause, unit.ports).may, asked))) continue;
    stranded = members === 'any' ? new BitSet() : stranded.andNot(members.may);
  }
  return stranded;
}

function* systemCutOff(input: PolicyInput): Iterable<Draft> {
  const { policy } = input;
  if (policy.ref.namespace !== 'kube-system' || !selectsEverything(policy.subject)) return;
  for (const direction of ['ingress', 'egress'] as const) {
    const harmIn = (world: World): Harm => {
      const sideFor = sidesIn(world, direction);
      return (unit) => sideFor(unit).governing.isolated && sideFor(unit).entries.length === 0;
    };
    const harmed = newlyHarmed(input, isolatedUnits(input, direction), harmIn);
    if (harmed.length === 0) continue;
    const verb = { one: 'is', many: 'are', invented: 'will be' };
    yield {
      key: 'system',
      at: placeOfIsolation(policy, direction),
      happens: [
        `${podsDo(harmed, kindOfPods(input), verb)} cut off in kube-system (${direction})`,
        ' until another policy allows what they need',
      ],
      advice: [],
      affected: podsOf(harmed),
    };
    return;
  }
}
