/** Rules for tests of the review: they say what the test wants, whatever the catalogue holds. */
import type { Finding } from '../../src/model/finding.ts';
import {
  always,
  type ChangeRule,
  type Draft,
  type PolicyInput,
  type PolicyRule,
} from '../../src/rules/rule.ts';
import { podIds } from '../../src/world/unit.ts';

const draft: Draft = { key: '', at: 'spec', happens: ['it is bad'], advice: ['mend it'], affected: [] };

type RuleMore = Partial<Omit<PolicyRule, 'judges' | 'check'>> & {
  /** What it finds in a version of a policy; one finding with no pods where nothing is given. */
  readonly finds?: (input: PolicyInput) => readonly Partial<Draft>[];
};

/** A rule that speaks of every policy: an error for certain that nothing cures. */
export function policyRule({ finds = () => [{}], ...more }: RuleMore = {}): PolicyRule {
  return {
    id: 'test-rule',
    number: 'R99',
    title: 'A rule of the tests',
    judges: 'policy',
    severity: always('error'),
    confidence: 'certain',
    cure: 'none',
    needs: [],
    restsOnVerdicts: false,
    cost: 'text',
    page: { why: '', fix: '', fine: '', platforms: '' },
    ...more,
    check: (input) => finds(input).map((found) => ({ ...draft, ...found })),
  };
}

/** A rule whose finding has the headline's severity; it never gets a line of its own. */
export function headlineRule(severity: Finding['severity'] = always('warning')): ChangeRule {
  return {
    ...policyRule(),
    id: 'pods-newly-isolated',
    number: 'R13',
    severity,
    cure: 'policy',
    judges: 'change',
    needs: ['Pod', 'Namespace', 'NetworkPolicy'],
    restsOnVerdicts: true,
    cost: 'change',
    check: () => [draft],
  };
}

/** The pods that a version of a policy selects. */
export function selectedPods({ policy, world }: PolicyInput): string[] {
  const ids: string[] = [];
  world.subjects(policy).forEach((id) => {
    const unit = world.unit(id);
    if (unit !== undefined) ids.push(...podIds(unit));
  });
  return ids.sort();
}
