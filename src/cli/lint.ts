import { KnownDocuments } from '../cluster/known-documents.ts';
import type { ManifestText } from '../cluster/manifests.ts';
import { type LintFinding, type LintReport, reaches } from '../report/lint-report.ts';
import { defaultSettings } from '../review/settings.ts';
import type { Printing } from './contract-test.ts';
import { baselineOf, tellGone, withBaseline, writeBaseline } from './lint-baseline.ts';
import { readInputs } from './lint-inputs.ts';
import { lintReport } from './lint-judge.ts';
import { mended, withEdits } from './lint-mend.ts';
import { deliver, printBeside, printReport } from './lint-outputs.ts';
import type { LintFormat, LintPlan, LintSurroundings } from './lint-plan.ts';
import { unreadText } from './lint-unread.ts';
import { readFreshSnapshot } from './open-snapshot.ts';
import { progressOf } from './progress.ts';
import { readSettings } from './read-inputs.ts';

/**
 * Judges every NetworkPolicy of the input, over the world that all of the input makes, and mends what it is told to.
 *
 * @returns 0 clean, 1 findings at or above `failOn`, or a baseline that must be strict and is not, 3 where something could not be read or written; the rest was done
 * then all the same. What was mended does not count, unless nothing was written.
 */
export function runLint(plan: LintPlan, printing: Printing, surroundings: LintSurroundings): number {
  const { tell } = printing;
  const settings = plan.settings === null ? defaultSettings : readSettings(plan.settings);
  if ('problem' in settings) {
    tell(settings.problem);
    return 3;
  }
  const saved = plan.snapshot === null ? null : readFreshSnapshot(plan.snapshot, plan.maxAgeMs, tell);
  if (saved !== null && 'problem' in saved) {
    tell(saved.problem);
    return 3;
  }
  const baseline = baselineOf(plan);
  if ('problem' in baseline) {
    tell(baseline.problem);
    return 3;
  }
  const inputs = readInputs(plan.paths);
  const progress = progressOf(tell, surroundings.now);
  const known = new KnownDocuments();
  const lint = (texts: readonly ManifestText[]): LintReport =>
    withBaseline(
      lintReport({ ...inputs, texts }, { plan, settings, surroundings, saved, progress, known }),
      baseline,
      plan,
    );
  const found = lint(inputs.texts);
  for (const problem of found.problems) tell(unreadText(problem, inputs.texts));
  const result = plan.mend === 'no' ? null : mended(inputs.texts, found, lint);
  const { taken, failed } = result === null ? untouched : deliver(inputs.texts, result, plan.mend, printing);
  // What a diff shows is not done yet.
  const isDone = result !== null && plan.mend === 'files';
  const [left, texts] = isDone ? [result.report, result.texts] : [found, inputs.texts];
  const written = writeBaseline(left, baseline, plan, printing, surroundings.today);
  const report = withPatches(written.report, texts, plan, known);
  tellGone(report, tell);
  if (taken) printBeside(report, plan.outputs, printing);
  else printReport(report, plan.outputs, printing, surroundings.width);
  return failed || written.failed ? 3 : codeOf(report, plan);
}

const untouched = { taken: false, failed: false };

function codeOf({ problems, findings, baseline }: LintReport, { failOn, baseline: asked }: LintPlan): number {
  if (problems.length > 0) return 3;
  if (asked?.strict === true && (baseline?.gone ?? []).length > 0) return 1;
  const counts = ({ severity, waived, known }: LintFinding): boolean =>
    !waived && !known && reaches(severity, failOn);
  return findings.some(counts) ? 1 : 0;
}

const formatsWithPatches: readonly LintFormat[] = ['pretty', 'json', 'sarif'];

function withPatches(
  report: LintReport,
  texts: readonly ManifestText[],
  { outputs }: LintPlan,
  known: KnownDocuments,
): LintReport {
  if (!outputs.some(({ name }) => formatsWithPatches.includes(name))) return report;
  return { ...report, findings: withEdits(report.findings, texts, known) };
}
