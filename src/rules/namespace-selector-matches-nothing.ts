import type { FixStep, Phrase, Related } from '../model/finding.ts';
import { matches, type Requirement, type Selector, selectorOf } from '../model/selector.ts';
import type { World } from '../world/world.ts';
import { isSlip, labelSlip, soughtMax } from './near-miss.ts';
import { matchesNamespace, podPeersOf, someNamespaces } from './pod-peers.ts';
import { objectThat } from './related.ts';
import { keySteps, labelSteps, podPeersIn } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R09. A `namespaceSelector` matches no namespace, so the peer allows nothing. The classic is `name: kube-system`:
 * namespaces have no label of their name but `kubernetes.io/metadata.name`, which the API server sets on each.
 */
export const namespaceSelectorMatchesNothing: PolicyRule = {
  id: 'namespace-selector-matches-nothing',
  number: 'R09',
  title: 'A namespaceSelector matches no namespace',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'workload',
  needs: ['Namespace', 'Pod'],
  restsOnVerdicts: false,
  cost: 'sample',
  page: {
    why: `
      Namespaces are selected by their labels, not by their names. The one label that every namespace
      has is \`kubernetes.io/metadata.name\`; \`name: monitoring\`, as many examples have it, matches
      nothing unless somebody labelled the namespace so. The peer then allows nothing.`,
    fix: `
      Select by \`kubernetes.io/metadata.name\`, which the API server keeps equal to the name, or write
      the label that the namespace has. \`lint --fix\` renames the key where its value is the name of a
      namespace.`,
    fine: `
      Namespaces of a team or tenant may be yet to come: then no namespace has nearly the label, and the
      rule is an info. An empty selector, which is every namespace, is not meant.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const { clause, peer } of podPeersOf(input.policy)) {
      const { namespaces } = peer;
      if (namespaces === 'own' || matchesNamespace(input, namespaces)) continue;
      const key = `${clause.direction} ${namespaces.text}`;
      if (told.has(key)) continue;
      told.add(key);
      const { advice, related, steps } = told.size > soughtMax ? noRemedy : remedyFor(input, namespaces);
      const peers = advice.length === 0 ? [] : podPeersIn(input.policy, clause.direction);
      const equal = peers.filter(
        (other) => other.namespaces !== 'own' && other.namespaces.text === namespaces.text,
      );
      yield {
        key,
        at: `${peer.origin}.namespaceSelector`,
        happens: [`${namespaces.text} matches no namespace until such a namespace exists`],
        advice,
        affected: [],
        severity: always(advice.length === 0 ? 'info' : 'warning'),
        related,
        fix: equal.flatMap((each) =>
          each.namespaces === 'own' ? [] : steps(`${each.origin}.namespaceSelector`, each.namespaces),
        ),
      };
    }
  },
};

const nameLabel = 'kubernetes.io/metadata.name';

/** Keys that people take for the name of a namespace. */
const nameLike: ReadonlySet<string> = new Set(['name', 'namespace', 'ns', 'metadata.name', 'namespace-name']);

/** How many namespaces are compared at most. */
const comparedMax = 1000;

interface Remedy {
  readonly advice: Phrase;
  readonly related: readonly Related[];
  readonly steps: (at: string, selector: Selector) => readonly FixStep[];
}

const noRemedy: Remedy = { advice: [], related: [], steps: () => [] };

function remedyFor({ policy, world }: PolicyInput, selector: Selector): Remedy {
  const told = (advice: Phrase, name: string): Remedy => {
    const says = world.namespace(name) === undefined ? 'pods of it are known' : 'this namespace may be meant';
    const there = { namespace: null, name };
    return { advice, related: [objectThat('Namespace', there, says)], steps: () => [] };
  };
  for (const requirement of selector.requirements) {
    const name = namedBy(world, requirement);
    if (name === null) continue;
    const others = selectorOf(selector.requirements.filter((other) => other !== requirement));
    const fits = matches(others, world.namespaceLabels(name));
    const steps: Remedy['steps'] = (at, each) => keySteps(at, each, requirement.key, nameLabel);
    return { ...told([`write ${nameLabel}: ${name}`], name), ...(fits ? { steps } : {}) };
  }
  const namespaces = someNamespaces(world, comparedMax);
  for (const { name, labels } of namespaces) {
    const slip = labelSlip(selector, labels);
    if (slip === null) continue;
    if (name === policy.ref.namespace) {
      const steps: Remedy['steps'] = (at, each) => labelSteps(at, each, slip);
      return { ...told([`write ${slip.found} for ${slip.asked}`], name), steps };
    }
    return told(
      byName(selector, name)
        ? ['name ', mention(name), ' instead']
        : ['compare it with the labels of ', mention(name)],
      name,
    );
  }
  const near = namespaces.find(({ name }) => byName(selector, name));
  if (near === undefined) return noRemedy;
  return told([`select ${nameLabel}, perhaps of `, mention(near.name)], near.name);
}

/** The value of a name-like key that is the name of a namespace. The author wrote it, so that nothing is given away. */
function namedBy(world: World, { key, operator, values }: Requirement): string | null {
  if (operator !== 'In' || key === nameLabel || !isNameLike(key)) return null;
  return (
    values.find((value) => world.namespace(value) !== undefined || !world.unitsIn(value).isEmpty()) ?? null
  );
}

/** Does the selector ask by name for a namespace whose name is nearly this one? */
function byName({ requirements }: Selector, name: string): boolean {
  return requirements.some(
    ({ key, operator, values }) =>
      operator === 'In' && isNameLike(key) && values.some((value) => isSlip(value, name)),
  );
}

function isNameLike(key: string): boolean {
  return nameLike.has(key.slice(key.lastIndexOf('/') + 1).toLowerCase());
}

function mention(name: string): Phrase[number] {
  return { kind: 'namespace', name };
}
