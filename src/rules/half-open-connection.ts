import type { Phrase } from '../model/finding.ts';
import type { Unit } from '../world/unit.ts';
import { podsOf } from './isolated-pods.ts';
import { type Meeting, meetingsOf, refusedIn } from './meetings.ts';
import type { Own } from './other-end.ts';
import { inventedUnits, podCount, podPeersOf, realSubjects } from './pod-peers.ts';
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
    const { world, policy } = input;
    const subjects = world.subjects(policy).andNot(inventedUnits(input));
    if (subjects.isEmpty()) return;
    const own: Own = { subjects, here: realSubjects(input).slice(0, portsMax) };
    const byPolicy = new Map<string, Meeting[]>();
    for (const meeting of podPeersOf(policy).flatMap((named) => meetingsOf(input, named, own))) {
      const { name, namespace } = meeting.policy.ref;
      const key = `${meeting.named.clause.direction} ${namespace}/${name}`;
      const known = byPolicy.get(key);
      if (known === undefined) byPolicy.set(key, [meeting]);
      else known.push(meeting);
    }
    let told = 0;
    for (const [key, meetings] of [...byPolicy].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const refused = meetings.map((meeting) => ({ ...meeting, units: refusedIn(input, meeting) }));
      const [half, ...others] = refused.filter(({ units }) => units.length > 0);
      if (half === undefined) continue;
      yield draftOf(key, half, new Set([half, ...others].flatMap(({ units }) => units)));
      told += 1;
      if (told === toldMax) return;
    }
  },
};

const toldMax = 5;
/** So many units of this end are looked at for the ports of the other. */
const portsMax = 20;

function draftOf(key: string, { named, policy }: Meeting, units: ReadonlySet<Unit>): Draft {
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
