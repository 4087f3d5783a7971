import { describe, expect, test } from '@jest/globals';
import { genericProfile } from '../../src/model/profile.ts';
import { review } from '../../src/review/review.ts';
import { worldOf } from '../../src/world/build.ts';
import { contextOf, policy, puts, request, workload } from '../support/build.ts';
import { headlineRule, policyRule } from '../support/injected-rules.ts';
import { randomFrom } from '../support/reference/random.ts';
import { denyEgress, denyIngress, shop, shopObjects } from './shop.ts';

describe('a budget that ends', () => {
  const after = policy('shop/p', denyEgress);

  function told(stepsMax: number, expired = () => false) {
    return review(
      request({ after }),
      contextOf(shop(), { rules: [headlineRule()], limits: { stepsMax, expired } }),
    );
  }

  test('gives a partial answer that says what it left out', () => {
    const { decision, warnings, annotations, record } = told(1);
    const left = 'looked at 0 of 3 changed groups of pods before the step budget ran out';
    expect([decision, warnings.at(-2), record.partial, annotations.get('partial')]).toEqual([
      'admitted',
      `[partial] ${left}`,
      left,
      left,
    ]);
  });

  test('by the deadline says so', () => {
    const { record } = told(2_000_000, () => true);
    expect(record.partial).toBe('looked at 0 of 3 changed groups of pods before the time ran out');
  });

  test('that suffices leaves nothing out and takes as many steps each time', () => {
    const [first, second] = [told(2_000_000), told(2_000_000)];
    expect(first.record.partial).toBeNull();
    expect(first.annotations.has('partial')).toBe(false);
    expect(second).toEqual(first);
    expect(told(first.record.steps).record.partial).toBeNull();
    expect(told(first.record.steps - 1).record.steps).toBeGreaterThan(first.record.steps - 1);
  });

  test('is told right after the worst finding, however many there are', () => {
    const finds = () =>
      Array.from({ length: 20 }, (_, i) => ({
        key: `${i}`,
        happens: [`it is bad, ${String(i).padStart(2, '0')}`],
      }));
    const context = contextOf(shop(), { rules: [policyRule({ finds })], limits: { stepsMax: 1 } });
    expect(review(request({ after }), context).warnings).toEqual([
      '[test-rule] it is bad, 00; mend it',
      '[partial] looked at 0 of 3 changed groups of pods before the step budget ran out',
      '[test-rule] it is bad, 01; mend it',
      '[test-rule] it is bad, 10; mend it',
      '[test-rule] it is bad, 11; mend it',
      '+16 more; ref 3f9c1a2b',
    ]);
  });

  test('still lets rules about the text reject', () => {
    const context = contextOf(shop(), {
      rules: [policyRule()],
      settings: { modes: { enforce: 'baseline' } },
      limits: { stepsMax: 1 },
    });
    expect(review(request({ after }), context).message).toBe(
      '[test-rule] it is bad; mend it\n[partial] looked at 0 of 3 changed groups of pods before the step budget ran out\nref 3f9c1a2b',
    );
  });
});

describe('a rule that throws', () => {
  const boom = policyRule({
    id: 'broken-rule',
    finds: () => {
      throw new TypeError('cannot read pods of nothing');
    },
  });

  test('is reported as failed, and the findings of the others are there', () => {
    const { decision, message, annotations, record } = review(
      request({ after: policy('shop/p', denyIngress) }),
      contextOf(shop(), { rules: [boom, policyRule()], settings: { modes: { enforce: 'baseline' } } }),
    );
    expect([decision, message]).toEqual([
      'rejected',
      '[test-rule] it is bad; mend it\n[not-analysed] rule broken-rule failed; see the log for the ref\nref 3f9c1a2b',
    ]);
    expect(record.failed).toEqual([
      { rule: 'broken-rule', error: new TypeError('cannot read pods of nothing') },
    ]);
    expect(annotations.get('error')).toBe('rule broken-rule failed');
  });

  test('alone admits and says so', () => {
    const { decision, warnings } = review(
      request({ after: policy('shop/p', denyIngress) }),
      contextOf(shop(), { rules: [boom], settings: { modes: { enforce: 'baseline' } } }),
    );
    expect([decision, warnings]).toEqual([
      'admitted',
      ['[not-analysed] rule broken-rule failed; see the log for the ref', 'ref 3f9c1a2b'],
    ]);
  });

  test('in the middle of its findings loses those, too: half a rule is none', () => {
    const half = {
      ...policyRule({ id: 'half-rule' }),
      *check() {
        yield { key: '', at: 'spec', happens: ['half'], advice: [], affected: [] };
        throw new Error('out of words');
      },
    };
    const { findings, record } = review(
      request({ after: policy('shop/p', denyIngress) }),
      contextOf(shop(), { rules: [half] }),
    );
    expect([findings, record.failed.length]).toEqual([[], 1]);
  });

  test('with something that is no error is reported all the same', () => {
    const odd = policyRule({
      finds: () => {
        throw 'a word';
      },
    });
    const { record } = review(
      request({ after: policy('shop/p', denyIngress) }),
      contextOf(shop(), { rules: [odd] }),
    );
    expect(record.failed).toEqual([{ rule: 'test-rule', error: new Error('a word') }]);
  });
});

describe('the same picture', () => {
  test('gives the same answer in whatever order its events came', () => {
    const before = policy('shop/p', '{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}');
    const after = policy(
      'shop/p',
      '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]}',
    );
    const other = policy(
      'shop/other',
      '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}',
    );
    const events = puts([
      ...shopObjects(),
      before,
      other,
      workload('Deployment', 'shop/cart', 2),
      workload('CronJob', 'shop/night', null),
    ]);
    const answerOf = (order: typeof events) =>
      review(
        request({ before, after }),
        contextOf(worldOf(genericProfile, order), {
          rules: [
            headlineRule(),
            policyRule({ finds: ({ policy: { egress } }) => [{ key: `${egress === null}` }] }),
          ],
        }),
      );
    const expected = answerOf(events);
    expect(expected.warnings.length).toBe(3);
    for (let seed = 1; seed <= 50; seed += 1) {
      const rng = randomFrom(seed);
      const order = events
        .map((event) => ({ event, rank: rng.int(1_000_000) }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ event }) => event);
      expect(answerOf(order)).toEqual(expected);
    }
  });

  test('is not changed by being asked', () => {
    const world = shop();
    const ask = (spec: string) =>
      review(request({ after: policy('shop/p', spec) }), contextOf(world, { rules: [headlineRule()] }));
    const first = ask(denyEgress);
    ask(denyIngress);
    expect(ask(denyEgress)).toEqual(first);
  });
});
