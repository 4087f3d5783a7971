import { types } from 'node:util';
import type { ManifestText } from '../cluster/manifests.ts';
import { compactLint } from '../report/compact.ts';
import { githubLint } from '../report/github.ts';
import { gitlabLint } from '../report/gitlab.ts';
import { jsonLint } from '../report/json.ts';
import { junitLint } from '../report/junit.ts';
import { unifiedDiff } from '../report/line-changes.ts';
import { markdownLint } from '../report/lint-markdown.ts';
import { type LintFinding, type LintReport, plural } from '../report/lint-report.ts';
import { prettyLint } from '../report/pretty.ts';
import { sarifLint } from '../report/sarif.ts';
import { type Paint, plain } from '../report/terminal.ts';
import type { Printing } from './contract-test.ts';
import { type Mended, rewrite } from './lint-mend.ts';
import type { LintFormat, LintPlan } from './lint-plan.ts';

/** Writes the report in every format that is asked for; `width` is that of the terminal, null where there is none. */
export function printReport(
  report: LintReport,
  outputs: LintPlan['outputs'],
  { write, paint }: Printing,
  width: number | null,
): void {
  for (const { name, file } of outputs) {
    const text = file === null ? lintText(name, report, paint, width) : lintText(name, report, plain, null);
    // Nothing to say is no line, in the formats that are lines.
    if (text !== '' || file !== null) write(file, text);
  }
}

/** The same where standard output holds something else: what would go there is told beside it, a line each. */
export function printBeside(report: LintReport, outputs: LintPlan['outputs'], printing: Printing): void {
  printReport(
    report,
    outputs.filter(({ file }) => file !== null),
    printing,
    null,
  );
  for (const line of compactLint(report).split('\n')) if (line !== '') printing.tell(line);
}

/** Writes what was mended, to the files or as a diff, and tells it. `taken` says that standard output holds it. */
export function deliver(
  before: readonly ManifestText[],
  { texts, done }: Mended,
  mend: LintPlan['mend'],
  printing: Printing,
): { readonly taken: boolean; readonly failed: boolean } {
  const old = new Map(before.map(({ file, text }) => [file, text]));
  for (const { file, findings } of done)
    printing.tell(`${mend === 'diff' ? 'would mend' : 'mended'} ${mendedText(file, findings)}`);
  if (mend === 'diff') {
    const diffs = texts.map(({ file, text }) =>
      unifiedDiff(file === '-' ? 'stdin' : file, old.get(file) ?? '', text),
    );
    const shown = diffs.filter((diff) => diff !== '').join('\n');
    if (shown !== '') printing.write(null, shown);
    return { taken: true, failed: false };
  }
  const written = texts.filter(({ file, text }) => file !== '-' && text !== old.get(file));
  const failures = written.filter(
    ({ file, text }) => !isRewritten(file, old.get(file) ?? '', text, printing),
  );
  const stdin = texts.find(({ file }) => file === '-');
  // `write` adds the line end that is taken off here.
  if (stdin !== undefined) printing.write(null, stdin.text.replace(/\n$/, ''));
  return { taken: stdin !== undefined, failed: failures.length > 0 };
}

function isRewritten(file: string, before: string, after: string, { tell }: Printing): boolean {
  try {
    rewrite(file, before, after);
    return true;
  } catch (error) {
    if (!types.isNativeError(error)) throw error;
    tell(`not written: ${file}: ${error.message}`);
    return false;
  }
}

/** `web.yaml: 3 findings (rules-without-policy-type, noncanonical-cidr)`. */
function mendedText(file: string, findings: readonly LintFinding[]): string {
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  return `${file}: ${plural(findings.length, 'finding')} (${rules.join(', ')})`;
}

/** `width` is that of the terminal, null where there is none. */
function lintText(name: LintFormat, report: LintReport, paint: Paint, width: number | null): string {
  switch (name) {
    case 'pretty':
      return prettyLint(report, paint, width);
    case 'compact':
      return compactLint(report);
    case 'json':
      return jsonLint(report);
    case 'sarif':
      return sarifLint(report);
    case 'junit':
      return junitLint(report);
    case 'github':
      return githubLint(report);
    case 'markdown':
      return markdownLint(report);
    case 'gitlab':
      return gitlabLint(report);
  }
}
