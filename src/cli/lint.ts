import { type LintFinding, reaches } from '../report/lint-report.ts';
import { plain } from '../report/terminal.ts';
import { defaultSettings } from '../review/settings.ts';
import type { Printing } from './contract-test.ts';
import { readInputs } from './lint-inputs.ts';
import { lintReport } from './lint-judge.ts';
import { lintText } from './lint-outputs.ts';
import type { LintPlan, LintSurroundings } from './lint-plan.ts';
import { readSettings } from './read-inputs.ts';

/**
 * Judges every NetworkPolicy of the input, over the world that all of the input makes.
 *
 * @returns 0 clean, 1 findings at or above `failOn`, 3 where something could not be read; the rest was judged then all
 * the same.
 */
export function runLint(plan: LintPlan, printing: Printing, surroundings: LintSurroundings): number {
  const { write, tell, paint } = printing;
  const settings = plan.settings === null ? defaultSettings : readSettings(plan.settings);
  if ('problem' in settings) {
    tell(settings.problem);
    return 3;
  }
  const report = lintReport(readInputs(plan.paths), { plan, settings, surroundings });
  for (const { file, line, message } of report.problems)
    tell(`not read: ${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  for (const { name, file } of plan.outputs) {
    const text =
      file === null ? lintText(name, report, paint, surroundings.width) : lintText(name, report, plain, null);
    // Nothing to say is no line, in the formats that are lines.
    if (text !== '' || file !== null) write(file, text);
  }
  if (report.problems.length > 0) return 3;
  const counts = ({ severity, waived }: LintFinding): boolean => !waived && reaches(severity, plan.failOn);
  return report.findings.some(counts) ? 1 : 0;
}
