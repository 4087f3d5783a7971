import { isCollection, isMap, isNode, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Json } from '../model/finding.ts';
import { flowText, type Hand, itemText, valueText, wordText } from './edit-words.ts';

/** Characters of a text that make way for others. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text that is edited, and how. */
export interface Sheet {
  readonly text: string;
  readonly hand: Hand;
}

/** Where a new field stands best; all others come last. */
const places: ReadonlyMap<string, string> = new Map([
  ['policyTypes', 'podSelector'],
  ['namespace', 'name'],
]);

/** Writes another value in place of that of a field. */
export function fieldSplice(sheet: Sheet, map: YAMLMap, index: number, value: Json): Splice | null {
  const pair = map.items[index];
  const key = startOf(pair?.key);
  if (pair === undefined || key === null) return null;
  const { text, hand } = sheet;
  const [start, end] = rangeOf(pair.value) ?? [0, 0];
  if (map.flow === true) return end > start ? { start, end, text: flowText(value, hand) } : null;
  const colon = text.indexOf(':', endOf(pair.key) ?? key) + 1;
  if (colon === 0) return null;
  const shown = valueText(value, `${marginOf(text, key)}  `, hand);
  const isInline = !shown.startsWith(hand.newline);
  if (end > start && !isBlock(pair.value)) {
    return isInline ? { start, end, text: shown.trimStart() } : { start: colon, end, text: shown };
  }
  const last = end > start ? beforeNewline(text, contentEnd(pair.value) ?? end) : colon;
  return { start: colon, end: Math.max(colon, last), text: shown };
}

/** Writes another value in place of an item of a list. */
export function itemSplice({ text, hand }: Sheet, list: YAMLSeq, index: number, value: Json): Splice | null {
  const item: unknown = list.items[index];
  const [start, end] = rangeOf(item) ?? [0, 0];
  if (end <= start) return null;
  if (list.flow === true) return { start, end, text: flowText(value, hand) };
  const margin = marginOf(text, rangeOf(list)?.[0] ?? start);
  const shown = itemText(value, `${margin}  `, hand).trimStart();
  return { start, end: beforeNewline(text, contentEnd(item) ?? end), text: shown };
}

/** Adds a field. */
export function newFieldSplice(sheet: Sheet, map: YAMLMap, key: string, value: Json): Splice | null {
  const { text, hand } = sheet;
  if (map.flow === true) return flowSplice(sheet, map, `${wordText(key, hand)}: ${flowText(value, hand)}`);
  const first = startOf(map.items[0]?.key);
  const named = map.items.find((pair) => isScalar(pair.key) && pair.key.value === places.get(key));
  const end = contentEnd(named ?? map.items.at(-1));
  if (first === null || end === null) return null;
  const margin = marginOf(text, first);
  const field = `${wordText(key, hand)}:${valueText(value, `${margin}  `, hand)}`;
  return lineSplice(sheet, end, `${margin}${field}`);
}

/** Adds an item at the end of a list. */
export function newItemSplice(sheet: Sheet, list: YAMLSeq, value: Json): Splice | null {
  const { text, hand } = sheet;
  if (list.flow === true) return flowSplice(sheet, list, flowText(value, hand));
  const first = rangeOf(list)?.[0];
  const end = contentEnd(list.items.at(-1));
  if (first === undefined || end === null) return null;
  const margin = marginOf(text, first);
  return lineSplice(sheet, end, `${margin}-${itemText(value, `${margin}  `, hand)}`);
}

/** Writes a key differently. */
export function keySplice({ hand }: Sheet, map: YAMLMap, index: number, to: string): Splice | null {
  const key = map.items[index]?.key;
  const [start, end] = rangeOf(key) ?? [0, 0];
  if (!isScalar(key) || end <= start) return null;
  const isQuoted = key.type === 'QUOTE_DOUBLE';
  return { start, end, text: wordText(to, { json: hand.json || isQuoted }) };
}

/** Takes out a field or an item; an only one leaves its collection empty, which `fieldSplice` writes better. */
export function removalSplice({ text }: Sheet, from: YAMLMap | YAMLSeq, index: number): Splice | null {
  const items: readonly unknown[] = from.items;
  const start = placeOf(text, from, index);
  const next = index + 1 < items.length ? placeOf(text, from, index + 1) : null;
  const end = from.flow === true ? flowEnd(items[index]) : contentEnd(items[index]);
  if (start === null || end === null) return null;
  if (from.flow === true) return flowRemoval(from, index, start, end, next);
  const lineStart = startOfLine(text, start);
  if (!/^\s*$/.test(bare(text.slice(lineStart, start)))) {
    return next === null ? null : { start, end: next, text: '' };
  }
  const newline = text.indexOf('\n', Math.max(0, end - 1));
  if (newline >= 0) return { start: lineStart, end: newline + 1, text: '' };
  return {
    start: Math.max(0, lineStart - (text[lineStart - 2] === '\r' ? 2 : 1)),
    end: text.length,
    text: '',
  };
}

function flowRemoval(
  from: YAMLMap | YAMLSeq,
  index: number,
  start: number,
  end: number,
  next: number | null,
): Splice | null {
  if (next !== null) return { start, end: next, text: '' };
  const before = index > 0 ? flowEnd(from.items[index - 1]) : (rangeOf(from)?.[0] ?? -1) + 1;
  return before === null ? null : { start: before, end, text: '' };
}

/** Adds at the end of `{…}` or `[…]`, as the item before was added. */
function flowSplice({ text, hand }: Sheet, into: YAMLMap | YAMLSeq, entry: string): Splice | null {
  const [open, close] = rangeOf(into) ?? [0, 0];
  const last: unknown = into.items.at(-1);
  if (last === undefined) {
    if (text.slice(open + 1, close - 1).trim() !== '') return null;
    const shown = isMap(into) && !hand.json ? ` ${entry} ` : entry;
    return { start: open + 1, end: close - 1, text: shown };
  }
  const [start, end] = [startOf(isPair(last) ? last.key : last), flowEnd(last)];
  if (start === null || end === null) return null;
  const lead = text.slice(startOfLine(text, start), start);
  const glue = lead.trim() === '' ? `,${hand.newline}${lead}` : ', ';
  const comma = /^\s*,/.exec(text.slice(end, close - 1))?.[0];
  if (comma === undefined) return { start: end, end, text: `${glue}${entry}` };
  return { start: end + comma.length, end: end + comma.length, text: `${glue.slice(1)}${entry},` };
}

/** A line of its own below the one in which something ends. */
function lineSplice({ text, hand }: Sheet, end: number, line: string): Splice {
  const newline = text.indexOf('\n', Math.max(0, end - 1));
  const at = newline < 0 ? text.length : beforeNewline(text, newline + 1);
  return { start: at, end: at, text: `${hand.newline}${line}` };
}

/** Where the line of a field or an item begins: its key, or its dash. */
function placeOf(text: string, from: YAMLMap | YAMLSeq, index: number): number | null {
  const item: unknown = from.items[index];
  if (isMap(from)) return startOf(from.items[index]?.key);
  const start = startOf(item);
  const first = rangeOf(from)?.[0];
  if (from.flow === true || start === null || first === undefined || index === 0)
    return from.flow === true ? start : (first ?? null);
  const column = first - startOfLine(text, first);
  for (let line = startOfLine(text, start); line > first; line = startOfLine(text, line - 1))
    if (text[line + column] === '-') return line + column;
  return null;
}

/** Where a field, or an item, ends: without the comments and blank lines behind it. */
function contentEnd(thing: unknown): number | null {
  if (isSeq(thing) && thing.flow !== true) return contentEnd(thing.items.at(-1));
  if (isMap(thing) && thing.flow !== true) return contentEnd(thing.items.at(-1));
  if (isNode(thing)) return endOf(thing);
  if (!isPair(thing)) return null;
  const [start, end] = rangeOf(thing.value) ?? [0, 0];
  // What is not written ends with its key.
  return end > start || isCollection(thing.value) ? contentEnd(thing.value) : endOf(thing.key);
}

function flowEnd(item: unknown): number | null {
  if (!isPair(item)) return endOf(item);
  return endOf(item.value) ?? endOf(item.key);
}

function isPair(thing: unknown): thing is Pair {
  return typeof thing === 'object' && thing !== null && 'key' in thing && 'value' in thing && !isNode(thing);
}

function isBlock(node: unknown): boolean {
  if (isCollection(node)) return node.flow !== true;
  return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
}

function rangeOf(node: unknown): readonly [start: number, end: number] | null {
  return isNode(node) && node.range ? [node.range[0], node.range[1]] : null;
}

function startOf(node: unknown): number | null {
  return rangeOf(node)?.[0] ?? null;
}

function endOf(node: unknown): number | null {
  return rangeOf(node)?.[1] ?? null;
}

function startOfLine(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** The blanks that bring a new line below a place: a dash before it counts as one. */
function marginOf(text: string, offset: number): string {
  return bare(text.slice(startOfLine(text, offset), offset)).replaceAll(/[^\s]/g, ' ');
}

/** A byte order mark takes no column. */
function bare(lead: string): string {
  return lead.replace(/^\uFEFF/, '');
}

/** The end of the last line before an offset that lies behind its newline. */
function beforeNewline(text: string, end: number): number {
  if (text[end - 1] !== '\n') return end;
  return text[end - 2] === '\r' ? end - 2 : end - 1;
}
