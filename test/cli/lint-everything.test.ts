import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { lintReport } from '../../src/cli/lint-judge.ts';
import { withEdits } from '../../src/cli/lint-mend.ts';
import { KnownDocuments } from '../../src/cluster/known-documents.ts';
import { compactLint } from '../../src/report/compact.ts';
import { githubLint } from '../../src/report/github.ts';
import { gitlabLint } from '../../src/report/gitlab.ts';
import { jsonLint } from '../../src/report/json.ts';
import { junitLint } from '../../src/report/junit.ts';
import { markdownLint } from '../../src/report/lint-markdown.ts';
import { prettyLint } from '../../src/report/pretty.ts';
import { sarifLint } from '../../src/report/sarif.ts';
import { plain } from '../../src/report/terminal.ts';
import { defaultSettings } from '../../src/review/settings.ts';
import { sarifProblems, schemaProblems } from './schema.ts';

const root = 'test/fixtures/rules';

/** Every file in which some rule has something to say, as one input, and a file that cannot be read. */
const texts = readdirSync(root)
  .flatMap((rule) => readdirSync(join(root, rule)).map((name) => join(root, rule, name)))
  .filter((file) => /\/loud-[^/]*\.yaml$/.test(file))
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

const found = lintReport(
  { texts: [...texts, { file: 'bad.yaml', text: 'a: [\n' }], problems: [], patches: [] },
  {
    plan: { complete: false, strictCidrs: true, failOn: 'error', namespace: null, docs: null },
    settings: defaultSettings,
    surroundings: { version: '1.2.3', today: '2026-06-15' },
  },
);
const report = { ...found, findings: withEdits(found.findings, texts, new KnownDocuments()) };

describe('whatever rules say', () => {
  test('there is a lot of it, and of many rules', () => {
    expect(report.findings.length).toBeGreaterThan(300);
    expect(new Set(report.findings.map(({ rule }) => rule)).size).toBeGreaterThan(30);
    expect(report.problems.map(({ file }) => file)).toEqual(['bad.yaml']);
  });

  test('SARIF is as OASIS wants it, JSON as its schema says', () => {
    expect(sarifProblems(JSON.parse(sarifLint(report)))).toEqual([]);
    expect(sarifProblems(JSON.parse(sarifLint({ ...report, docs: 'https://docs.test/{rule}' })))).toEqual([]);
    expect(schemaProblems('lint-v1', JSON.parse(jsonLint(report)))).toEqual([]);
  });

  test('every place is one of its file', () => {
    const lines = new Map(texts.map(({ file, text }) => [file, text.split('\n')]));
    const spans = report.findings.flatMap(({ span, related }) => [
      span,
      ...related.flatMap((place) => place.span ?? []),
    ]);
    const wrong = spans.filter(({ file, line, column, endColumn, source }) => {
      const own = lines.get(file)?.[line - 1];
      return own !== source || column < 1 || endColumn <= column || column > Math.max(1, own.length);
    });
    expect(wrong).toEqual([]);
  });

  test('every remedy says what it changes, and the file can be read then', () => {
    const mendable = report.findings.filter(({ remedy }) => remedy !== null);
    const silent = mendable.filter(({ edits }) => edits.length === 0);
    // What lies below a key that must be mended first can only be told then.
    expect(new Set(silent.map(({ rule }) => rule))).toEqual(new Set(['unknown-or-misplaced-field']));
    expect(silent.length).toBeLessThan(5);
    for (const { edits, span } of mendable) {
      const lines = texts.find(({ file }) => file === span.file)?.text.split(/(?<=\n)/) ?? [];
      for (const { line, column, endLine, endColumn, text } of [...edits].reverse()) {
        expect([column, endColumn]).toEqual([1, 1]);
        lines.splice(line - 1, endLine - line, ...text.split(/(?<=\n)/));
      }
      const documents = lines.join('').split(/^---$/m);
      expect(documents.flatMap((document) => parseDocument(document).errors)).toEqual([]);
    }
  });

  test('channels that cut off are not overrun, and lines are lines', () => {
    const fingerprints = (JSON.parse(gitlabLint(report)) as { fingerprint: string }[]).map(
      ({ fingerprint }) => fingerprint,
    );
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
    expect(githubLint(report).split('\n').length).toBeLessThanOrEqual(30);
    expect(markdownLint(report).length).toBeLessThan(60_000);
    expect(compactLint(report).split('\n')).toHaveLength(report.findings.length);
    expect(junitLint(report).match(/<testcase /g)?.length).toBeGreaterThan(report.findings.length);
    for (const width of [40, 80]) {
      const long = prettyLint(report, plain, width)
        .split('\n')
        .filter((line) => line.length > width);
      // Names of objects and files are never broken.
      expect(long.filter((line) => /^\s*\d* \|/.test(line))).toEqual([]);
    }
  });
});
