import type { Severity } from '../model/finding.ts';
import { sanitise } from '../review/words.ts';
import {
  countsOf,
  type LintFinding,
  type LintReport,
  newOnes,
  objectText,
  pageUrl,
  plural,
  type RelatedPlace,
  relatedText,
  type Span,
  type TextEdit,
} from './lint-report.ts';
import type { Paint } from './terminal.ts';

const symbols: Readonly<Record<Severity, string>> = { error: '✖', warning: '▲', info: '●' };

/** How much of a line is shown where no terminal says how wide it is. */
const sourceMax = 240;

/** Findings with a code frame each, then what adds up. `width` is that of the terminal, null where there is none. */
export function prettyLint(report: LintReport, paint: Paint, width: number | null): string {
  const told = new Set<string>();
  const blocks = newOnes(report.findings).map((finding) => {
    // One look at a rule's page is enough.
    const more = told.has(finding.rule) ? null : moreOf(finding.rule, report, paint);
    told.add(finding.rule);
    return findingBlock(finding, more, { paint, width });
  });
  return [...blocks, totals(report, paint, width)].join('\n\n');
}

/** Where the rule's page is. */
function moreOf(rule: string, report: LintReport, paint: Paint): string | null {
  const url = pageUrl(rule, report);
  if (url !== null) return paint.link(url, url);
  const hasPage = report.rules.some(({ id, page }) => id === rule && page !== null);
  return hasPage ? `netsluice explain ${rule}` : null;
}

interface Style {
  readonly paint: Paint;
  readonly width: number | null;
}

function findingBlock(finding: LintFinding, more: string | null, style: Style): string {
  const { span, severity, rule, message, advice, waived, related, edits } = finding;
  const { paint, width } = style;
  const gutter = gutterOf(finding);
  const colour = painterOf(severity, paint);
  const mark = waived ? paint.dim(`○ waived ${severity}`) : colour(`${symbols[severity]} ${severity}`);
  const [first = '', ...rest] = wrapped(`${rule}: ${sanitise(message)}`, width, severity.length + 3);
  return [
    `${mark} ${paint.bold(first)}`,
    ...rest.map((line) => `    ${paint.bold(line)}`),
    ...frame(span, gutter, colour, style),
    `${gutter} ${paint.dim('=')} ${sanitise(objectText(finding))} ${paint.dim(sanitise(finding.path))}`,
    ...(advice === '' ? [] : remark(`help: ${sanitise(advice)}`, gutter, style)),
    ...related.slice(0, relatedMax).flatMap((place) => relatedLines(place, gutter, style)),
    ...edits.slice(0, editsMax).flatMap((edit) => editLines(edit, gutter, style)),
    ...(more === null ? [] : [`${gutter} ${paint.dim('=')} more: ${more}`]),
  ].join('\n');
}

/** As wide as the longest line number that is shown. */
function gutterOf({ span, related, edits }: LintFinding): string {
  const lines = [
    span.line,
    ...related.map((place) => place.span?.line ?? 0),
    ...edits.map(({ line, text }) => line + Math.min(addedMax, text.split('\n').length)),
  ];
  return ' '.repeat(String(Math.max(...lines)).length);
}

function remark(text: string, gutter: string, { paint, width }: Style): string[] {
  return wrapped(text, width, gutter.length + 3).map(
    (line, index) => `${gutter} ${paint.dim(index === 0 ? '=' : ' ')} ${line}`,
  );
}

/** So much is shown of what a finding rests on and of what `--fix` writes; other formats hold all of it. */
const relatedMax = 3;
const editsMax = 2;
const addedMax = 12;

function relatedLines({ object, says, span }: RelatedPlace, gutter: string, style: Style): string[] {
  const text = sanitise(`related: ${relatedText({ object, says })}`);
  return [
    ...remark(text, gutter, style),
    ...(span === null ? [] : frame(span, gutter, style.paint.dim, style)),
  ];
}

/** Edits are of whole lines. */
function editLines(
  { line, column, endLine, endColumn, text }: TextEdit,
  gutter: string,
  style: Style,
): string[] {
  const last = endColumn > 1 ? endLine : endLine - 1;
  const isNew = last < line && column === 1;
  const lines = last > line ? `lines ${line} to ${last}` : `line ${line}`;
  const added = text === '' ? [] : text.replace(/\r?\n$/, '').split('\n');
  const verb =
    added.length === 0
      ? `${lines} ${last > line ? 'go' : 'goes'}`
      : `${lines} ${last > line ? 'become' : 'becomes'}`;
  const said = isNew ? `this comes before line ${line}` : verb;
  const shown = added.slice(0, addedMax).map((source, index) => {
    const number = String(line + index).padStart(gutter.length);
    const room = style.width === null ? sourceMax : Math.max(20, style.width - gutter.length - 3);
    return `${style.paint.dim(`${number} +`)} ${clipped({ source, column: 1 }, room).text}`;
  });
  const rest = added.length > addedMax ? [`${gutter} ${style.paint.dim('+')} …`] : [];
  return [...remark(`fix: with --fix ${said}`, gutter, style), ...shown, ...rest];
}

function painterOf(severity: Severity, paint: Paint): (text: string) => string {
  if (severity === 'info') return paint.bold;
  return severity === 'error' ? paint.error : paint.warning;
}

function frame(
  span: Span,
  gutter: string,
  colour: (text: string) => string,
  { paint, width }: Style,
): string[] {
  const room = width === null ? sourceMax : Math.max(20, width - gutter.length - 3);
  const { text, column } = clipped(span, room);
  const carets = '^'.repeat(Math.max(1, Math.min(span.endColumn - span.column, text.length - column)));
  return [
    `${gutter} ${paint.dim('-->')} ${sanitise(span.file)}:${span.line}:${span.column}`,
    `${gutter} ${paint.dim('|')}`,
    `${paint.dim(`${String(span.line).padStart(gutter.length)} |`)} ${text}`,
    `${gutter} ${paint.dim('|')} ${' '.repeat(column)}${colour(carets)}`,
  ];
}

/** A line of a file and the place in it, without anything that controls a terminal. */
export function codeFrame(span: Span, paint: Paint, width: number | null): string {
  const gutter = ' '.repeat(String(span.line).length);
  const [, ...lines] = frame(span, gutter, paint.error, { paint, width });
  return lines.join('\n');
}

/** As much of the line as there is room for, around the span; `column` from 0. */
function clipped(
  { source, column }: Pick<Span, 'source' | 'column'>,
  room: number,
): { text: string; column: number } {
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

/** Rules that were skipped are named up to here; other formats hold all of them. */
const skippedMax = 3;

function totals(report: LintReport, paint: Paint, width: number | null): string {
  const { policies, input, skipped, findings, baseline } = report;
  const counts = countsOf(report);
  const waived = findings.filter((finding) => finding.waived).length;
  const parts = [
    plural(counts.error, 'error'),
    plural(counts.warning, 'warning'),
    `${counts.info} info`,
    ...(waived === 0 ? [] : [`${waived} waived`]),
    ...(baseline === null ? [] : [`${findings.filter(({ known }) => known).length} known`]),
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
  if (input.patches > 0)
    lines.push(
      `passed over: ${plural(input.patches, 'file')} that a kustomization uses as ${input.patches === 1 ? 'a patch' : 'patches'}; lint the output of kustomize build to judge what comes of them`,
    );
  if (skipped.length > 0) {
    const shown = skipped.slice(0, skippedMax).map(({ rule }) => rule);
    const rest = skipped.length > skippedMax ? `, +${skipped.length - skippedMax}` : '';
    lines.push(
      `skipped, for the input does not hold the workloads they look at: ${shown.join(', ')}${rest}; give those manifests too, or --complete if these are all`,
    );
  }
  return lines.flatMap((line) => wrapped(line, width, 0)).join('\n');
}
