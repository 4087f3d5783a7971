import type { Severity } from '../model/finding.ts';
import { type LintFinding, type LintReport, newOnes, uriOf, wholeText, worstFirst } from './lint-report.ts';

const commands: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** "10 warning annotations, 10 error annotations, and 10 notice annotations per step"; the rest is lost silently. */
const perKind = 10;

/** Workflow commands, worst first. Where there are more than GitHub shows, a last notice says how many. */
export function githubLint({ findings, problems }: LintReport): string {
  const counting = worstFirst(newOnes(findings).filter(({ waived }) => !waived));
  const left: Record<Severity, number> = { error: perKind, warning: perKind, info: perKind - 1 };
  const shownProblems = problems.slice(0, perKind);
  left.error -= shownProblems.length;
  const shown = counting.filter(({ severity }) => {
    left[severity] -= 1;
    return left[severity] >= 0;
  });
  const more = counting.length - shown.length + problems.length - shownProblems.length;
  return [
    ...shownProblems.map(problemCommand),
    ...shown.map(findingCommand),
    ...(more === 0
      ? []
      : [`::notice title=netsluice::${more} more; -o sarif=FILE or -o json=FILE holds all`]),
  ].join('\n');
}

function findingCommand(finding: LintFinding): string {
  const { span, severity, rule } = finding;
  const properties = [
    `file=${property(fileOf(span.file))}`,
    `line=${span.line}`,
    `endLine=${span.line}`,
    `col=${span.column}`,
    `endColumn=${span.endColumn}`,
    `title=${property(rule)}`,
  ];
  return `::${commands[severity]} ${properties.join(',')}::${data(wholeText(finding))}`;
}

function problemCommand({ file, line, message }: LintReport['problems'][number]): string {
  const place = line === undefined ? '' : `,line=${line}`;
  return `::error file=${property(fileOf(file))}${place},title=not read::${data(message)}`;
}

function fileOf(file: string): string {
  return decodeURI(uriOf(file))
    .replaceAll('%3F', '?')
    .replaceAll('%23', '#')
    .replace(/^file:\/\//, '');
}

/** "escape % \r \n in data and also : , in properties". */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
