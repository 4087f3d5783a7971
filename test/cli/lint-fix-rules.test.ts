import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { lintReport } from '../../src/cli/lint-judge.ts';
import { mended } from '../../src/cli/lint-mend.ts';
import type { ManifestText } from '../../src/cluster/manifests.ts';
import type { LintReport } from '../../src/report/lint-report.ts';
import { defaultSettings, type Settings } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';

const root = 'test/fixtures/rules';

/** A fixture as a directory of manifests: without what stood before its change. */
function manifestOf(path: string): ManifestText {
  const parts = readFileSync(path, 'utf8').split(/^---$/m);
  return {
    file: path,
    text: parts.filter((part) => !part.includes('netsluice.dev/fixture: before')).join('---'),
  };
}

function judging({ text }: ManifestText): (texts: readonly ManifestText[]) => LintReport {
  const [, profile = 'generic', flags = ''] = /^# profile (\S+)((?: \w+=\S+)*)$/m.exec(text) ?? [];
  const answers = Object.fromEntries(
    flags.split(' ').flatMap((flag) => (flag === '' ? [] : [flag.split('=')])),
  );
  const settings = { ...defaultSettings, platform: { profile, ...answers } } as Settings;
  const namespace = /^# namespace (\S+)$/m.exec(text)?.[1] ?? null;
  const plan = { complete: true, strictCidrs: true, failOn: 'info', namespace, docs: null } as const;
  const surroundings = { version: '0.0.0', today: '2026-06-15' };
  return (texts) => lintReport({ texts, problems: [], patches: [] }, { plan, settings, surroundings });
}

const cases = rules
  .filter(({ judges }) => judges !== 'change')
  .flatMap(({ id }) => {
    const folder = join(root, id);
    return (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.startsWith('loud-'))
      .map((name) => ({ id, path: join(folder, name) }));
  })
  .map(({ id, path }) => {
    const source = manifestOf(path);
    const lint = judging(source);
    const first = lint([source]);
    const own = first.findings.filter(({ rule }) => rule === id);
    return { id, path, source, lint, first, own };
  })
  .filter(({ own }) => own.some(({ remedy }) => remedy !== null));

test('rules have remedies', () => {
  const withRemedy = new Set(cases.map(({ id }) => id));
  const some = [
    'rules-without-policy-type',
    'egress-only-policy-denies-ingress',
    'noncanonical-cidr',
    'redundant-rule',
    'api-version-not-served',
    'unknown-or-misplaced-field',
    'missing-namespace',
    'policy-types-style',
  ];
  expect([...withRemedy]).toEqual(expect.arrayContaining(some));
});

test.each(cases)(
  '$path: what can be mended is, and nothing is worse then',
  ({ id, source, lint, first, own }) => {
    const { texts, report } = mended([source], first, lint);
    const left = report.findings.filter(({ rule }) => rule === id);
    // Every remedy is taken; what is left of the rule is what nobody can mend but the author.
    expect(left.filter(({ remedy }) => remedy !== null).map(({ message }) => message)).toEqual([]);
    expect(left.length).toBeLessThanOrEqual(own.filter(({ remedy }) => remedy === null).length);
    expect(report.problems).toEqual(first.problems);
    const errors = ({ findings }: LintReport): string[] =>
      findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
    const before = errors(first);
    expect(errors(report).filter((rule) => !before.includes(rule))).toEqual([]);
    // Lines that no remedy is about are there still, in their order.
    const kept = texts[0]?.text.split('\n') ?? [];
    const comments = source.text.split('\n').filter((line) => line.startsWith('#'));
    expect(kept.filter((line) => line.startsWith('#'))).toEqual(comments);
  },
);
