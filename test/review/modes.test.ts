import { describe, expect, test } from '@jest/globals';
import type { Review } from '../../src/model/review.ts';
import { type Modes, modesOf } from '../../src/review/modes.ts';
import { review } from '../../src/review/review.ts';
import { type ContextMore, contextOf, policy, request, settingsWith } from '../support/build.ts';
import { policyRule } from '../support/injected-rules.ts';
import { denyIngress, shop } from './shop.ts';

function modes(namespace: string, labels: Record<string, string>, settings = {}): string {
  const map = new Map(Object.entries(labels).map(([key, value]) => [`netsluice.dev/${key}`, value]));
  const { enforce, warn, audit, badLabels }: Modes = modesOf(
    namespace,
    map,
    settingsWith(settings),
    'netsluice',
  );
  return [`${enforce} ${warn} ${audit}`, ...badLabels].join(' ! ');
}

describe('the modes of a namespace', () => {
  test.each<[string, string, Record<string, string>, object, string]>([
    ['the defaults', 'shop', {}, {}, 'off baseline restricted'],
    ['a label raises', 'shop', { enforce: 'restricted' }, {}, 'restricted baseline restricted'],
    ['each mode by its own label', 'shop', { warn: 'restricted' }, {}, 'off restricted restricted'],
    ['a label never lowers', 'shop', { warn: 'off', audit: 'baseline' }, {}, 'off baseline restricted'],
    [
      'a label lowers where the settings name the namespace',
      'shop',
      { warn: 'off', audit: 'baseline' },
      { modes: { mayLower: ['shop'] } },
      'off off baseline',
    ],
    [
      'a label lowers nowhere else',
      'shop',
      { enforce: 'off' },
      { modes: { enforce: 'baseline', mayLower: ['data'] } },
      'baseline baseline restricted',
    ],
    [
      'an unknown value is the default and is told',
      'shop',
      { enforce: 'Restricted', warn: '' },
      { modes: { enforce: 'baseline' } },
      'baseline baseline restricted ! netsluice.dev/enforce ! netsluice.dev/warn',
    ],
    [
      'kube-system starts from off, baseline and the cluster’s audit',
      'kube-system',
      {},
      { modes: { enforce: 'restricted', warn: 'restricted', audit: 'baseline' } },
      'off baseline baseline',
    ],
    [
      'netsluice’s own namespace too',
      'netsluice',
      {},
      { modes: { enforce: 'restricted', warn: 'off' } },
      'off baseline restricted',
    ],
    [
      'only their own label raises these',
      'kube-system',
      { enforce: 'baseline' },
      {},
      'baseline baseline restricted',
    ],
  ])('%s', (_title, namespace, labels, settings, expected) => {
    expect(modes(namespace, labels, settings)).toBe(expected);
  });
});

function asked(labels: Record<string, string>, context: ContextMore = {}): Review {
  const world = shop(
    Object.fromEntries(Object.entries(labels).map(([key, value]) => [`netsluice.dev/${key}`, value])),
  );
  return review(
    request({ after: policy('shop/p', denyIngress) }),
    contextOf(world, { rules: [policyRule()], ...context }),
  );
}

const line = '[test-rule] it is bad; mend it';
const ref = 'ref 3f9c1a2b';

describe('what the modes do with an error', () => {
  test('enforce off: admitted, told, counted as one that would reject', () => {
    const { decision, message, warnings, record } = asked({});
    expect([decision, message, warnings, record.mode]).toEqual(['admitted', null, [line, ref], 'off']);
    expect(record.wouldReject).toEqual([
      { rule: 'test-rule', level: 'baseline' },
      { rule: 'test-rule', level: 'restricted' },
    ]);
  });

  test('enforce on: rejected with the same words, no warnings beside', () => {
    const { decision, message, warnings, annotations } = asked({ enforce: 'baseline' });
    expect([decision, message, warnings]).toEqual(['rejected', `${line}\n${ref}`, []]);
    expect(annotations.get('decision')).toBe('rejected');
  });

  test('warn off: silent to the user, in the audit annotations all the same', () => {
    const { warnings, annotations } = asked({}, { settings: { modes: { warn: 'off' } } });
    expect(warnings).toEqual([]);
    expect([annotations.get('rules'), annotations.get('findings')]).toEqual(['test-rule', line]);
  });

  test('audit off: nothing found in the annotations and the record, and told to the user all the same', () => {
    const { warnings, annotations, record } = asked({}, { settings: { modes: { audit: 'off' } } });
    expect([warnings, record.rules]).toEqual([[line, ref], []]);
    expect([annotations.has('rules'), annotations.has('findings')]).toEqual([false, false]);
  });

  test('a label of no known value is told', () => {
    expect(asked({ warn: 'loud' }).warnings).toEqual([
      line,
      '[mode] label netsluice.dev/warn is none of off, baseline, restricted; the default holds',
      ref,
    ]);
  });

  test('each mode judges at its own level', () => {
    const rule = policyRule({ severity: { baseline: 'info', restricted: 'error' } });
    const outcomes = ['baseline', 'restricted'].map((enforce) => asked({ enforce }, { rules: [rule] }));
    expect(outcomes.map(({ decision }) => decision)).toEqual(['admitted', 'rejected']);
    expect(outcomes[0]?.warnings).toEqual([]);
    expect(asked({ warn: 'restricted' }, { rules: [rule] }).warnings).toEqual([line, ref]);
    expect(asked({}, { rules: [rule] }).record.wouldReject).toEqual([
      { rule: 'test-rule', level: 'restricted' },
    ]);
  });

  test('info never reaches the user', () => {
    const { warnings, annotations } = asked(
      {},
      { rules: [policyRule({ severity: { baseline: 'info', restricted: 'info' } })] },
    );
    expect([warnings, annotations.get('findings')]).toEqual([[], line]);
  });
});

describe('who is excepted', () => {
  const enforce = { modes: { enforce: 'baseline' } } as const;

  test.each([
    [{ namespaces: ['shop'] }, 'namespace shop'],
    [{ usernames: ['ana'] }, 'user ana'],
    [{ groups: ['ops', 'dev'] }, 'group dev'],
  ])('%j is admitted without being analysed, and the log says why', (exempt, why) => {
    const { decision, warnings, annotations, record } = asked({}, { settings: { ...enforce, exempt } });
    expect([decision, warnings, record.outcome]).toEqual(['admitted', [], 'exempt']);
    expect([...annotations]).toEqual([
      ['decision', 'admitted'],
      ['outcome', 'exempt'],
      ['ref', '3f9c1a2b'],
      ['exempt', why],
    ]);
  });

  test('an exemption of somebody else excepts nobody', () => {
    const exempt = { namespaces: ['data'], usernames: ['an'], groups: ['de'] };
    expect(asked({}, { settings: { ...enforce, exempt } }).decision).toBe('rejected');
  });

  test('break-glass: admitted, told even where warnings are off, logged and counted', () => {
    const settings = {
      modes: { enforce: 'baseline', warn: 'off' },
      breakGlass: { groups: ['dev'] },
    } as const;
    const { decision, message, warnings, annotations, record } = asked({}, { settings });
    expect([decision, message]).toEqual(['admitted', null]);
    expect(warnings).toEqual([
      '[break-glass] admitted for a break-glass group, would have been rejected',
      line,
      ref,
    ]);
    expect([annotations.get('break-glass'), annotations.get('decision')]).toEqual(['dev', 'admitted']);
    expect(record.wouldReject.length).toBe(2);
    expect(record.excused).toEqual([{ by: 'break-glass', detail: 'dev' }]);
  });

  test('break-glass says nothing where nothing would be rejected', () => {
    const settings = { ...enforce, breakGlass: { groups: ['dev'] } };
    const { warnings, annotations } = asked({}, { settings, rules: [policyRule({ cure: 'policy' })] });
    expect([warnings, annotations.has('break-glass')]).toEqual([[line, ref], false]);
  });
});
