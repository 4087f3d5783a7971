import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { Budget, unbounded } from '../../src/impact/budget.ts';
import type { Change } from '../../src/model/change.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import { genericProfile } from '../../src/model/profile.ts';
import type { Review } from '../../src/model/review.ts';
import { caseOf } from '../../src/review/case-of.ts';
import { review } from '../../src/review/review.ts';
import { rules as catalogue } from '../../src/rules/registry.ts';
import type { PolicyRule } from '../../src/rules/rule.ts';
import { type Judgement, judge } from '../../src/rules/run.ts';
import { contextOf, namespace, pod, policy, request, running, worldWith } from '../support/build.ts';
import { policyRule } from '../support/injected-rules.ts';

const world = worldWith([namespace('shop'), ...running('shop/web', 3), pod('shop/db')]);
const compiled = (text: string) =>
  compileNetworkPolicy(decodeNetworkPolicy(policy('shop/p', text)), genericProfile);
const after = compiled('{podSelector: {}}');
const change = { edits: [{ kind: 'policy' as const, before: null, after }] };

/** A rule that asks for one pod as often as it is told to, and then speaks. */
function asking(id: string, times: number, more: Partial<PolicyRule> = {}): PolicyRule {
  const rule = policyRule({ id, cost: 'namespace', ...more });
  return {
    ...rule,
    check: (input) => {
      for (let i = 0; i < times; i += 1) input.world.unit(0);
      return rule.check(input);
    },
  };
}

function judged(rules: readonly PolicyRule[], budget: Budget, laid: Change = change): Judgement {
  return judge(rules, caseOf(world, laid, laid), budget);
}

const saying = ({ findings }: Judgement): string[] => findings.map(({ finding }) => finding.rule);

describe('a rule that looks at more than the share of the rules', () => {
  const found = judged(
    [asking('endless', 500), asking('short', 10), asking('text', 0, { cost: 'text' })],
    new Budget(1000, () => false),
  );

  test('says nothing and is named', () => {
    expect(found.unfinished).toEqual(['endless']);
    expect(found.failed).toEqual([]);
  });

  test('leaves the rules before it, in the order of their costs, what they say', () => {
    const last = judged(
      [asking('endless', 500, { cost: 'peers' }), asking('short', 10)],
      new Budget(1000, () => false),
    );
    expect([saying(last), last.unfinished]).toEqual([['short'], ['endless']]);
  });

  test('leaves most of the budget to the difference', () => {
    expect(found.difference.partial).toBeNull();
    expect(found.difference.flips.length).toBe(2);
  });

  test('is not one where nothing is bounded', () => {
    const all = judged([asking('endless', 500_000), asking('short', 10)], unbounded());
    expect([saying(all), all.unfinished]).toEqual([['endless', 'short'], []]);
  });

  test('may do so for the old version: then nobody knows what is old', () => {
    const old = compiled('{podSelector: {matchLabels: {app: db}}}');
    const rule = policyRule({ id: 'half', cost: 'namespace' });
    const half: PolicyRule = {
      ...rule,
      check: (input) => {
        if (input.policy === old) for (let i = 0; i < 500; i += 1) input.world.unit(0);
        return rule.check(input);
      },
    };
    const update = { edits: [{ kind: 'policy' as const, before: old, after }] };
    const result = judged([half], new Budget(1000, () => false), update);
    expect([saying(result), result.unfinished]).toEqual([[], ['half']]);
  });
});

test('a rule about the text speaks when all steps are spent, and no rule when the time is over', () => {
  const rules = [asking('short', 10), asking('text', 0, { cost: 'text' })];
  const spent = judged(rules, new Budget(1, () => false));
  expect([saying(spent), spent.unfinished]).toEqual([['text'], ['short']]);
  const late = judged(rules, new Budget(1000, () => true));
  expect([saying(late), late.unfinished]).toEqual([[], ['text', 'short']]);
});

describe('an answer', () => {
  const created = request({ after: policy('shop/p', '{podSelector: {}}') });

  function answered(rules: readonly PolicyRule[], stepsMax: number): Review {
    return review(created, contextOf(world, { rules, limits: { stepsMax } }));
  }

  test('names the rules that did not finish', () => {
    const endless = ['a-rule', 'b-rule', 'c-rule', 'd-rule'].map((id) => asking(id, 500));
    const { record, warnings } = answered(endless, 1000);
    const left = 'not judged by a-rule, b-rule, 2 more: more to look at than a review may take';
    expect(record.partial).toBe(left);
    expect(warnings).toContain(`[partial] ${left}`);
  });

  test('says both gaps where the difference has one too', () => {
    expect(answered([asking('a-rule', 500)], 3).record.partial).toBe(
      'looked at 0 of 2 changed groups of pods before the step budget ran out; ' +
        'not judged by a-rule: more to look at than a review may take',
    );
  });

  test('counts the steps of the rules among its own', () => {
    expect(answered([asking('a-rule', 50)], 1000).record.steps).toBe(answered([], 1000).record.steps + 50);
  });
});

test('all rules together are cut off in a namespace that is too large for the budget, and the answer says so', () => {
  const crowd = worldWith([
    namespace('shop'),
    ...Array.from({ length: 300 }, (_, i) => pod(`shop/pod-${i}`, { labels: { app: `app-${i}` } })),
  ]);
  const { record } = review(
    request({ after: policy('shop/p', '{podSelector: {}, policyTypes: [Ingress, Egress]}') }),
    contextOf(crowd, { rules: catalogue, limits: { stepsMax: 2000 } }),
  );
  expect(record.failed).toEqual([]);
  expect(record.steps).toBeLessThan(2 * 2000);
  expect(record.partial).toMatch(
    /^not judged by [a-z-]+, [a-z-]+, \d+ more: more to look at than a review may take$/,
  );
});
