import { type Requirement, requirementText, type Selector } from '../model/selector.ts';
import { podPeersOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R37. Requirements of one selector exclude each other, so that it can never match: `app=a` and `app!=a`. The policy
 * protects nobody, or its peer allows nothing.
 */
export const selectorContradiction: PolicyRule = {
  id: 'selector-contradiction',
  number: 'R37',
  title: 'A selector contradicts itself',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: `
      All requirements of a selector must hold. Where two of them exclude each other it can never match:
      the policy protects nobody, or its peer allows nothing. It happens when \`matchLabels\` and
      \`matchExpressions\` are edited apart.`,
    fix: 'Drop one of the requirements.',
    fine: `
      Never. It is decided exactly, for each key: which values are left, and whether the label may be
      absent. Every namespace has \`kubernetes.io/metadata.name\`, so that a selector cannot ask for its
      absence.`,
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    const subject = contradiction(policy.subject, []);
    if (subject !== null)
      yield {
        ...draftOf(`podSelector ${policy.subject.text}`, 'spec.podSelector', subject, 'it selects no pod'),
        severity: always('error'),
      };
    for (const { peer, key } of podPeersOf(policy)) {
      const pods = contradiction(peer.pods, []);
      if (pods !== null)
        yield draftOf(`${key} pods`, `${peer.origin}.podSelector`, pods, 'the peer is nobody');
      const spaces = peer.namespaces === 'own' ? null : contradiction(peer.namespaces, [nameLabel]);
      if (spaces !== null)
        yield draftOf(`${key} namespaces`, `${peer.origin}.namespaceSelector`, spaces, 'the peer is nobody');
    }
  },
};

const nameLabel = 'kubernetes.io/metadata.name';

function draftOf(key: string, at: string, conflict: readonly Requirement[], so: string): Draft {
  const [first = '', ...others] = conflict.map(requirementText);
  const never =
    others.length === 0 ? `${first} never holds` : `${[first, ...others].join(' and ')} never hold together`;
  return { key, at, happens: [`${never}, so ${so}`], advice: ['drop one of the requirements'], affected: [] };
}

/** The requirements of the first key that no object can meet, or null. `present` names keys that every object has. */
function contradiction(
  { requirements }: Selector,
  present: readonly string[],
): readonly Requirement[] | null {
  for (const key of new Set(requirements.map((requirement) => requirement.key))) {
    const own = requirements.filter((requirement) => requirement.key === key);
    if (!canMeet(own, present.includes(key))) return own;
  }
  return null;
}

function canMeet(own: readonly Requirement[], mustExist: boolean): boolean {
  const has = (operator: Requirement['operator']) =>
    own.some((requirement) => requirement.operator === operator);
  if (!mustExist && !has('In') && !has('Exists')) return true;
  if (has('DoesNotExist')) return false;
  const lists = own.filter(({ operator }) => operator === 'In').map(({ values }) => values);
  const [first] = lists;
  // Without a list of values there is always one more that no NotIn names.
  if (first === undefined) return true;
  const banned = own.filter(({ operator }) => operator === 'NotIn').flatMap(({ values }) => values);
  return first.some((value) => lists.every((list) => list.includes(value)) && !banned.includes(value));
}
