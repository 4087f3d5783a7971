import type { Severity } from '../model/finding.ts';
import { sanitise } from '../review/words.ts';
import { countsOf, type LintFinding, type LintReport, objectText, plural, type Span } from './lint-report.ts';
import type { Paint } from './terminal.ts';

const symbols: Readonly<Record<Severity, string>> = { error: '✖', warning: '▲', info: '●' };

/** How much of a line is shown where no terminal says how wide it is. */
const sourceMax = 240;

/** Findings with a code frame each, then what adds up. `width` is that of the terminal, null where there is none. */
export function prettyLint(report: LintReport, paint: Paint, width: number | null): string {
  const blocks = report.findings.map((finding) => findingBlock(finding, paint, width));
  return [...blocks, totals(report, paint, width)].join('\n\n');
}

function findingBlock(finding: LintFinding, paint: Paint, width: number | null): string {
  const { span, severity, rule, message, advice, waived } = finding;
  const gutter = ' '.repeat(String(span.line).length);
  const colour = painterOf(severity, paint);
  const mark = waived ? paint.dim(`○ waived ${severity}`) : colour(`${symbols[severity]} ${severity}`);
  const [first = '', ...rest] = wrapped(`${rule}: ${sanitise(message)}`, width, severity.length + 3);
  const lines = [
    `${mark} ${paint.bold(first)}`,
    ...rest.map((line) => `    ${paint.bold(line)}`),
    `${gutter} ${paint.dim('-->')} ${sanitise(span.file)}:${span.line}:${span.column}`,
    ...frame(span, gutter, colour, paint, width),
    `${gutter} ${paint.dim('=')} ${sanitise(objectText(finding))} ${paint.dim(sanitise(finding.path))}`,
  ];
  const help = advice === '' ? [] : wrapped(`help: ${sanitise(advice)}`, width, gutter.length + 3);
  return [
    ...lines,
    ...help.map((line, index) => `${gutter} ${paint.dim(index === 0 ? '=' : ' ')} ${line}`),
  ].join('\n');
}

function painterOf(severity: Severity, paint: Paint): (text: string) => string {
  if (severity === 'info') return paint.bold;
  return severity === 'error' ? paint.error : paint.warning;
}

function frame(
  span: Span,
  gutter: string,
  colour: (text: string) => string,
  paint: Paint,
  width: number | null,
): string[] {
  const room = width === null ? sourceMax : Math.max(20, width - gutter.length - 3);
  const { text, column } = clipped(span, room);
  const carets = '^'.repeat(Math.max(1, Math.min(span.endColumn - span.column, text.length - column)));
  return [
    `${gutter} ${paint.dim('|')}`,
    `${paint.dim(`${span.line} |`)} ${text}`,
    `${gutter} ${paint.dim('|')} ${' '.repeat(column)}${colour(carets)}`,
  ];
}

/** As much of the line as there is room for, around the span; `column` from 0. */
function clipped({ source, column }: Span, room: number): { text: string; column: number } {
  // Every character that moves the cursor, or none, becomes one blank, so that the carets stay below their text.
  const clean = source.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').trimEnd();
  if (clean.length <= room) return { text: clean, column: column - 1 };
  const start = Math.max(0, Math.min(column - 1 - Math.floor(room / 3), clean.length - room));
  const head = start === 0 ? '' : '…';
  const tail = start + room >= clean.length ? '' : '…';
  const text = `${head}${clean.slice(start + head.length, start + room - tail.length)}${tail}`;
  return { text, column: column - 1 - start };
}

/** Breaks at blanks; the first line has `used` columns less, all others are indented by four. */
export function wrapped(text: string, width: number | null, used: number): string[] {
  if (width === null) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const room = Math.max(20, width - Math.max(used, 4));
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function totals(report: LintReport, paint: Paint, width: number | null): string {
  const { policies, input, skipped, findings } = report;
  const counts = countsOf(report);
  const waived = findings.filter((finding) => finding.waived).length;
  const parts = [
    plural(counts.error, 'error'),
    plural(counts.warning, 'warning'),
    `${counts.info} info`,
    ...(waived === 0 ? [] : [`${waived} waived`]),
  ];
  const where = `${plural(policies.length, 'policy', 'policies')} of ${plural(input.files, 'file')}`;
  const lines = [paint.bold(`${parts.join(', ')} in ${where}`)];
  if (input.exempt > 0)
    lines.push(
      `not judged, for the settings exempt their namespaces: ${plural(input.exempt, 'policy', 'policies')}`,
    );
  if (input.strangers > 0)
    lines.push(
      `passed over: ${plural(input.strangers, 'document that is', 'documents that are')} no Kubernetes object`,
    );
  if (skipped.length > 0) {
    const told = skipped.map(
      ({ rule, policies: count }) => `${rule} (${plural(count, 'policy', 'policies')})`,
    );
    lines.push(
      `skipped, for the input does not hold the workloads they look at: ${told.join(', ')}; give those manifests too, or --complete if these are all`,
    );
  }
  return lines.flatMap((line) => wrapped(line, width, 0)).join('\n');
}
