import { decide, matchesUnit, type Side } from '../impact/side.ts';
import { type Clause, clausesOf } from '../model/policy.ts';
import { nodeLocalResolver, type Resolvers } from '../platform/resolvers.ts';
import { shapeOf } from '../platform/shape-of.ts';
import { intersectPorts, isEmpty } from '../sets/port-set.ts';
import { type Unit, workloadOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { allowsNodeLocal, isMeantForDns } from './dns-clauses.ts';
import { missOf, placeOf, unknownResolver } from './dns-misses.ts';
import { isolatedUnits, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R23. A clause is evidently meant for DNS and does not match the resolver that the pods ask: the node-local cache, pods
 * that listen on another port, or pods behind a ClusterIP that policies never see.
 */
export const dnsAllowMissesResolver: PolicyRule = {
  id: 'dns-allow-misses-resolver',
  number: 'R23',
  title: 'A clause for DNS misses the resolver',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'policy',
  needs: ['Pod', 'Namespace', 'NetworkPolicy', 'Service', 'DaemonSet'],
  restsOnVerdicts: true,
  cost: 'peers',
  page: {
    why: 'The recipe that everybody copies allows port 53 to the pods with `k8s-app: kube-dns` in kube-system. It fails where pods ask another resolver: a node-local cache answers on 169.254.20.10 of the node and is no pod that a selector could match; on OpenShift the pods of cluster DNS listen on 5353 behind port 53 of their Service; and the ClusterIP of the DNS Service is replaced by a pod’s address before most network plugins look.',
    fix: 'Allow UDP and TCP 53 to where the pods really ask: to `169.254.20.10/32` beside the DNS pods where a node-local cache runs, to port 5353 on OpenShift, to the pods and not to the ClusterIP. Google’s Cloud DNS for GKE is `169.254.169.254/32`.',
    fine: 'All policies of the pods count together: the rule is silent where any of them reaches the resolver. Pods with `dnsPolicy` None or Default, and the resolvers themselves, may ask whom they like. Where no resolver is known the rule only lists the usual ones, as an info.',
    platforms:
      'Cilium can redirect DNS to node-local caches that are ordinary pods; those are found by their labels, and nothing is said. Where traffic to the own node is always allowed (`podToOwnNode: allowed`) the node-local cache is reached in any case.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const resolvers = input.facts.resolvers();
    const clause = clausesOf(input.policy, 'egress').find(isMeantForDns);
    if (clause === undefined) return;
    const asking = isolatedUnits(input, 'egress').filter(
      (unit) => !resolvers.units.has(unit.id) && usesClusterDns(input.world, unit),
    );
    if (asking.length === 0) return;
    const sideFor = sidesIn(input.world, 'egress');
    const draft = cacheOnNodes(input, resolvers)
      ? missedCache(kindOfPods(input), asking, clause, sideFor)
      : missedPods(input, asking, sideFor);
    if (draft !== null) yield draft;
  },
};

function usesClusterDns(world: World, unit: Unit): boolean {
  const policy = shapeOf(world, unit)?.dnsPolicy;
  return policy !== 'None' && policy !== 'Default';
}

/** Does a cache answer on the nodes' own network? Some plugins run it as ordinary pods and redirect to those. */
function cacheOnNodes({ world }: PolicyInput, { nodeLocal }: Resolvers): boolean {
  if (!nodeLocal || world.profile.podToOwnNode === 'allowed') return false;
  const daemons = workloadOf('kube-system', 'DaemonSet', 'node-local-dns');
  return world.workloadRecord(daemons)?.template.hostNetwork === true;
}

const both = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
];

const verb = { one: 'asks', many: 'ask', invented: 'will ask' };

function missedCache(
  kind: 'invented' | 'real',
  asking: readonly Unit[],
  clause: Clause,
  sideFor: (unit: Unit) => Side,
): Draft | null {
  const harmed = asking.filter(
    (unit) => !sideFor(unit).entries.some((entry) => allowsNodeLocal(entry.clause)),
  );
  if (harmed.length === 0) return null;
  return {
    key: 'node-local',
    at: placeOf(clause),
    happens: [
      `${podsDo(harmed, kind, verb)} the node-local cache at ${nodeLocalResolver} first, which no clause reaches`,
    ],
    advice: [`also allow UDP+TCP 53 to ${nodeLocalResolver}/32`],
    affected: podsOf(harmed),
    related: [
      {
        object: { kind: 'DaemonSet', namespace: 'kube-system', name: 'node-local-dns' },
        at: '',
        says: 'runs the cache on every node',
      },
    ],
    fix: [
      {
        op: 'append',
        at: 'spec.egress',
        value: { to: [{ ipBlock: { cidr: `${nodeLocalResolver}/32` } }], ports: both },
      },
    ],
  };
}

function missedPods(
  input: PolicyInput,
  asking: readonly Unit[],
  sideFor: (unit: Unit) => Side,
): Draft | null {
  const { facts, policy, world } = input;
  const resolvers = facts.resolvers();
  const clauses = clausesOf(policy, 'egress').filter(isMeantForDns);
  if (resolvers.service === null || resolvers.units.isEmpty()) return unknownResolver(clauses);
  const known = new Map<Side, boolean>();
  const harmed = asking.filter((unit) => {
    const side = sideFor(unit);
    const reached = known.get(side) ?? reaches(world, side, resolvers);
    known.set(side, reached);
    return !reached;
  });
  if (harmed.length === 0) return null;
  for (const clause of clauses) {
    const miss = missOf(input, clause, resolvers);
    if (miss === null) continue;
    const { namespace, name } = resolvers.service;
    const related = [{ object: { kind: 'Service', namespace, name }, at: '', says: 'is cluster DNS' }];
    return { ...miss, at: placeOf(clause), affected: podsOf(harmed), related };
  }
  return null;
}

function reaches(world: World, side: Side, { ports }: Resolvers): boolean {
  return [...ports].some(([id, asked]) => {
    const { may } = decide(side, (entry) => matchesUnit(entry, id), world.unit(id)?.ports ?? []);
    return !isEmpty(intersectPorts(may, asked));
  });
}
