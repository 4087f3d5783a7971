import { sanitise } from '../review/words.ts';
import { type LintFinding, type LintReport, newOnes, objectText, wholeText } from './lint-report.ts';

/** One line for each finding, `file:line:column: severity rule: …`, made for grep and for editors. */
export function compactLint({ findings }: LintReport): string {
  return newOnes(findings).map(line).join('\n');
}

function line(finding: LintFinding): string {
  const { span, severity, rule, waived } = finding;
  const place = `${span.file}:${span.line}:${span.column}`;
  const text = `${wholeText(finding)} (${objectText(finding)})`;
  return sanitise(`${place}: ${waived ? 'waived ' : ''}${severity} ${rule}: ${text}`);
}
