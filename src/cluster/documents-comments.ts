import { type CST, Parser } from 'yaml';
import { type Placed, spanAt, type TextSpan } from './documents-place.ts';

/** A comment that speaks to netsluice, and the lines that it speaks of. */
export interface RawComment {
  readonly span: TextSpan;
  /** What follows `netsluice-`, for example `waive egress-blocks-dns until the move; until=2030-01-31`. */
  readonly text: string;
  /** First and last line, both included. */
  readonly first: number;
  readonly last: number;
}

/** Offsets of the first and the last character of a document, comments around it included. */
export interface DocumentExtent {
  readonly start: number;
  readonly end: number;
}

const mark = 'netsluice-';

/**
 * The comments of one document that begin with `netsluice-`. One before the first key speaks of the whole document, one
 * behind something of its line, one on a line of its own of the next line that is no comment.
 */
export function commentsOf(placed: Placed, extent: DocumentExtent): readonly RawComment[] {
  const { text, lines, document } = placed;
  if (!text.includes(mark)) return [];
  const contentStart = document.contents?.range?.[0] ?? extent.end;
  const lineOf = (offset: number): number => lines.linePos(Math.min(offset, text.length)).line;
  return commentTokens(text)
    .filter(({ offset }) => offset >= extent.start && offset < extent.end)
    .flatMap(({ offset, source }): RawComment[] => {
      const said = source.replace(/^#+\s*/, '').trimEnd();
      if (!said.startsWith(mark)) return [];
      const span = spanAt(placed, [offset, offset + source.length]);
      const common = { span, text: said.slice(mark.length) };
      if (offset < contentStart)
        return [{ ...common, first: lineOf(extent.start), last: lineOf(extent.end - 1) }];
      const { line } = span;
      if (span.source.slice(0, span.column - 1).trim() !== '')
        return [{ ...common, first: line, last: line }];
      return [{ ...common, first: line, last: nextLine(text, offset + source.length, line) }];
    });
}

/** The number of the next line that is neither empty nor a comment. */
function nextLine(text: string, from: number, line: number): number {
  const rest = text.slice(from).split('\n', 100).slice(1);
  const ahead = rest.findIndex((source) => !/^\s*(?:#|$)/.test(source));
  return ahead < 0 ? line : line + 1 + ahead;
}

/** Comments are no part of the values, so that a text that looks like one is none. */
function commentTokens(text: string): { offset: number; source: string }[] {
  const found: { offset: number; source: string }[] = [];
  const open: unknown[] = [...new Parser().parse(text)];
  for (let token = open.pop(); token !== undefined; token = open.pop()) {
    if (typeof token !== 'object' || token === null) continue;
    if (isComment(token)) found.push(token);
    else open.push(...Object.values(token).filter((inner) => typeof inner === 'object'));
  }
  return found.sort((a, b) => a.offset - b.offset);
}

function isComment(token: object): token is CST.SourceToken {
  return 'type' in token && token.type === 'comment';
}
