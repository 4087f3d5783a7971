import { type Clause, clausesOf, directions } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R33. The policy has an empty `podSelector` and allow clauses, so that the clauses hold for every pod of the namespace,
 * those to come included. A policy without any `spec` is a default-deny for ingress, which nobody writes like that.
 */
export const wholeNamespaceTarget: PolicyRule = {
  id: 'whole-namespace-target',
  number: 'R33',
  title: 'The clauses hold for every pod of the namespace',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: `
      With an empty \`podSelector\` the allowing clauses hold for every pod of the namespace, and for
      every pod that comes later, whatever it is. Each of these pods is then as open as the one that
      needed it.

      A policy without any \`spec\` is read as a default-deny for ingress, which nobody writes like
      that.`,
    fix: 'Select the pods that need the clauses, and leave the empty selector to the default-deny.',
    fine: `
      It is fine, and silent, for a plain default-deny, for clauses that admit the own namespace only,
      and for DNS. A missing \`spec\` is an error in files only: through the API server it never is
      missing.`,
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    if (policy.source.spec === null) {
      yield {
        key: 'no-spec',
        at: 'spec',
        happens: ['there is no spec, so it isolates every pod of the namespace for ingress'],
        advice: ['write the spec'],
        affected: [],
        severity: always('error'),
        confidence: 'likely',
      };
      return;
    }
    const clauses = directions.flatMap((direction) => clausesOf(policy, direction));
    if (clauses.every(isUsual)) {
      if (policy.source.spec.podSelector === null && policy.source.written?.source === 'file')
        yield noSelector;
      return;
    }
    if (!selectsEverything(policy.subject)) return;
    yield {
      key: '',
      at: 'spec.podSelector',
      happens: ['its clauses hold for every pod of the namespace, those to come included'],
      advice: ['select the pods that need them'],
      affected: [],
    };
  },
};

/** The API server stores an empty one; in a file it may be a line that was to be filled in. */
const noSelector: Draft = {
  key: 'no-selector',
  at: 'spec.podSelector',
  happens: ['there is no podSelector, so it selects every pod of the namespace'],
  advice: ['write podSelector: {} if that is meant'],
  affected: [],
};

/** Allows the own namespace only, or DNS only. */
function isUsual({ direction, peers, ports }: Clause): boolean {
  const own = peers !== 'any' && peers.every((peer) => peer.kind === 'pods' && peer.namespaces === 'own');
  if (own || direction === 'ingress' || ports === 'any') return own;
  return ports.every((term) =>
    term.kind === 'range'
      ? term.from === term.to && (term.from === 53 || term.from === 5353)
      : term.name.startsWith('dns'),
  );
}
