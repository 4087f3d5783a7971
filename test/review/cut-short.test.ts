import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { Budget } from '../../src/impact/budget.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import { genericProfile } from '../../src/model/profile.ts';
import type { Review } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { settledReview } from '../../src/review/settled-review.ts';
import { rules } from '../../src/rules/registry.ts';
import { contextOf, policy, request } from '../support/build.ts';
import { denyEgress, shop } from './shop.ts';

const asked = [
  { what: 'lets nothing out', before: null, after: denyEgress },
  {
    what: 'takes some callers away',
    before: '{podSelector: {}, ingress: [{}]}',
    after: '{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 8080}]}]}',
  },
];
const world = shop();
/** The others have a share of the budget, and are named where that ends. */
const aboutChanges = rules.filter(({ judges }) => judges === 'change');

/** What a reader takes for whole must be whole; the steps that it took are its own affair. */
function told({ warnings, findings, decision, message, annotations, record }: Review) {
  const said = new Map([...annotations].filter(([key]) => key !== 'steps'));
  return { warnings, findings, decision, message, said, connections: record.connections };
}

describe('an answer to a change for which there was not enough time', () => {
  test.each(asked)('says so, wherever the budget ends, or is the whole one: $what', ({ before, after }) => {
    const object = (spec: string | null) => (spec === null ? null : policy('shop/p', spec));
    const given = request({ before: object(before), after: object(after) }, { namespace: 'shop', name: 'p' });
    const answerIn = (stepsMax: number): Review =>
      review(given, contextOf(world, { rules: aboutChanges, limits: { stepsMax } }));
    const whole = answerIn(1_000_000);
    expect([whole.record.partial, whole.record.connections.blocked > 0]).toEqual([null, true]);
    const limits = Array.from({ length: whole.record.steps - 1 }, (_, i) => i + 1);
    const silent = limits
      .map((stepsMax) => ({ stepsMax, answer: answerIn(stepsMax) }))
      .filter(({ answer }) => answer.record.partial === null);
    expect(silent.length).toBeLessThan(limits.length);
    for (const { stepsMax, answer } of silent)
      expect({ stepsMax, ...told(answer) }).toEqual({ stepsMax, ...told(whole) });
  });
});

describe('the settled review for which there was not enough time', () => {
  const after = shop({}, [policy('shop/p', '{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}')]);
  const open = compileNetworkPolicy(
    decodeNetworkPolicy(policy('shop/p', '{podSelector: {}, ingress: [{}]}')),
    genericProfile,
  );
  const settledIn = (stepsMax: number): string | null => {
    const { settings, freshness, ownNamespace, limits } = contextOf(after);
    const given = {
      world: after,
      settings,
      rules: aboutChanges,
      freshness,
      today: limits.today,
      ownNamespace,
    };
    return (
      settledReview('shop', [open], { ...given, budget: new Budget(stepsMax, () => false) })?.text ?? null
    );
  };

  test('says what was left out, wherever the budget ends, or is the whole one', () => {
    const whole = settledIn(1_000_000);
    const texts = new Set(Array.from({ length: 200 }, (_, i) => settledIn(i + 1)));
    const said = [...texts].filter((text) => text !== null);
    expect(said).toContain(whole);
    const labels = ['not all connections were counted', 'changed groups of pods only'];
    const silent = said.filter((text) => !labels.some((label) => text.includes(label)));
    expect([silent, said.some((text) => text.includes('not all connections'))]).toEqual([[whole], true]);
  });
});
