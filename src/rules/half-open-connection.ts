import type { Phrase } from '../model/finding.ts';
import type { CompiledPolicy, Direction } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import type { Unit } from '../world/unit.ts';
import { isolatorOf, podsOf, sidesIn } from './isolated-pods.ts';
import { allowing, type Own } from './other-end.ts';
import {
  inventedUnits,
  type NamedPeer,
  podCount,
  podPeersOf,
  realSubjects,
  realUnits,
  unitsOf,
} from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R21. This policy allows connections with pods that a policy of their own isolates and that no clause there allows.
 * "Both the egress policy on the source pod and the ingress policy on the destination pod need to allow the traffic."
 */
export const halfOpenConnection: PolicyRule = {
  id: 'half-open-connection',
  number: 'R21',
  title: 'One end allows what the other end refuses',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'policy',
  needs: ['Pod', 'Namespace', 'NetworkPolicy', 'Service'],
  restsOnVerdicts: true,
  cost: 'peers',
  page: {
    why: 'A connection needs both ends: the egress policies of the source and the ingress policies of the destination. With a default-deny on the other side a clause on this side does nothing by itself. The most common case is a namespace with a default-deny for both directions and an ingress policy that is to let its pods talk to each other: their egress stays shut.',
    fix: 'Write the other half: an ingress clause for these pods where the destination is, or an egress clause where the source is.',
    fine: 'Clauses are often wider on purpose than what the other end wants, so that this is an info. The rule is silent on `namespaceSelector: {}`, where the other end refuses only some of these pods or ports, and where no Service leads to the destination.',
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const found = new Map<string, Half>();
    const { world, policy } = input;
    const subjects = world.subjects(policy).andNot(inventedUnits(input));
    if (subjects.isEmpty()) return;
    const own: Own = { subjects, here: realSubjects(input).slice(0, portsMax) };
    for (const named of podPeersOf(input.policy)) {
      const { namespaces } = named.peer;
      if (namespaces !== 'own' && selectsEverything(namespaces)) continue;
      for (const [key, { policy, units }] of refusedBy(input, named, own)) {
        const half = found.get(key) ?? { named, policy, units: new Set() };
        for (const unit of units) half.units.add(unit);
        found.set(key, half);
      }
    }
    const halves = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, toldMax);
    for (const [key, half] of halves) yield draftOf(key, half);
  },
};

interface Half {
  readonly named: NamedPeer;
  readonly policy: CompiledPolicy;
  readonly units: Set<Unit>;
}

const toldMax = 5;
/** So many units of the other end are looked at, and so many of this one for the ports of theirs. */
const unitsMax = 300;
const portsMax = 20;

function draftOf(key: string, { named, policy, units }: Half): Draft {
  const { name, namespace } = policy.ref;
  const there = [...units].sort((a, b) => (a.workload.id < b.workload.id ? -1 : 1));
  const whom: Phrase = [
    `${podCount(there)} (`,
    {
      kind: 'workloads',
      of: new Set(there.map(({ workload }) => workload.id)).size,
      examples: there.slice(0, 1).map(({ workload }) => workload),
    },
    ')',
  ];
  const egress = named.clause.direction === 'egress';
  const at = `spec.${egress ? 'ingress' : 'egress'}`;
  return {
    key,
    at: named.peer.origin,
    happens: [
      egress ? 'it allows connections to ' : 'it admits ',
      ...whom,
      egress ? ' which policy ' : ' whose own policy ',
      { kind: 'workload', namespace, name },
      egress ? ' isolates and nothing lets in' : ' isolates them and nothing lets them out',
    ],
    advice: [egress ? 'admit these pods there too' : 'allow their egress to these pods too'],
    affected: podsOf(there),
    related: [{ object: { kind: 'NetworkPolicy', namespace, name }, at, says: 'isolates the other end' }],
  };
}

const opposite: Readonly<Record<Direction, Direction>> = { ingress: 'egress', egress: 'ingress' };

/** Pods of the other end that refuse every connection of a clause, by the policy that isolates them. */
function refusedBy(
  input: PolicyInput,
  named: NamedPeer,
  own: Own,
): Map<string, { readonly policy: CompiledPolicy; readonly units: Unit[] }> {
  const { clause, peer } = named;
  const { world, facts } = input;
  const found = new Map<string, { policy: CompiledPolicy; units: Unit[] }>();
  const direction = opposite[clause.direction];
  const others = realUnits(input, peer).and(world.isolated(direction));
  const hasService = (unit: Unit): boolean => facts.services(unit).length > 0;
  if (others.isEmpty() || (clause.direction === 'ingress' && own.here.filter(hasService).length === 0))
    return found;
  const sideFor = sidesIn(world, direction);
  const allows = allowing(input, clause, own);
  for (const other of unitsOf(world, others).slice(0, unitsMax)) {
    const side = sideFor(other);
    const isolating = isolatorOf(side);
    if (isolating === null || (own.here.length === 1 && own.here[0]?.id === other.id)) continue;
    if (allows(side, other) || (clause.direction === 'egress' && !hasService(other))) continue;
    const key = `${clause.direction} ${isolating.ref.namespace}/${isolating.ref.name}`;
    const entry = found.get(key) ?? { policy: isolating, units: [] };
    entry.units.push(other);
    found.set(key, entry);
  }
  return found;
}
