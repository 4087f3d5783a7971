import { type LintFinding, type LintReport, objectText, reaches, wholeText } from './lint-report.ts';

interface Case {
  readonly file: string;
  readonly name: string;
  readonly inside: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'broken';
}

/**
 * One suite for each file. JUnit knows no warnings: a finding below `failOn` is a case that passes and says it in its
 * output. A policy without findings is a case that passes, a rule that was skipped one that is skipped.
 */
export function junitLint(report: LintReport): string {
  const cases = casesOf(report);
  const files = [...new Set(cases.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file,
      cases.filter((each) => each.file === file),
    ),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="netsluice"${countsText(cases)}>`,
    ...suites,
    '</testsuites>',
  ].join('\n');
}

function casesOf(report: LintReport): Case[] {
  const { findings, policies, problems, skipped, failOn } = report;
  const loud = new Set(findings.map(({ object, span }) => `${span.file} ${object.namespace}/${object.name}`));
  const clean = policies.filter(({ file, namespace, name }) => !loud.has(`${file} ${namespace}/${name}`));
  return [
    ...findings.map((finding) =>
      findingCase(finding, reaches(finding.severity, failOn) && !finding.waived && !finding.known),
    ),
    ...clean.map(({ file, namespace, name }): Case => {
      return { file, name: `NetworkPolicy ${namespace}/${name}`, inside: '', state: 'passed' };
    }),
    ...problems.map(({ file, line, message }): Case => {
      const name = `read${line === undefined ? '' : ` line ${line}`}`;
      return { file, name, inside: `<error message="${escaped(message)}"/>`, state: 'broken' };
    }),
    ...skipped.map(({ rule, policies: count }): Case => {
      const why = `the input does not hold the workloads that it looks at for ${count} policies`;
      return { file: 'skipped rules', name: rule, inside: `<skipped message="${why}"/>`, state: 'skipped' };
    }),
  ];
}

function findingCase(finding: LintFinding, fails: boolean): Case {
  const { span, rule, severity, waived, known } = finding;
  const place = `${span.file}:${span.line}:${span.column}`;
  const text = escaped(
    `${place}: ${waived ? 'waived ' : ''}${known ? 'known ' : ''}${severity} ${rule}: ${wholeText(finding)}`,
  );
  const inside = fails
    ? `<failure type="${rule}" message="${escaped(finding.message)}">${text}</failure>`
    : `<system-out>${text}</system-out>`;
  const name = `${rule}: ${objectText(finding)} at ${span.line}:${span.column}`;
  return { file: span.file, name, inside, state: fails ? 'failed' : 'passed' };
}

function suite(file: string, cases: readonly Case[]): string {
  const rows = cases.map(({ name, inside }) => {
    const head = `    <testcase classname="${escaped(file)}" name="${escaped(name)}"`;
    return inside === '' ? `${head}/>` : `${head}>${inside}</testcase>`;
  });
  return [`  <testsuite name="${escaped(file)}"${countsText(cases)}>`, ...rows, '  </testsuite>'].join('\n');
}

function countsText(cases: readonly Case[]): string {
  const count = (state: Case['state']): number => cases.filter((each) => each.state === state).length;
  return ` tests="${cases.length}" failures="${count('failed')}" errors="${count('broken')}" skipped="${count('skipped')}"`;
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\n', '&#10;'],
]);

/** XML 1.0 has no place for most control characters, nor for lone surrogates. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\n\t]|[\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll(/[&<>"\n]/g, (character) => entities.get(character) ?? character);
}
