import type { LintFinding } from '../report/lint-report.ts';

/** Leaves out what another finding about the same document says already, and better. */
export function saidOnce(findings: readonly LintFinding[]): readonly LintFinding[] {
  const pathsOf = (rule: string): string[] =>
    findings.flatMap((finding) => (finding.rule === rule ? [finding.path] : []));
  const misplaced = pathsOf('unknown-or-misplaced-field');
  const emptied = pathsOf('empty-peer-list-allows-all');
  return findings.filter(({ rule, path }) => {
    // That a clause has no peers follows from the field that was lost, or from the empty list.
    if (rule === 'rule-open-to-any-peer')
      return ![...misplaced, ...emptied].some((other) => other.startsWith(`${path}.`));
    // A missing spec follows from a key that should have been `spec`.
    return rule !== 'whole-namespace-target' || path !== 'spec' || misplaced.length === 0;
  });
}
