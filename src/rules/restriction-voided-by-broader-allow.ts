import { type Clause, clausesOf, type Direction, directions } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import { portsKey, type Unit, weightOf } from '../world/unit.ts';
import { allowsAll } from './allowed-set.ts';
import { isDnsOnly } from './dns-clauses.ts';
import { type Fellow, fellowsOf } from './fellow-policies.ts';
import { placeOfIsolation, podsOf } from './isolated-pods.ts';
import { podCount, subjectUnits } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R22. Another policy allows to the same pods all that this one allows and more, so that its clauses restrict nothing;
 * or this one does that to another. Policies add up: the narrower one has no effect.
 */
export const restrictionVoidedByBroaderAllow: PolicyRule = {
  id: 'restriction-voided-by-broader-allow',
  number: 'R22',
  title: 'A broader policy makes the restriction void',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: ['Pod', 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: 'What a pod may do is the union of what all policies that select it allow. There is no order and no deny. A careful policy beside an “allow all” for the same pods changes nothing, and whoever reads it believes in a protection that is not there.',
    fix: 'Take the broader policy away, narrow its `podSelector` to pods that need it, or narrow its clauses. If the broader permission is meant, drop the policy that has no effect.',
    fine: 'The rule is silent where two policies allow the same, as while one replaces the other, on a default-deny, which others are meant to widen, and on policies that allow DNS alone. A policy for all pods of a namespace that another one widens for some of them is an info. Compared are the pods and addresses that each policy allows now, not the text.',
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    for (const direction of directions) {
      const own = clausesOf(input.policy, direction);
      if (own.length === 0) continue;
      let told = 0;
      for (const fellow of fellowsOf(input, direction).slice(0, fellowsMax)) {
        if (fellow.clauses.length === 0 || told === toldMax) continue;
        const draft = voidedBy(input, direction, own, fellow) ?? voiding(input, direction, own, fellow);
        if (draft === null) continue;
        told += 1;
        yield draft;
      }
    }
  },
};

/** So many other policies of the same pods are compared, in the order of their names, and so many of them told. */
const fellowsMax = 100;
const toldMax = 3;

function voidedBy(
  input: PolicyInput,
  direction: Direction,
  own: readonly Clause[],
  { policy, clauses, units }: Fellow,
): Draft | null {
  if (own.every(isDnsOnly)) return null;
  const voided = units.filter(strictlyIn(input, own, clauses));
  if (voided.length === 0) return null;
  const { name, namespace } = policy.ref;
  const all = subjectUnits(input);
  const some = voided.length < all.length;
  return {
    key: `${direction} ${name}`,
    at: placeOfIsolation(input.policy, direction),
    happens: [
      `its ${direction} clauses restrict nothing: policy ${name} allows more ${to[direction]} `,
      input.invented ? 'any pod it selects' : `${some ? `${countOf(voided)} of ` : ''}${podCount(all)}`,
    ],
    advice: [`narrow ${name}, or drop this policy`],
    affected: podsOf(voided),
    ...(some && selectsEverything(input.policy.subject) ? { severity: always('info') } : {}),
    related: [
      { object: { kind: 'NetworkPolicy', namespace, name }, at: `spec.${direction}`, says: 'allows more' },
    ],
  };
}

function countOf(units: readonly Unit[]): number {
  return units.reduce((sum, unit) => sum + weightOf(unit), 0);
}

const to: Readonly<Record<Direction, string>> = { ingress: 'to', egress: 'from' };

/** This policy opens to everybody what another one, for these pods and no others, lets few in. */
function voiding(
  input: PolicyInput,
  direction: Direction,
  own: readonly Clause[],
  { policy, clauses, units }: Fellow,
): Draft | null {
  const { world } = input;
  const open = own.filter(({ peers }) => peers === 'any');
  if (open.length === 0 || clauses.every(isDnsOnly)) return null;
  if (!world.subjects(policy).andNot(world.subjects(input.policy)).isEmpty()) return null;
  if (!units.every(strictlyIn(input, clauses, open))) return null;
  const { name, namespace } = policy.ref;
  const [first] = open;
  const whom = input.invented ? 'the same pods' : podCount(units);
  return {
    key: `${direction} voids ${name}`,
    at: first?.origin ?? `spec.${direction}`,
    happens: [`it makes policy ${name} void, which restricts ${whom}: this clause allows more`],
    advice: [`name the peers, select other pods, or drop ${name}`],
    affected: podsOf(units),
    related: [
      { object: { kind: 'NetworkPolicy', namespace, name }, at: `spec.${direction}`, says: 'has no effect' },
    ],
  };
}

/** Does the outer set hold the inner one, and something beside it? Units with equal ports are answered alike. */
function strictlyIn(
  input: PolicyInput,
  inner: readonly Clause[],
  outer: readonly Clause[],
): (unit: Unit) => boolean {
  const known = new Map<string, boolean>();
  return (unit) => {
    const key = portsKey(unit.ports);
    const answer =
      known.get(key) ?? (allowsAll(input, outer, inner, unit) && !allowsAll(input, inner, outer, unit));
    known.set(key, answer);
    return answer;
  };
}
