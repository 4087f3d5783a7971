import { describe, expect, test } from '@jest/globals';
import type { Review, ReviewRequest } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import {
  type ContextMore,
  contextOf,
  type Json,
  namespace,
  pod,
  policy,
  request,
  worldWith,
} from '../support/build.ts';
import { headlineRule, policyRule, selectedPods } from '../support/injected-rules.ts';
import { denyIngress, shop } from './shop.ts';

const line = '[test-rule] it is bad; mend it';
const ref = 'ref 3f9c1a2b';
const enforce = { modes: { enforce: 'baseline' } } as const;

const onApps = (apps: string, annotations: Json = {}): Json =>
  policy(
    'shop/p',
    `{podSelector: {matchExpressions: [{key: app, operator: In, values: [${apps}]}]}}`,
    annotations,
  );

function asked(
  before: Json | null,
  after: Json | null,
  context: ContextMore = {},
  more: Partial<ReviewRequest> = {},
): Review {
  return review(
    request({ before, after }, more),
    contextOf(shop({}, before === null ? [] : [before]), {
      rules: [policyRule()],
      settings: enforce,
      ...context,
    }),
  );
}

describe('an update', () => {
  const rules = [policyRule({ finds: (input) => [{ affected: selectedPods(input) }] })];

  test('is silent about what the old object had already', () => {
    const { decision, warnings, record, findings } = asked(onApps('web, api'), onApps('api, web, nobody'), {
      rules,
    });
    expect([decision, warnings, record.wouldReject, findings.length]).toEqual(['admitted', [], [], 1]);
  });

  test('is silent where fewer pods are affected than before', () => {
    expect(asked(onApps('web, api'), onApps('web'), { rules }).decision).toBe('admitted');
  });

  test('is judged where a pod more is affected', () => {
    expect(asked(onApps('web'), onApps('web, api'), { rules }).message).toBe(`${line}\n${ref}`);
  });

  test('is judged where other pods are affected', () => {
    expect(asked(onApps('web'), onApps('api'), { rules }).decision).toBe('rejected');
  });

  test('is judged where the rule says something else than of the old object', () => {
    const keyed = policyRule({ finds: ({ policy: { subject } }) => [{ key: subject.text }] });
    expect(asked(onApps('web'), onApps('web, api'), { rules: [keyed] }).decision).toBe('rejected');
  });

  test('is old by identity, whatever place and words', () => {
    const moved = policyRule({
      finds: ({ policy: { subject } }) => [{ at: `spec.${subject.text}`, happens: [subject.text] }],
    });
    expect(asked(onApps('web'), onApps('api'), { rules: [moved] }).decision).toBe('admitted');
  });

  test('compares with the request’s old object, not with the cached one', () => {
    const cached = onApps('web, api');
    const context = contextOf(shop({}, [cached]), { rules, settings: enforce });
    const request1 = request({ before: onApps('web'), after: onApps('web, api') });
    expect(review(request1, context).decision).toBe('rejected');
  });

  test('judges the old object on the same world, in which the new one is not', () => {
    const seen: string[] = [];
    const rule = policyRule({
      finds: ({ world, previous, policy: { subject } }) => {
        const names = [...world.policiesIn('shop')].map((found) => `${found.ref.name} ${found.subject.text}`);
        seen.push(`${subject.text}: ${names.join()} ${previous === null ? 'no previous' : 'previous'}`);
        return [{}];
      },
    });
    asked(onApps('web'), onApps('api'), { rules: [rule] });
    expect(seen).toEqual(['app=api: p app=api previous', 'app=web: p app=web no previous']);
  });

  test('from an object that cannot be read excuses nothing', () => {
    const before = policy('shop/p', '{policyTypes: [Sideways]}');
    expect(asked(before, onApps('web'), { rules }).decision).toBe('rejected');
  });

  test.each<[string, Json]>([
    ['nothing', onApps('web')],
    [
      'labels and other annotations',
      policy('shop/p', '{podSelector: {matchLabels: {app: web}}}', { team: 'blue' }, { labels: { a: 'b' } }),
    ],
    [
      'a default written out',
      policy('shop/p', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: []}'),
    ],
  ])('that changes %s is silent and not analysed', (_title, after) => {
    const { decision, warnings, record } = asked(onApps('web'), after);
    expect([decision, warnings, record.outcome]).toEqual(['admitted', [], 'unchanged']);
  });

  test('that changes only an annotation of ours is analysed', () => {
    const { record } = asked(onApps('web'), onApps('web', { 'netsluice.dev/note': 'x' }));
    expect(record.outcome).toBe('analysed');
  });
});

describe('a deletion', () => {
  const deny = policy('shop/p', denyIngress);

  test('is admitted, and what would be an error is told as a warning', () => {
    const rejecting = { ...enforce, rules: { 'pods-newly-isolated': 'reject' } } as const;
    const { decision, message, warnings, record } = asked(deny, null, {
      rules: [headlineRule()],
      settings: rejecting,
    });
    expect([decision, message]).toEqual(['admitted', null]);
    expect(warnings).toEqual(['frees 3 workloads (7 pods) for ingress', ref]);
    expect(record.wouldReject).toEqual([]);
  });

  test('is silent where warnings are off', () => {
    const settings = { modes: { warn: 'off' } } as const;
    expect(asked(deny, null, { rules: [headlineRule()], settings }).warnings).toEqual([]);
  });

  test('of an item of a collection, which has no name, is told too', () => {
    const { warnings, record } = asked(deny, null, { rules: [headlineRule()] }, { name: '' });
    expect([warnings, record.outcome]).toEqual([['frees 3 workloads (7 pods) for ingress', ref], 'analysed']);
  });

  test('in a terminating namespace is silent and not analysed', () => {
    const world = worldWith([
      namespace('shop', {}, { deletionTimestamp: '2026-06-15T00:00:00Z' }),
      pod('shop/web-0'),
      deny,
    ]);
    const { decision, warnings, record } = review(
      request({ before: deny }),
      contextOf(world, { rules: [headlineRule()], settings: enforce }),
    );
    expect([decision, warnings, record.outcome]).toEqual(['admitted', [], 'terminating']);
  });
});

describe('a dry run', () => {
  test('has the same answer, and is not counted among what would reject', () => {
    const real = asked(null, onApps('web'));
    const dry = asked(null, onApps('web'), {}, { dryRun: true });
    expect({ ...dry, record: null }).toEqual({ ...real, record: null });
    expect([real.record.wouldReject.length, dry.record.wouldReject.length]).toEqual([2, 0]);
    expect({ ...dry.record, wouldReject: [] }).toEqual({ ...real.record, wouldReject: [] });
  });
});
