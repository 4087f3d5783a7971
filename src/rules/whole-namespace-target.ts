import { type Clause, clausesOf, directions } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R33. The policy has an empty `podSelector` and allow clauses, so that the clauses hold for every pod of the namespace,
 * those to come included. A policy without any `spec` is a default-deny for ingress, which nobody writes like that.
 *
 * Fine for a plain default-deny, for clauses that only admit the own namespace, and for DNS. The info is for the rest.
 * A missing spec is an error in files only: it is no more than likely to be a slip, and through the API server the spec
 * is never missing.
 *
 * Fix: select the pods that need the clauses. Platforms do not differ.
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
    if (!selectsEverything(policy.subject) || clauses.every(isUsual)) return;
    yield {
      key: '',
      at: 'spec.podSelector',
      happens: ['its clauses hold for every pod of the namespace, those to come included'],
      advice: ['select the pods that need them'],
      affected: [],
    };
  },
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
