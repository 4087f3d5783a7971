import type { Severity } from '../model/finding.ts';
import { fingerprints, type LintFinding, type LintReport, uriOf, wholeText } from './lint-report.ts';

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** "1024 characters" for a rule's texts; required strings may not be empty. */
const textMax = 1024;

/** SARIF 2.1.0, as code scanning takes it. `results` is there although it be empty. */
export function sarifLint(report: LintReport): string {
  const { version, findings, rules, problems, skipped } = report;
  const names = fingerprints(findings);
  const index = new Map(rules.map(({ id }, position) => [id, position]));
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'netsluice', semanticVersion: version, rules: rules.map(ruleObject) },
        },
        automationDetails: { id: 'netsluice/lint/' },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleIndex: index.get(finding.rule) ?? -1,
          ...resultObject(finding, names.get(finding) ?? finding.id),
        })),
        invocations: [
          {
            executionSuccessful: problems.length === 0,
            toolExecutionNotifications: [...problems.map(problemObject), ...skipped.map(skippedObject)],
          },
        ],
      },
    ],
  };
  return JSON.stringify(document, null, 2);
}

function ruleObject({ id, title }: { readonly id: string; readonly title: string }): object {
  const text = title.slice(0, textMax);
  return {
    id,
    shortDescription: { text },
    fullDescription: { text },
    help: { text },
    properties: { tags: ['security', 'kubernetes'] },
  };
}

function resultObject(finding: LintFinding, fingerprint: string): object {
  const { rule, severity, span, object, path, waived } = finding;
  const { namespace, name, kind } = object;
  return {
    ruleId: rule,
    level: levels[severity],
    message: { text: wholeText(finding) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(span.file) },
          region: {
            startLine: span.line,
            startColumn: span.column,
            endLine: span.line,
            endColumn: span.endColumn,
          },
        },
        logicalLocations: [
          { fullyQualifiedName: `${kind}/${namespace ?? ''}/${name}#${path}`, kind: 'resource' },
        ],
      },
    ],
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:1` },
    ...(waived ? { suppressions: [{ kind: 'inSource' }] } : {}),
  };
}

function problemObject({ file, line, message }: LintReport['problems'][number]): object {
  const region = line === undefined ? {} : { region: { startLine: line } };
  return {
    level: 'error',
    message: { text: `not read: ${message === '' ? 'unknown' : message}` },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region } }],
  };
}

function skippedObject({ rule, policies }: LintReport['skipped'][number]): object {
  const text = `${rule} was skipped for ${policies} policies: the input does not hold the workloads it looks at`;
  return { level: 'note', message: { text }, associatedRule: { id: rule } };
}
