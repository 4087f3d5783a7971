import type { PolicyType } from '../model/network-policy.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R69. `policyTypes` is left out, so that readers must know what the API server makes of it, or names one type twice,
 * which the API takes and which is likely meant as both.
 *
 * Left out is told only where the author's own text is known. Where egress clauses stand alone, R03 tells the harm
 * instead.
 *
 * Fix: write the types. Platforms do not differ.
 */
export const policyTypesStyle: PolicyRule = {
  id: 'policy-types-style',
  number: 'R69',
  title: 'policyTypes is left out or names a type twice',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  admission: 'silent',
  page: {
    why: 'Where `policyTypes` is left out, the API server sets it: Ingress always, Egress if there are egress clauses. Whoever adds or drops an egress section later changes what is denied, without touching a line about it. A list such as `[Egress, Egress]` is accepted, means Egress alone, and was most likely meant as both.',
    fix: 'Write the directions that the policy is to restrict. For a list that was left out, `lint --fix` writes what the API server would set.',
    fine: 'Nothing changes as long as the clauses stay as they are: this is style, and an info. Where egress clauses stand alone, [egress-only-policy-denies-ingress](egress-only-policy-denies-ingress.md) tells the harm instead.',
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    const { spec, written } = policy.source;
    if (spec === null) return;
    const [first, second] = spec.policyTypes;
    if (first !== undefined && first === second) {
      yield {
        key: 'twice',
        at: 'spec.policyTypes',
        happens: [
          `policyTypes names ${first} twice and ${first === 'Ingress' ? 'Egress' : 'Ingress'} not at all`,
        ],
        advice: ['write [Ingress, Egress] if both are meant, else name it once'],
        affected: [],
      };
      return;
    }
    if (written === null || written.given.has('policyTypes')) return;
    const egress = policy.egress !== null;
    if (egress && spec.ingress.length === 0 && !written.given.has('ingress')) return;
    const types: PolicyType[] = egress ? ['Ingress', 'Egress'] : ['Ingress'];
    yield {
      key: 'omitted',
      at: 'spec.policyTypes',
      happens: [`policyTypes is left out and becomes [${types.join(', ')}]`],
      advice: ['write it, so that readers see what is denied'],
      affected: [],
      fix: [{ op: 'set', at: 'spec.policyTypes', value: types }],
    };
  },
};
