import type { ManifestText } from '../cluster/manifests.ts';
import { type LintFinding, type LintReport, reaches } from '../report/lint-report.ts';
import { defaultSettings } from '../review/settings.ts';
import type { Printing } from './contract-test.ts';
import { readInputs } from './lint-inputs.ts';
import { lintReport } from './lint-judge.ts';
import { mended, withEdits } from './lint-mend.ts';
import { deliver, printBeside, printReport } from './lint-outputs.ts';
import type { LintFormat, LintPlan, LintSurroundings } from './lint-plan.ts';
import { readSettings } from './read-inputs.ts';

/**
 * Judges every NetworkPolicy of the input, over the world that all of the input makes, and mends what it is told to.
 *
 * @returns 0 clean, 1 findings at or above `failOn`, 3 where something could not be read or written; the rest was done
 * then all the same. What was mended does not count, unless nothing was written.
 */
export function runLint(plan: LintPlan, printing: Printing, surroundings: LintSurroundings): number {
  const { tell } = printing;
  const settings = plan.settings === null ? defaultSettings : readSettings(plan.settings);
  if ('problem' in settings) {
    tell(settings.problem);
    return 3;
  }
  const inputs = readInputs(plan.paths);
  const lint = (texts: readonly ManifestText[]): LintReport =>
    lintReport({ ...inputs, texts }, { plan, settings, surroundings });
  const found = lint(inputs.texts);
  for (const { file, line, message } of found.problems)
    tell(`not read: ${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  if (plan.mend === 'no') {
    printReport(withPatches(found, inputs.texts, plan), plan.outputs, printing, surroundings.width);
    return codeOf(found, plan);
  }
  const result = mended(inputs.texts, found, lint);
  const { taken, failed } = deliver(inputs.texts, result, plan.mend, printing);
  // What a diff shows is not done yet.
  const [report, texts] = plan.mend === 'diff' ? [found, inputs.texts] : [result.report, result.texts];
  const shown = withPatches(report, texts, plan);
  if (taken) printBeside(shown, plan.outputs, printing);
  else printReport(shown, plan.outputs, printing, surroundings.width);
  return failed ? 3 : codeOf(report, plan);
}

function codeOf({ problems, findings }: LintReport, { failOn }: LintPlan): number {
  if (problems.length > 0) return 3;
  const counts = ({ severity, waived, known }: LintFinding): boolean =>
    !waived && !known && reaches(severity, failOn);
  return findings.some(counts) ? 1 : 0;
}

const formatsWithPatches: readonly LintFormat[] = ['pretty', 'json', 'sarif'];

function withPatches(report: LintReport, texts: readonly ManifestText[], { outputs }: LintPlan): LintReport {
  if (!outputs.some(({ name }) => formatsWithPatches.includes(name))) return report;
  return { ...report, findings: withEdits(report.findings, texts) };
}
