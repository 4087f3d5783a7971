import { countsOf, type LintFinding, type LintReport, type Span } from './lint-report.ts';

/** `docs/schemas/lint-v1.json`. */
export function jsonLint(report: LintReport): string {
  const { version, findings, problems, skipped, policies, input, failOn } = report;
  const counts = countsOf(report);
  const document = {
    schema: 'lint/v1',
    tool: { name: 'netsluice', version },
    input: { ...input, policies: policies.length },
    failOn,
    summary: {
      ...counts,
      waived: findings.filter(({ waived }) => waived).length,
      known: findings.filter(({ known }) => known).length,
    },
    findings: findings.map(findingJson),
    baseline: report.baseline,
    skipped: skipped.map(({ rule, policies: count }) => ({ rule, policies: count })),
    problems: problems.map(({ file, line, column, message }) => ({
      file,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
      message,
    })),
  };
  return JSON.stringify(document, null, 2);
}

function findingJson({
  id,
  rule,
  severity,
  waived,
  object,
  path,
  span,
  message,
  advice,
  related,
  edits,
  known,
}: LintFinding): object {
  const { file, line, column, endColumn } = span;
  return {
    ...{ id, rule, severity, waived, known, object, path, file, line, column, endColumn, message, advice },
    related: related.map(({ span: place, ...other }) => ({ ...other, ...placeJson(place) })),
    fix: edits,
  };
}

function placeJson(span: Span | null): object {
  if (span === null) return {};
  const { file, line, column, endColumn } = span;
  return { file, line, column, endColumn };
}
