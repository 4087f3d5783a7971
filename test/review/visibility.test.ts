import { describe, expect, test } from '@jest/globals';
import { review } from '../../src/review/review.ts';
import type { Draft } from '../../src/rules/rule.ts';
import { contextOf, namespace, policy, request, running, settingsWith } from '../support/build.ts';
import { headlineRule, policyRule } from '../support/injected-rules.ts';
import { shop } from './shop.ts';

type Detail = 'own' | 'counts' | 'names';

const inspecting = { namespace: 'audit', name: 'inspector' };

/** What the user reads when the shop's database loses a caller in each of four namespaces. */
function told(detail: Detail, before: string, after: string, publicNamespaces?: string[]): readonly string[] {
  const more = [
    namespace('audit', { side: 'back' }),
    ...running('audit/inspector', 1),
    namespace('monitoring', { side: 'back' }),
    ...running('monitoring/scraper', 1),
  ];
  const onDb = (from: string) =>
    policy(
      'shop/p',
      `{podSelector: {matchLabels: {app: db}}, ingress: [{from: [${from}], ports: [{port: 5432}]}]}`,
    );
  const old = onDb(before);
  const { warnings } = review(
    request({ before: old, after: onDb(after) }),
    contextOf(shop({}, [...more, old]), {
      rules: [headlineRule()],
      settings: { detail, ...(publicNamespaces === undefined ? {} : { publicNamespaces }) },
    }),
  );
  return warnings.slice(0, -1);
}

const own = '{podSelector: {matchLabels: {app: web}}}';
const byName = '{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: audit}}}';
const byLabel =
  '{namespaceSelector: {matchLabels: {side: back}}, podSelector: {matchLabels: {app: inspector}}}';
const scraper =
  '{namespaceSelector: {matchLabels: {side: back}}, podSelector: {matchLabels: {app: scraper}}}';

describe('which names an answer tells', () => {
  test.each<[Detail, string, string]>([
    ['own', 'what the policy names', 'another namespace -> shop/db:5432/TCP'],
    ['counts', 'what the policy names', 'audit/inspector -> shop/db:5432/TCP'],
    ['names', 'what the policy names', 'audit/inspector -> shop/db:5432/TCP'],
  ])('%s: %s', (detail, _title, connection) => {
    expect(told(detail, `${own}, ${byName}`, own)).toEqual([`blocks 1 connection (${connection})`]);
  });

  test.each<[Detail, string]>([
    ['own', 'another namespace'],
    ['counts', 'another namespace'],
    ['names', 'audit/inspector'],
  ])('%s: what the policy selects without naming it', (detail, name) => {
    expect(told(detail, `${own}, ${byLabel}`, own)).toEqual([
      `blocks 1 connection (${name} -> shop/db:5432/TCP)`,
    ]);
  });

  test.each<[Detail, string]>([
    ['own', 'another namespace'],
    ['counts', 'monitoring/scraper'],
    ['names', 'monitoring/scraper'],
  ])('%s: public namespaces', (detail, name) => {
    expect(told(detail, `${own}, ${scraper}`, own)).toEqual([
      `blocks 1 connection (${name} -> shop/db:5432/TCP)`,
    ]);
    if (detail === 'counts')
      expect(told(detail, `${own}, ${scraper}`, own, [])[0]).toContain('(another namespace ->');
  });

  test('the example is one that may be told, where there is one', () => {
    expect(told('own', `${own}, ${byLabel}`, '{podSelector: {matchLabels: {app: nobody}}}')).toEqual([
      'blocks 2 connections (shop/web -> shop/db:5432/TCP, +1)',
    ]);
  });

  test('own is counted all the same', () => {
    expect(told('own', `${own}, ${byLabel}, ${scraper}`, own)).toEqual([
      'blocks 2 connections (another namespace -> shop/db:5432/TCP, +1)',
    ]);
  });

  test.each<[Draft['happens'], Detail, string]>([
    [['reaches ', { kind: 'workload', ...inspecting }], 'counts', 'reaches a workload of another namespace'],
    [['reaches ', { kind: 'workload', ...inspecting }], 'names', 'reaches audit/inspector'],
    [['lies in ', { kind: 'namespace', name: 'audit' }], 'counts', 'lies in another namespace'],
    [['lies in ', { kind: 'namespace', name: 'shop' }], 'own', 'lies in shop'],
    [
      ['of ', { kind: 'workloads', of: 1, examples: [inspecting] }],
      'own',
      'of a workload of another namespace',
    ],
    [
      ['of ', { kind: 'workloads', of: 7, examples: [inspecting] }],
      'own',
      'of 7 workloads of other namespaces',
    ],
    [
      ['of ', { kind: 'workloads', of: 7, examples: [inspecting, { namespace: 'shop', name: 'web' }] }],
      'own',
      'of shop/web, +6',
    ],
    [
      ['of ', { kind: 'workloads', of: 1, examples: [{ namespace: 'shop', name: 'web' }] }],
      'own',
      'of shop/web',
    ],
  ])('a finding that says %j, with %s', (happens, detail, text) => {
    const rules = [policyRule({ finds: () => [{ happens, advice: [] }] })];
    const after = policy('shop/p', '{podSelector: {}}');
    const { warnings, annotations } = review(
      request({ after }),
      contextOf(shop(), { rules, settings: { detail } }),
    );
    expect(warnings[0]).toBe(`[test-rule] ${text}`);
    if (text.includes('another')) expect(annotations.get('findings')).toMatch(/audit/);
  });

  test('counts is the default', () => {
    expect(settingsWith().detail).toBe('counts');
  });
});
