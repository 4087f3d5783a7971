import type { FixStep, Phrase, Related } from '../model/finding.ts';
import type { NamespaceRecord } from '../model/objects.ts';
import { matches, type Requirement, type Selector, selectorOf } from '../model/selector.ts';
import type { World } from '../world/world.ts';
import { slipsFrom, slipsOf } from './near-miss.ts';
import { objectThat } from './related.ts';
import { keySteps, labelSteps } from './remedies.ts';
import type { PolicyInput } from './rule.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Keys that people take for the name of a namespace. */
const nameLike: ReadonlySet<string> = new Set(['name', 'namespace', 'ns', 'metadata.name', 'namespace-name']);

/** How many namespaces are compared at most. */
const comparedMax = 1000;

export interface Remedy {
  readonly advice: Phrase;
  readonly related: readonly Related[];
  readonly steps: (at: string, selector: Selector) => readonly FixStep[];
}

/** The namespaces that are looked at for every selector that needs a remedy, in no order; null until the first one does. */
export interface Compared {
  namespaces: readonly NamespaceRecord[] | null;
}

export const noRemedy: Remedy = { advice: [], related: [], steps: () => [] };

/** What was probably meant by a selector that matches no namespace. */
export function remedyFor({ policy, world }: PolicyInput, selector: Selector, compared: Compared): Remedy {
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
  compared.namespaces ??= someNamespaces(world, comparedMax);
  const { namespaces } = compared;
  const slipIn = slipsFrom(selector);
  const isNamed = naming(selector);
  const meant = firstOf(namespaces, ({ labels }) => slipIn(labels) !== null);
  const slip = meant === null ? null : slipIn(meant.labels);
  if (meant !== null && slip !== null) {
    const { name } = meant;
    if (name === policy.ref.namespace) {
      const steps: Remedy['steps'] = (at, each) => labelSteps(at, each, slip);
      return { ...told([`write ${slip.found} for ${slip.asked}`], name), steps };
    }
    return told(
      isNamed(name)
        ? ['name ', mention(name), ' instead']
        : ['compare it with the labels of ', mention(name)],
      name,
    );
  }
  const near = firstOf(namespaces, ({ name }) => isNamed(name));
  if (near === null) return noRemedy;
  return told([`select ${nameLabel}, perhaps of `, mention(near.name)], near.name);
}

/** At most so many namespaces, whichever they are. */
function someNamespaces(world: World, most: number): readonly NamespaceRecord[] {
  const found: NamespaceRecord[] = [];
  for (const record of world.namespaces()) if (found.push(record) === most) break;
  return found;
}

/** The first by name of those that are meant. */
function firstOf(
  namespaces: readonly NamespaceRecord[],
  isMeant: (namespace: NamespaceRecord) => boolean,
): NamespaceRecord | null {
  let first: NamespaceRecord | null = null;
  for (const namespace of namespaces)
    if ((first === null || namespace.name < first.name) && isMeant(namespace)) first = namespace;
  return first;
}

/** The value of a name-like key that is the name of a namespace. The author wrote it, so that nothing is given away. */
function namedBy(world: World, { key, operator, values }: Requirement): string | null {
  if (operator !== 'In' || key === nameLabel || !isNameLike(key)) return null;
  return (
    values.find((value) => world.namespace(value) !== undefined || !world.unitsIn(value).isEmpty()) ?? null
  );
}

/** Does the selector ask by name for a namespace whose name is nearly this one? */
function naming({ requirements }: Selector): (name: string) => boolean {
  const asked = requirements.filter(({ key, operator }) => operator === 'In' && isNameLike(key));
  const near = asked.flatMap(({ values }) => values.map(slipsOf));
  return (name) => near.some((isSlip) => isSlip(name));
}

function isNameLike(key: string): boolean {
  return nameLike.has(key.slice(key.lastIndexOf('/') + 1).toLowerCase());
}

function mention(name: string): Phrase[number] {
  return { kind: 'namespace', name };
}
