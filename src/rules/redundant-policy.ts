import type { Related } from '../model/finding.ts';
import { type CompiledPolicy, clausesOf, type Direction, directions } from '../model/policy.ts';
import { allowsAll } from './allowed-set.ts';
import { coversSelector } from './covers.ts';
import { type Fellow, fellowsOf } from './fellow-policies.ts';
import { portsKeyOf } from './phrases.ts';
import { podKinds } from './pod-kinds.ts';
import { peersKey, subjectUnits } from './pod-peers.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R50. Without the policy every verdict is the same: others of the namespace isolate its pods too, and allow all that it
 * allows. Often it is what a renamed copy left behind.
 */
export const redundantPolicy: PolicyRule = {
  id: 'redundant-policy',
  number: 'R50',
  title: 'Without the policy nothing would change',
  judges: 'policy',
  severity: always('info'),
  confidence: 'likely',
  cure: 'policy',
  needs: [...podKinds, 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'peers',
  admission: 'silent',
  page: {
    why: `
      Policies only ever add to each other. One that adds nothing misleads: who changes or deletes it
      expects an effect, and who takes its twin away believes that nothing is left. Such policies are
      what copies and renamed manifests leave behind.`,
    fix: `
      Delete it, or write down in an annotation why both are kept.`,
    fine: `
      Two teams may keep a policy each on purpose. The rule says it only where the others isolate the
      same pods, those to come included, in each direction of the policy, and allow each of those that
      exist all that it allows; a default-deny is never told for the sake of policies that select pods
      by label. Of two equal policies the second by name is told. The command line and the scan alone
      print it.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { policy, world, invented } = input;
    const spoken = directions.filter((direction) => policy[direction] !== null);
    const strays = policy.ignored.length > 0 && world.profile.strayDirections !== 'ignore';
    const few = world.subjects(policy).size <= unitsMax;
    if (invented || strays || !few || spoken.length === 0 || world.subjects(policy).isEmpty()) return;
    const fellows = new Map(spoken.map((direction) => [direction, fellowsOf(input, direction)]));
    for (const [direction, others] of fellows) if (!standsWithout(input, direction, others)) return;
    const counted = [...fellows].flatMap(([direction, found]) =>
      found.filter((fellow) => fellow.clauses.length > 0 || isolatesToo(policy, direction, fellow)),
    );
    const others = [...new Set(counted.map((fellow) => fellow.policy))];
    const twin = others.find((other) => sayingOf(other) === sayingOf(policy));
    if (twin !== undefined && twin.ref.name > policy.ref.name) return;
    yield {
      key: '',
      at: 'metadata.name',
      happens: [
        twin === undefined
          ? `without it no verdict would change: ${namesOf(others)} ${others.length === 1 ? 'says' : 'say'} the same`
          : `it is the same policy as ${twin.ref.name}`,
      ],
      advice: ['delete it, unless both are kept on purpose'],
      affected: [],
      related: relatedTo(twin === undefined ? others : [twin]),
    };
  },
};

/** The rule looks at each unit; where there are more, nobody misses what it would say. */
const unitsMax = 300;

/** Do the others isolate its pods and those to come, and allow all that it allows? */
function standsWithout(input: PolicyInput, direction: Direction, fellows: readonly Fellow[]): boolean {
  const { policy } = input;
  if (!fellows.some((fellow) => isolatesToo(policy, direction, fellow))) return false;
  const inner = clausesOf(policy, direction);
  return (
    inner.length === 0 ||
    subjectUnits(input).every((unit) => {
      const outer = fellows.filter(({ units }) => units.includes(unit)).flatMap(({ clauses }) => clauses);
      return allowsAll(input, outer, inner, unit);
    })
  );
}

/** Does it isolate every pod that the policy selects, those to come included? */
function isolatesToo({ subject }: CompiledPolicy, direction: Direction, fellow: Fellow): boolean {
  return fellow.policy[direction]?.isolates === true && coversSelector(fellow.policy.subject, subject);
}

/** Equal for policies of one namespace that say the same, in whatever order. */
function sayingOf(policy: CompiledPolicy): string {
  const parts = directions.map((direction) => {
    if (policy[direction] === null) return '-';
    const clauses = clausesOf(policy, direction).map((clause) => `${peersKey(clause)} ${portsKeyOf(clause)}`);
    return [...new Set(clauses)].sort().join(';');
  });
  return [policy.subject.text, ...parts].join('|');
}

function namesOf(policies: readonly CompiledPolicy[]): string {
  const names = policies.map(({ ref }) => ref.name);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and others` : names.join(', ');
}

function relatedTo(policies: readonly CompiledPolicy[]): Related[] {
  return policies.slice(0, 3).map(({ ref }) => objectThat(ref.kind, ref, 'it says the same'));
}
