import type { Severity } from '../model/finding.ts';
import { fingerprints, type LintReport, newOnes, uriOf, wholeText } from './lint-report.ts';

const severitiesThere: Readonly<Record<Severity, string>> = {
  error: 'critical',
  warning: 'major',
  info: 'info',
};

/** A Code Quality report. "Fingerprint must be unique", or GitLab keeps only the first finding. */
export function gitlabLint({ findings }: LintReport): string {
  const names = fingerprints(findings);
  const issues = newOnes(findings)
    .filter(({ waived }) => !waived)
    .map((finding) => ({
      description: wholeText(finding),
      check_name: finding.rule,
      fingerprint: names.get(finding) ?? finding.id,
      severity: severitiesThere[finding.severity],
      location: { path: uriOf(finding.span.file), lines: { begin: finding.span.line } },
    }));
  return JSON.stringify(issues, null, 2);
}
