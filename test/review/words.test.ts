import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Phrase } from '../../src/model/finding.ts';
import { review } from '../../src/review/review.ts';
import { answerLines, cut, findingLine, runes, sanitise } from '../../src/review/words.ts';
import { always, type Draft } from '../../src/rules/rule.ts';
import { contextOf, type Json, policy, request, running, worldWith } from '../support/build.ts';
import { headlineRule, policyRule } from '../support/injected-rules.ts';
import { warningsThatArrive } from '../support/warning-filter.ts';
import { denyIngress, shop } from './shop.ts';

/** Texts as an attacker or an accident would write them: control, direction, joined and broken characters. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      '\n',
      '\r',
      '\t',
      '\u001b',
      '\u0000',
      '\u007f',
      '\u0085',
      '\u202e',
      '\u2066',
      '\u2028',
      '\ud800',
      '\udfff',
      '😀',
      '👩‍👩‍👧',
      'é',
      '…',
      '%',
      '"',
      '\\',
      ' ',
    ),
    maxLength: 5_000,
  }),
  fc.constantFrom('x'.repeat(253), '-'.repeat(5_000), '', ' ', '__proto__'),
);

function told(drafts: readonly Partial<Draft>[], contact = ''): readonly string[] {
  return review(
    request({ after: policy('shop/p', denyIngress) }),
    contextOf(shop(), {
      rules: [policyRule({ cure: 'policy', finds: () => drafts })],
      settings: { contact },
    }),
  ).warnings;
}

function everyLineArrives(warnings: readonly string[]): void {
  expect(warningsThatArrive(warnings)).toEqual(warnings);
  expect(warnings.length).toBeLessThanOrEqual(6);
  expect(Math.max(0, ...warnings.map(runes))).toBeLessThanOrEqual(240);
  expect(warnings.reduce((sum, line) => sum + runes(line), 0)).toBeLessThanOrEqual(1200);
}

describe('one answer', () => {
  test('has at most six lines, the last one the ref and how many were left out', () => {
    const drafts = Array.from({ length: 200 }, (_, i) => ({
      key: String(i).padStart(3, '0'),
      happens: [`finding ${String(i).padStart(3, '0')}`],
    }));
    expect(told(drafts)).toEqual([
      '[test-rule] finding 000; mend it',
      '[test-rule] finding 001; mend it',
      '[test-rule] finding 002; mend it',
      '[test-rule] finding 003; mend it',
      '[test-rule] finding 004; mend it',
      '+195 more; ref 3f9c1a2b',
    ]);
  });

  test('of five lines leaves none out', () => {
    const drafts = Array.from({ length: 5 }, (_, i) => ({ key: `${i}`, happens: [`finding ${i}`] }));
    expect(told(drafts).at(-1)).toBe('ref 3f9c1a2b');
  });

  test('has at most 1,200 runes, whatever was left out', () => {
    const drafts = Array.from({ length: 5 }, (_, i) => ({
      key: `${i}`,
      happens: [`${i}${'😀'.repeat(400)}`],
    }));
    const lines = told(drafts, 'c'.repeat(120));
    expect(lines.map(runes)).toEqual([240, 240, 240, 240, 132 + '+1 more; '.length + 1]);
    everyLineArrives(lines);
  });

  test('says equal things once', () => {
    expect(told([{ key: 'a' }, { key: 'b' }])).toEqual(['[test-rule] it is bad; mend it', 'ref 3f9c1a2b']);
  });

  test('that says nothing has no ref', () => {
    expect([told([]), answerLines([], 'r', 'ask us')]).toEqual([[], []]);
  });

  test('names the contact behind the ref', () => {
    expect(told([{}], 'ask #net').at(-1)).toBe('ref 3f9c1a2b ask #net');
  });

  test('is ordered: errors, then by rule, place and key', () => {
    const { message, warnings } = { ...reviewOf('off'), message: reviewOf('baseline').message };
    const error = '[b-rule] it is bad; mend it';
    expect(warnings).toEqual([
      error,
      '[a-rule] first; mend it',
      '[a-rule] second; mend it',
      '[a-rule] third; mend it',
      'ref 3f9c1a2b',
    ]);
    expect(message).toBe(`${error}\nref 3f9c1a2b`);
  });

  function reviewOf(enforce: 'off' | 'baseline') {
    const drafts = [
      { at: 'spec.b', happens: ['third'] },
      { at: 'spec.a', key: 'z', happens: ['second'] },
      { at: 'spec.a', key: 'k', happens: ['first'] },
    ];
    const rules = [
      policyRule({ id: 'a-rule', number: 'R01', severity: always('warning'), finds: () => drafts }),
      policyRule({ id: 'b-rule', number: 'R02' }),
    ];
    return review(
      request({ after: policy('shop/p', denyIngress) }),
      contextOf(shop(), { rules, settings: { modes: { enforce } } }),
    );
  }
});

describe('one line', () => {
  const finding = (happens: Phrase, advice: Phrase = ['mend it']) =>
    ({ rule: 'test-rule', happens, advice }) as unknown as Parameters<typeof findingLine>[0];

  test('shortens names before anything else, and never the count or the advice', () => {
    const name = 'n'.repeat(253);
    const workloads = {
      kind: 'workloads',
      of: 12,
      examples: [
        { namespace: name, name },
        { namespace: name, name },
      ],
    } as const;
    expect(findingLine(finding(['blocks ', workloads]), () => true, ' (data 3 min old)')).toBe(
      `[test-rule] blocks ${Array(2)
        .fill(`${'n'.repeat(11)}…/${'n'.repeat(11)}…`)
        .join(', ')}, +10; mend it (data 3 min old)`,
    );
  });

  test('keeps names whole where the line stays short', () => {
    const name = 'n'.repeat(60);
    expect(findingLine(finding([{ kind: 'namespace', name }], []), () => true, '')).toBe(
      `[test-rule] ${name}`,
    );
  });

  test('of words alone is cut with an ellipsis', () => {
    const line = findingLine(finding(['word '.repeat(100)]), () => true, '');
    expect([runes(line), line.endsWith('…')]).toEqual([240, true]);
  });

  test.each([
    ['a\nb\tc\u001b[31md', 'abc[31md'],
    ['left \u202eright\u2066 to\u200b left', 'left right to left'],
    ['half \ud83d', 'half \ufffd'],
    ['emoji 😀 stays', 'emoji 😀 stays'],
    ['line\u2028paragraph\u2029', 'lineparagraph'],
  ])('%j becomes %j', (text, expected) => {
    expect(sanitise(text)).toBe(expected);
  });

  test('cuts characters, never in two', () => {
    expect([cut('😀😀😀', 3), cut('😀😀😀', 2)]).toEqual(['😀😀😀', '😀…']);
  });
});

describe('whatever the names are', () => {
  test('every line of an answer passes the API server’s filter', () => {
    const phrase = fc.array(
      fc.oneof(
        hostile,
        fc.record({ kind: fc.constant('workload' as const), namespace: hostile, name: hostile }),
        fc.record({ kind: fc.constant('namespace' as const), name: hostile }),
        fc.record({
          kind: fc.constant('workloads' as const),
          of: fc.nat(),
          examples: fc.array(fc.record({ namespace: hostile, name: hostile }), { maxLength: 3 }),
        }),
      ),
      { maxLength: 5 },
    );
    const drafts = fc.array(fc.record({ key: hostile, happens: phrase, advice: phrase }), { maxLength: 12 });
    const property = fc.property(drafts, hostile, hostile, hostile, (finds, uid, label, annotation) => {
      const world = shop({ 'netsluice.dev/warn': label });
      const rules = [headlineRule(), policyRule({ cure: 'policy', needs: ['Pod'], finds: () => finds })];
      const after = policy('shop/p', denyIngress, { [`netsluice.dev/waive.${annotation}`]: annotation });
      const freshness = { stale: [{ kind: 'Pod' as const, ageSeconds: 1e9 }] };
      const settings = { detail: 'names' } as const;
      const answer = review(
        request({ after }, { uid: `${uid.slice(0, 100)}u` }),
        contextOf(world, { rules, freshness, settings }),
      );
      everyLineArrives(answer.warnings);
      expect(answer.warnings.length).toBeGreaterThan(1);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('the lines of a rejection do, too', () => {
    const property = fc.property(fc.array(hostile, { maxLength: 8 }), (texts) => {
      const finds = () => texts.map((text, i) => ({ key: `${i}`, happens: [text] }));
      const { message } = review(
        request({ after: policy('shop/p', denyIngress) }),
        contextOf(shop(), { rules: [policyRule({ finds })], settings: { modes: { enforce: 'baseline' } } }),
      );
      if (message !== null) everyLineArrives(message.split('\n'));
      expect(message === null).toBe(texts.length === 0);
    });
    fc.assert(property, { numRuns: 200 });
  });

  test('names of pods, labels and namespaces of the world do no harm to the headline', () => {
    const property = fc.property(hostile, hostile, (left, right) => {
      const [name, label] = [`w${left.replaceAll('/', '')}`, right];
      const objects: Json[] = [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
        ...running(`shop/${name}`, 1, { labels: { app: label }, ports: ['80'] }),
        ...running('shop/caller', 1, { ports: ['80'] }),
      ];
      const before = policy('shop/p', '{podSelector: {}, ingress: [{}]}');
      const after = policy('shop/p', '{podSelector: {}, ingress: []}');
      const { warnings } = review(
        request({ before, after }),
        contextOf(worldWith([...objects, before]), { rules: [headlineRule()] }),
      );
      everyLineArrives(warnings);
      expect(warnings[0]).toMatch(/^blocks 4 connections \(.*, \+3\)/);
    });
    fc.assert(property, { numRuns: 200 });
  });
});
