import { describe, expect, test } from '@jest/globals';
import type { Review } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { type ContextMore, contextOf, type Json, policy, request } from '../support/build.ts';
import { policyRule } from '../support/injected-rules.ts';
import { denyIngress, shop } from './shop.ts';

const key = 'netsluice.dev/waive.test-rule';
const good = 'moved in July; until=2026-07-01';
const line = '[test-rule] it is bad; mend it';
const ref = 'ref 3f9c1a2b';

const allowed = {
  modes: { enforce: 'baseline' },
  waiversAllowed: [{ rules: ['test-rule', 'other-rule'], namespaces: ['shop'] }],
} as const;

function waived(annotations: Json): Json {
  return policy('shop/p', denyIngress, annotations);
}

function asked(annotations: Json, context: ContextMore = {}): Review {
  return review(
    request({ after: waived(annotations) }),
    contextOf(shop(), { rules: [policyRule()], settings: allowed, ...context }),
  );
}

describe('a waiver in the object', () => {
  test('silences its rule where the settings allow it, and the log keeps it', () => {
    const { decision, warnings, annotations, record } = asked({ [key]: good });
    expect([decision, warnings, record.wouldReject]).toEqual(['admitted', [], []]);
    expect(annotations.get('waived')).toBe('test-rule');
    expect(annotations.get('waivers')).toBe('test-rule valid (object): moved in July');
  });

  test('holds until the end of its day', () => {
    const on = (today: string) => asked({ [key]: good }, { limits: { today } }).decision;
    expect([on('2026-07-01'), on('2026-07-02')]).toEqual(['admitted', 'rejected']);
  });

  test.each([
    ['no leave at all', []],
    ['leave for another namespace', [{ rules: ['*'], namespaces: ['data'] }]],
    ['leave for another rule', [{ rules: ['other-rule'], namespaces: ['*'] }]],
    [
      'leave for rule and namespace, but not together',
      [
        { rules: ['test-rule'], namespaces: ['data'] },
        { rules: ['other-rule'], namespaces: ['shop'] },
      ],
    ],
  ])('is ignored and told with %s', (_title, waiversAllowed) => {
    const { decision, warnings } = asked({ [key]: good }, { settings: { waiversAllowed } });
    expect(decision).toBe('admitted');
    expect(warnings).toEqual([
      line,
      '[waiver] exemption not permitted here: test-rule; ask for it in the settings',
      ref,
    ]);
    const enforced = { modes: { enforce: 'baseline' }, waiversAllowed } as const;
    expect(asked({ [key]: good }, { settings: enforced }).message).toBe(
      `${line}\n[waiver] exemption not permitted here: test-rule; ask for it in the settings\n${ref}`,
    );
  });

  test('may be allowed for every rule and namespace', () => {
    const settings = { waiversAllowed: [{ rules: ['*'], namespaces: ['*'] }] };
    expect(asked({ [key]: good }, { settings }).warnings).toEqual([]);
  });

  test.each([
    '',
    'no day',
    'until=2026-07-01',
    '; until=2026-07-01',
    ' ; until=2026-07-01',
    'why; until=2026-7-1',
    'why; until=2026-06-20x',
    'why; until=2027-02-30',
    'why; until=2026-13-01',
    'why; until=',
    'why until=2026-07-01',
  ])('%j is malformed: no waiver, and told', (value) => {
    const { decision, message } = asked({ [key]: value });
    expect(decision).toBe('rejected');
    expect(message).toBe(
      `${line}\n[waiver] test-rule is malformed; write "reason; until=YYYY-MM-DD"\n${ref}`,
    );
  });

  test('a reason may hold the separator itself', () => {
    expect(asked({ [key]: 'a; until=then; until=2026-07-01' }).annotations.get('waivers')).toBe(
      'test-rule valid (object): a; until=then',
    );
  });

  test('that expired is told with its day', () => {
    const { message } = asked({ [key]: 'old; until=2026-06-14' });
    expect(message).toBe(
      `${line}\n[waiver] test-rule expired on 2026-06-14; renew it or mend the policy\n${ref}`,
    );
  });

  test('that nothing needs is told', () => {
    const { decision, warnings } = asked({ 'netsluice.dev/waive.other-rule': good }, { rules: [] });
    expect([decision, warnings]).toEqual(['admitted', ['[waiver] other-rule is not used; remove it', ref]]);
  });
});

describe('waivers in the settings', () => {
  const entry = { rule: 'test-rule', namespace: 'shop', name: 'p', reason: 'agreed', until: '2026-07-01' };

  test('hold without leave, for the object they name', () => {
    const settings = { modes: { enforce: 'baseline' }, waivers: [entry] } as const;
    const { decision, annotations } = asked({}, { settings });
    expect([decision, annotations.get('waivers')]).toEqual([
      'admitted',
      'test-rule valid (settings): agreed',
    ]);
  });

  test.each([{ name: 'q' }, { namespace: 'data' }, { rule: 'other-rule' }])(
    'but not for others: %j',
    (other) => {
      const settings = { modes: { enforce: 'baseline' }, waivers: [{ ...entry, ...other }] } as const;
      expect(asked({}, { settings }).decision).toBe('rejected');
    },
  );

  test('where two disagree the strictest wins, and both are logged', () => {
    const settings = { ...allowed, waivers: [{ ...entry, until: '2026-06-01' }] };
    const { decision, message, annotations } = asked({ [key]: good }, { settings });
    expect(decision).toBe('rejected');
    expect(message).toBe(
      `${line}\n[waiver] test-rule expired on 2026-06-01; renew it or mend the policy\n${ref}`,
    );
    expect(annotations.get('waivers')).toBe(
      'test-rule valid (object): moved in July\ntest-rule expired (settings): agreed',
    );
  });

  test('a malformed one counts as none beside a good one', () => {
    const settings = { ...allowed, waivers: [entry] };
    const { decision, warnings } = asked({ [key]: 'soon' }, { settings });
    expect([decision, warnings]).toEqual([
      'admitted',
      ['[waiver] test-rule is malformed; write "reason; until=YYYY-MM-DD"', ref],
    ]);
  });
});

describe('a waiver that goes away', () => {
  function updated(before: Json, after: Json): Review {
    const old = waived(before);
    return review(
      request({ before: old, after: waived(after) }),
      contextOf(shop({}, [old]), { rules: [policyRule()], settings: allowed }),
    );
  }

  test('makes its finding new', () => {
    expect(updated({ [key]: good }, {}).message).toBe(`${line}\n${ref}`);
  });

  test('that had expired makes nothing new', () => {
    const { decision, warnings } = updated({ [key]: 'x; until=2026-01-01' }, {});
    expect([decision, warnings]).toEqual(['admitted', []]);
  });

  test('that stays waives on', () => {
    const { decision, warnings } = updated({ [key]: good }, { [key]: 'longer; until=2026-08-01' });
    expect([decision, warnings]).toEqual(['admitted', []]);
  });
});
