import { isolatedUnits, newlyHarmed, podsOf } from './isolated-pods.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R03. The author wrote egress clauses alone and no `policyTypes`. "By default Ingress will always be set", so the pods
 * lose everything that comes in as well.
 *
 * Known only where the author's own text is: in a file, in what kubectl noted down, or in what a server-side apply owns.
 * Silent where `policyTypes` or `ingress` is written, however empty the list, and at admission where the pods were
 * isolated for ingress before.
 *
 * Fix: write `policyTypes: [Egress]`. Platforms do not differ.
 */
export const egressOnlyPolicyDeniesIngress: PolicyRule = {
  id: 'egress-only-policy-denies-ingress',
  number: 'R03',
  title: 'Egress clauses without policyTypes deny all ingress too',
  judges: 'policy',
  severity: always('error'),
  confidence: 'certain',
  cure: 'policy',
  needs: [],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: 'An author who writes egress clauses alone means to restrict egress. Where `policyTypes` is missing, the API server sets it to `[Ingress, Egress]`: Ingress always, Egress because there are egress clauses. No ingress clause is there, so the pods also refuse everything that comes in. Nothing complains; the pods just stop answering. Published examples have this mistake.',
    fix: 'Write `policyTypes: [Egress]`. If ingress is to be denied as well, write `policyTypes: [Ingress, Egress]`, so that readers see it.',
    fine: 'It is an error in files. At admission it warns, because another policy may let traffic in. Silent where `policyTypes` is written, where an `ingress` list is written (even an empty one: somebody thought of ingress), and at admission where the pods were isolated for ingress before. In the cluster the stored object does not tell what its author wrote; the webhook looks at what `kubectl apply` noted down or at what a server-side apply owns, and is silent where neither is there.',
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { spec, written } = input.policy.source;
    if (spec === null || written === null || !written.given.has('egress')) return;
    if (written.given.has('policyTypes') || written.given.has('ingress')) return;
    if (spec.egress.length === 0 || spec.ingress.length > 0) return;
    if (input.policy.ingress === null || input.policy.egress === null) return;
    const units = isolatedUnits(input, 'ingress');
    const newly = newlyHarmed(input, units, (world) => {
      const isolated = world.isolated('ingress');
      return ({ id }) => isolated.has(id);
    });
    if (units.length > 0 && newly.length === 0) return;
    yield {
      key: '',
      at: 'spec.egress',
      happens: ['policyTypes is missing, so its pods refuse all ingress too until another policy allows it'],
      advice: ['write policyTypes: [Egress], or [Ingress, Egress] if that is meant'],
      affected: podsOf(newly),
      fix: [{ op: 'set', at: 'spec.policyTypes', value: ['Egress'] }],
    };
  },
};
