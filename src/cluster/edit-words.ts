import type { Json } from '../model/finding.ts';

/** How values are written down at a place in a document. */
export interface Hand {
  /** Is the document JSON? Then every text is quoted. */
  readonly json: boolean;
  readonly newline: '\n' | '\r\n';
  /** Are lists indented below their key? */
  readonly indentsLists: boolean;
}

/** Short lists of plain values stay on one line. */
const lineMax = 60;

/**
 * The value behind a `:` or a `-`, with what separates it from that: on the same line where it is short, else as lines
 * that are indented by `indent`.
 */
export function valueText(value: Json, indent: string, hand: Hand): string {
  if (isShort(value)) return ` ${flowText(value, hand)}`;
  const inner = Array.isArray(value) && !hand.indentsLists ? indent.slice(2) : indent;
  return `${hand.newline}${blockLines(value, hand)
    .map((line) => `${inner}${line}`)
    .join(hand.newline)}`;
}

/** The value behind the `- ` of a list, whose own lines are indented by `indent`. */
export function itemText(value: Json, indent: string, hand: Hand): string {
  const [first = '', ...rest] = isShort(value) ? [flowText(value, hand)] : blockLines(value, hand);
  return [` ${first}`, ...rest.map((line) => `${indent}${line}`)].join(hand.newline);
}

/** Everything on one line. */
export function flowText(value: Json, hand: Hand): string {
  if (typeof value === 'string') return wordText(value, hand);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => flowText(item, hand)).join(', ')}]`;
  const fields = Object.entries(value).map(
    ([key, field]) => `${wordText(key, hand)}: ${flowText(field, hand)}`,
  );
  if (fields.length === 0) return '{}';
  return hand.json ? `{${fields.join(', ')}}` : `{ ${fields.join(', ')} }`;
}

/** A text, quoted where a reader of YAML could take it for something else. */
export function wordText(text: string, { json }: Pick<Hand, 'json'>): string {
  return !json && isPlain(text) ? text : JSON.stringify(text);
}

function isPlain(text: string): boolean {
  if (/^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d+)?$/.test(text)) return true;
  if (!/^[A-Za-z_][\w./-]*$/.test(text)) return false;
  return !/^(?:y|yes|n|no|on|off|true|false|null)$/i.test(text);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isScalar(value: Json): boolean {
  return value === null || typeof value !== 'object';
}

function isShort(value: Json): boolean {
  if (isScalar(value)) return true;
  if (isList(value)) return value.every(isScalar) && JSON.stringify(value).length <= lineMax;
  return Object.keys(value ?? {}).length === 0;
}

function blockLines(value: Json, hand: Hand): string[] {
  if (isList(value)) return value.flatMap((item) => `-${itemText(item, '  ', hand)}`.split(hand.newline));
  if (value === null || typeof value !== 'object') return [flowText(value, hand)];
  return Object.entries(value).flatMap(([key, field]) =>
    `${wordText(key, hand)}:${valueText(field, '  ', hand)}`.split(hand.newline),
  );
}
