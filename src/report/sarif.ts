import type { Confidence, Severity } from '../model/finding.ts';
import {
  fingerprints,
  type LintFinding,
  type LintReport,
  pageUrl,
  type RelatedPlace,
  type RuleCard,
  relatedText,
  type Span,
  uriOf,
  wholeText,
  worstFirst,
} from './lint-report.ts';

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** "1024 characters" for a rule's texts; required strings may not be empty. */
const textMax = 1024;

/** "25,000 results per run": what is beyond makes the whole file refused. */
const resultsMax = 25_000;

/** SARIF 2.1.0, as code scanning takes it. `results` is there although it be empty. */
export function sarifLint(report: LintReport): string {
  const { version, findings, rules, problems, skipped } = report;
  const names = fingerprints(findings);
  const shown = findings.length > resultsMax ? worstFirst(findings).slice(0, resultsMax) : findings;
  const index = new Map(rules.map(({ id }, position) => [id, position]));
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'netsluice',
            semanticVersion: version,
            rules: rules.map((rule) => ruleObject(rule, pageUrl(rule.id, report))),
          },
        },
        automationDetails: { id: 'netsluice/lint/' },
        columnKind: 'utf16CodeUnits',
        results: shown.map((finding) => ({
          ruleIndex: index.get(finding.rule) ?? -1,
          ...resultObject(finding, names.get(finding) ?? finding.id, report),
        })),
        invocations: [
          {
            executionSuccessful: problems.length === 0,
            toolExecutionNotifications: [
              ...problems.map(problemObject),
              ...skipped.map(skippedObject),
              ...restObjects(findings.length - shown.length),
            ],
          },
        ],
      },
    ],
  };
  return JSON.stringify(document, null, 2);
}

/** Code scanning sorts by a number of its own: 7.0 to 8.9 is high there, 4.0 to 6.9 medium, 0.1 to 3.9 low. */
const severityNumbers: Readonly<Record<Severity, string>> = { error: '8.0', warning: '5.0', info: '2.0' };
const precisions: Readonly<Record<Confidence, string>> = {
  certain: 'very-high',
  likely: 'high',
  heuristic: 'medium',
};

function ruleObject({ id, title, severity, confidence, page }: RuleCard, url: string | null): object {
  const text = title.slice(0, textMax);
  const told = page === null ? [] : [page.why, page.fix];
  const more = url === null ? `netsluice explain ${id}` : url;
  return {
    id,
    shortDescription: { text },
    fullDescription: { text },
    ...(url === null ? {} : { helpUri: url }),
    help: {
      text: [title, ...told, ...(page === null ? [] : [`More: ${more}`])].join('\n\n'),
      ...(page === null ? {} : { markdown: helpMarkdown(page, url === null ? `\`${more}\`` : `<${url}>`) }),
    },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: ['security', 'kubernetes', 'network-policy'],
      precision: precisions[confidence],
      'security-severity': severityNumbers[severity],
    },
  };
}

function helpMarkdown({ why, fix }: NonNullable<RuleCard['page']>, more: string): string {
  return `${why}\n\n**How to mend it.** ${fix}\n\nMore: ${more}`;
}

function resultObject(
  finding: LintFinding,
  fingerprint: string,
  { baseline }: Pick<LintReport, 'baseline'>,
): object {
  const { rule, severity, span, object, path, waived, known, related } = finding;
  const places = related.flatMap((place) => (place.span === null ? [] : [relatedObject(place, place.span)]));
  return {
    ruleId: rule,
    level: levels[severity],
    message: { text: wholeText(finding) },
    locations: [{ ...placeObject(span), logicalLocations: [logicalObject(object, path)] }],
    ...(places.length === 0 ? {} : { relatedLocations: places.map((place, id) => ({ id, ...place })) }),
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:1` },
    ...fixesOf(finding),
    ...(baseline === null ? {} : { baselineState: known ? 'unchanged' : 'new' }),
    ...(waived || known ? { suppressions: [{ kind: waived ? 'inSource' : 'external' }] } : {}),
  };
}

function placeObject({ file, line, column, endColumn }: Span): { physicalLocation: object } {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      region: { startLine: line, startColumn: column, endLine: line, endColumn },
    },
  };
}

function logicalObject({ kind, namespace, name }: LintFinding['object'], path: string): object {
  return { fullyQualifiedName: `${kind}/${namespace ?? ''}/${name}#${path}`, kind: 'resource' };
}

function relatedObject({ says, object, path }: RelatedPlace, span: Span): object {
  return {
    ...placeObject(span),
    logicalLocations: [logicalObject(object, path)],
    message: { text: relatedText({ object, says }) },
  };
}

function fixesOf({ edits, advice, span }: LintFinding): object {
  if (edits.length === 0) return {};
  const replacements = edits.map(({ line, column, endLine, endColumn, text }) => ({
    deletedRegion: { startLine: line, startColumn: column, endLine, endColumn },
    ...(text === '' ? {} : { insertedContent: { text } }),
  }));
  const description = { text: advice === '' ? 'What netsluice lint --fix writes' : advice };
  return {
    fixes: [
      { description, artifactChanges: [{ artifactLocation: { uri: uriOf(span.file) }, replacements }] },
    ],
  };
}

function restObjects(rest: number): object[] {
  const text = `${rest} more findings, none worse than these; -o json holds all`;
  return rest === 0 ? [] : [{ level: 'warning', message: { text } }];
}

function problemObject({ file, line, column, message }: LintReport['problems'][number]): object {
  const start = column === undefined ? {} : { startColumn: column };
  const region = line === undefined ? {} : { region: { startLine: line, ...start } };
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
