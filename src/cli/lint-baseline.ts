import { resolve } from 'node:path';
import { types } from 'node:util';
import { type LintReport, plural } from '../report/lint-report.ts';
import { sanitise } from '../review/words.ts';
import { type BaselineEntry, baselineText, compared, entriesIn, readBaseline, renewed } from './baseline.ts';
import type { Printing } from './contract-test.ts';
import type { LintPlan } from './lint-plan.ts';

/** What is held against the findings; null entries where no baseline is asked for. */
export interface HeldBaseline {
  readonly file: string;
  readonly entries: readonly BaselineEntry[] | null;
}

/** Reads the baseline that is asked for. One that is only written begins with what its file holds. */
export function baselineOf({ baseline }: LintPlan): HeldBaseline | { readonly problem: string } {
  if (baseline === null) return { file: '', entries: null };
  const { read, write } = baseline;
  const file = read ?? write ?? '';
  // What is written now need not have been there before.
  const isNew = write !== null && resolve(write) === resolve(file);
  const found = isNew ? entriesIn(file) : readBaseline(file);
  return 'problem' in found ? found : { file, entries: found.entries };
}

/** The report with what the baseline excuses. */
export function withBaseline(
  report: LintReport,
  { file, entries }: HeldBaseline,
  { complete }: LintPlan,
): LintReport {
  if (entries === null) return report;
  const { findings, gone, unseen } = compared(report, entries, { objects: report.objects, complete });
  return { ...report, findings, baseline: { file, gone, unseen: unseen.length } };
}

/** Writes the baseline where that is asked for; then everything that was found is known. */
export function writeBaseline(
  report: LintReport,
  { entries }: HeldBaseline,
  plan: LintPlan,
  { write, tell }: Printing,
  today: string,
): { readonly report: LintReport; readonly failed: boolean } {
  const file = plan.baseline?.write ?? null;
  if (plan.baseline === null || file === null || entries === null) return { report, failed: false };
  const { objects } = report;
  const left = compared(report, entries, { objects, complete: plan.complete });
  const next = renewed(left, entries, { reason: plan.baseline.reason, today });
  try {
    write(file, baselineText(next));
  } catch (error) {
    if (!types.isNativeError(error)) throw error;
    tell(`not written: ${file}: ${error.message}`);
    return { report, failed: true };
  }
  const fresh = left.findings.filter(({ waived, known }) => !waived && !known).length;
  tell(`wrote ${file}: ${plural(next.length, 'finding')}, ${fresh} of them new; ${left.gone.length} gone`);
  return { report: withBaseline(report, { file, entries: next }, plan), failed: false };
}

const toldMax = 10;

/** Entries whose finding is gone, so that the baseline can shrink. */
export function tellGone({ baseline }: LintReport, tell: (line: string) => void): void {
  if (baseline === null) return;
  const { gone, file } = baseline;
  for (const { rule, object, says } of gone.slice(0, toldMax))
    tell(sanitise(`gone from ${file}: ${rule}: ${says} (${object})`));
  if (gone.length > toldMax) tell(`and ${gone.length - toldMax} more`);
  if (gone.length > 0) tell(`drop what is gone from ${file}, or write it anew with --write-baseline`);
}
