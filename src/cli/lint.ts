import { impliedNamespaces } from '../cluster/manifests.ts';
import type { Severity } from '../model/finding.ts';
import { factsOf } from '../platform/facts.ts';
import { compactLint } from '../report/compact.ts';
import { githubLint } from '../report/github.ts';
import { gitlabLint } from '../report/gitlab.ts';
import { jsonLint } from '../report/json.ts';
import { junitLint } from '../report/junit.ts';
import { type LintFinding, type LintReport, reaches } from '../report/lint-report.ts';
import { prettyLint } from '../report/pretty.ts';
import { sarifLint } from '../report/sarif.ts';
import { type Paint, plain } from '../report/terminal.ts';
import { coverageOf } from '../review/coverage.ts';
import { defaultSettings, profileOf, type Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import { worldOf } from '../world/build.ts';
import type { Printing } from './contract-test.ts';
import { readInputs } from './lint-inputs.ts';
import { lintObjects, writtenRules } from './lint-objects.ts';
import { placesOf } from './lint-places.ts';
import { judgePolicies } from './lint-policies.ts';
import type { Output } from './outputs.ts';
import { readSettings } from './read-inputs.ts';

export const lintFormats = ['pretty', 'compact', 'json', 'sarif', 'junit', 'github', 'gitlab'] as const;
type LintFormat = (typeof lintFormats)[number];

/** What `netsluice lint` is asked to do. */
export interface LintPlan {
  readonly paths: readonly string[];
  readonly settings: string | null;
  /** Is everything that exists in the input? */
  readonly complete: boolean;
  /** Does the API server refuse CIDRs that are not written strictly, as those from 1.36 on do? */
  readonly strictCidrs: boolean;
  readonly failOn: Severity;
  /** Where documents without a namespace are applied to; null where nobody says so. */
  readonly namespace: string | null;
  readonly outputs: readonly Output<LintFormat>[];
}

export interface LintSurroundings {
  readonly version: string;
  /** Today in UTC as `YYYY-MM-DD`; waivers expire by it. */
  readonly today: string;
  /** Columns of the terminal that the output goes to; null where it is none. */
  readonly width: number | null;
}

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
  const report = lintReport(plan, settings, surroundings);
  for (const { file, line, message } of report.problems)
    tell(`not read: ${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  for (const { name, file } of plan.outputs) {
    const text =
      file === null ? textOf(name, report, paint, surroundings.width) : textOf(name, report, plain, null);
    // Nothing to say is no line, in the formats that are lines.
    if (text !== '' || file !== null) write(file, text);
  }
  if (report.problems.length > 0) return 3;
  const counts = ({ severity, waived }: LintFinding): boolean => !waived && reaches(severity, plan.failOn);
  return report.findings.some(counts) ? 1 : 0;
}

function lintReport(plan: LintPlan, settings: Settings, { version, today }: LintSurroundings): LintReport {
  const inputs = readInputs(plan.paths);
  const read = lintObjects(inputs, plan.strictCidrs);
  const records = read.objects.map(({ record }) => record);
  const events = [...records, ...impliedNamespaces(records)].map((object) => ({
    type: 'put' as const,
    object,
  }));
  const world = worldOf(profileOf(settings), events);
  // "Waivers … in lint everywhere": who lints may read what was waived.
  const open = { ...settings, waiversAllowed: [{ rules: ['*'], namespaces: ['*'] }] };
  const scan = { world, settings: open, rules, freshness: { stale: [], absent: [] }, today };
  const coverage = coverageOf(records, plan.complete);
  const judged = judgePolicies(read.objects, {
    scan,
    facts: factsOf(world),
    coverage,
    places: placesOf(read.objects),
  });
  const order = new Map(inputs.texts.map(({ file }, index) => [file, index]));
  return {
    version,
    findings: [...read.findings, ...judged.findings].sort(byPlace(order)),
    problems: [...read.problems, ...judged.failed.map((message) => ({ file: 'netsluice', message }))],
    skipped: judged.skipped,
    policies: judged.policies,
    input: {
      files: inputs.texts.length,
      objects: read.count,
      strangers: read.strangers,
      exempt: judged.exempt,
    },
    rules: [...rules.map(({ id, title }) => ({ id, title })), ...writtenRules],
    failOn: plan.failOn,
  };
}

/** Equal places keep their order, which is worst first. */
function byPlace(order: ReadonlyMap<string, number>): (a: LintFinding, b: LintFinding) => number {
  return ({ span: a }, { span: b }) =>
    (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column;
}

function textOf(name: LintFormat, report: LintReport, paint: Paint, width: number | null): string {
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
    case 'gitlab':
      return gitlabLint(report);
  }
}
