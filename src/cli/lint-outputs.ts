import { compactLint } from '../report/compact.ts';
import { githubLint } from '../report/github.ts';
import { gitlabLint } from '../report/gitlab.ts';
import { jsonLint } from '../report/json.ts';
import { junitLint } from '../report/junit.ts';
import type { LintReport } from '../report/lint-report.ts';
import { prettyLint } from '../report/pretty.ts';
import { sarifLint } from '../report/sarif.ts';
import type { Paint } from '../report/terminal.ts';
import type { LintFormat } from './lint-plan.ts';

/** The report in one format; `width` is that of the terminal, null where there is none. */
export function lintText(name: LintFormat, report: LintReport, paint: Paint, width: number | null): string {
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
