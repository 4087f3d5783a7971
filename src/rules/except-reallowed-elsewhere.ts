import type { Need, Related } from '../model/finding.ts';
import { type BlockPeer, clausesOf, type Direction, directions } from '../model/policy.ts';
import { portText } from '../sets/port-set.ts';
import { rangeText } from '../sets/ranges.ts';
import type { Unit } from '../world/unit.ts';
import { fellowsOf } from './fellow-policies.ts';
import { subjectUnits } from './pod-peers.ts';
import { type Again, exceptsIn, type Place, reallowed } from './reallowed.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

const besideOwn: readonly Need[] = ['Pod', 'NetworkPolicy'];

/**
 * R34. An address that an `except` leaves out is allowed all the same, for the same pods and ports, by another peer,
 * clause or policy. "except is not a deny": it takes addresses out of its own block and out of nothing else.
 */
export const exceptReallowedElsewhere: PolicyRule = {
  id: 'except-reallowed-elsewhere',
  number: 'R34',
  title: 'What an except leaves out is allowed elsewhere',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: besideOwn,
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: '`except` is not a deny. It takes addresses out of its own `cidr` and out of nothing else: allowed is what any peer of any clause of any policy allows. So a second block, a clause without peers or another policy for the same pods brings back what the `except` seemed to forbid.',
    fix: 'Leave the addresses out of the other block too, or take that block away. Where the wider permission is meant, drop the `except`, which promises what does not hold.',
    fine: 'A block of a single address within a larger `except` reads as a deliberate way out and is an info; a waiver with a reason silences it. DNS to everywhere beside a block with an `except` is usual and not told. Pods that selectors admit are not told either, whatever their addresses.',
    platforms:
      'Older versions of OVN-Kubernetes, Azure NPM and the OpenShift SDN took `except` for a deny, so that the same policies did something else there.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    for (const direction of directions) {
      const own = clausesOf(input.policy, direction).map((clause) => ({ clause, policy: null }));
      const [unit] = subjectUnits(input);
      const others = fellowsOf(input, direction).flatMap(({ policy, clauses }) =>
        clauses.map((clause) => ({ clause, policy: policy.ref.name })),
      );
      const told = new Set<string>();
      for (const { clause, peer } of exceptsIn(own)) {
        const again = [...own, ...others].flatMap((other) => reallowed(clause, peer, other, unit));
        const [first] = again.sort((a, b) => Number(a.single) - Number(b.single));
        if (first === undefined || told.has(peer.key)) continue;
        told.add(peer.key);
        yield draftOf(input, direction, peer, first);
      }
      yield* reopened(input, direction, own, others, unit);
    }
  },
};

function draftOf({ policy }: PolicyInput, direction: Direction, peer: BlockPeer, again: Again): Draft {
  const by = again.policy === null ? `by ${again.origin}` : `by policy ${again.policy}`;
  return {
    key: `${direction} ${peer.key}`,
    at: `${peer.origin}.ipBlock.except`,
    happens: [`except is not a deny: ${rangeText(again.range)} is allowed on ${portText(again.ports)} ${by}`],
    advice: [again.policy === null ? 'leave it out there too' : 'leave it out there too, or drop the except'],
    affected: [],
    ...(again.single ? { severity: always('info') } : {}),
    ...(again.policy === null ? { needs: [] } : {}),
    related: [relatedOf(policy.ref.namespace, again.policy ?? policy.ref.name, again.origin)],
  };
}

/** The other way round: this policy allows what an except of another policy leaves out. */
function* reopened(
  { policy }: PolicyInput,
  direction: Direction,
  own: readonly Place[],
  others: readonly Place[],
  unit: Unit | undefined,
): Iterable<Draft> {
  const told = new Set<string | null>();
  // A clause that allows everything to everybody is another rule's affair.
  const named = own.filter((place) => place.clause.peers !== 'any' || place.clause.ports !== 'any');
  for (const { clause, peer, policy: name } of exceptsIn(others)) {
    const [again] = named.flatMap((place) => reallowed(clause, peer, place, unit));
    if (again === undefined || name === null || told.has(name)) continue;
    told.add(name);
    yield {
      key: `${direction} reopens ${name}`,
      at: again.origin,
      happens: [
        `it allows ${rangeText(again.range)} on ${portText(again.ports)}, which policy ${name} leaves out with an except`,
      ],
      advice: ['an except is not a deny: leave the range out here too'],
      affected: [],
      ...(again.single ? { severity: always('info') } : {}),
      related: [relatedOf(policy.ref.namespace, name, `${peer.origin}.ipBlock.except`)],
    };
  }
}

function relatedOf(namespace: string, name: string, at: string): Related {
  return { object: { kind: 'NetworkPolicy', namespace, name }, at, says: 'here' };
}
