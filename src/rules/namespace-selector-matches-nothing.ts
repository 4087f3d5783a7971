import { type Compared, noRemedy, remedyFor } from './namespace-remedies.ts';
import { soughtMax } from './near-miss.ts';
import { looksSomewhere, podPeersOf } from './pod-peers.ts';
import { podPeersIn } from './remedies.ts';
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
    const compared: Compared = { namespaces: null };
    for (const { clause, peer } of podPeersOf(input.policy)) {
      const { namespaces } = peer;
      if (namespaces === 'own' || looksSomewhere(input, peer)) continue;
      const key = `${clause.direction} ${namespaces.text}`;
      if (told.has(key)) continue;
      told.add(key);
      const { advice, related, steps } =
        told.size > soughtMax ? noRemedy : remedyFor(input, namespaces, compared);
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
