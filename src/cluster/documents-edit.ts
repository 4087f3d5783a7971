import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { FixStep, Json } from '../model/finding.ts';
import { partsOf } from './documents-place.ts';
import { settleScalars } from './documents-scalars.ts';
import {
  fieldSplice,
  itemSplice,
  keySplice,
  newFieldSplice,
  newItemSplice,
  removalSplice,
  type Sheet,
  type Splice,
} from './edit-splices.ts';
import { isIndex, nested, valueAfter } from './edit-value.ts';
import { KnownDocuments } from './known-documents.ts';
import { readPlainYaml } from './plain-yaml.ts';

/** Bounds what one alias may multiply to, as where documents are read. */
const aliasMax = 100;

/**
 * Takes the steps on an object of a document: `prefix` is its path in the document, empty or `items[3]` in a List. Only
 * what the steps are about is written anew; all other characters stay. The new text says exactly what the old one said
 * with the steps taken, or it is null: where a place cannot be edited by itself, an alias leads elsewhere, and so on.
 */
export function editedDocument(
  text: string,
  prefix: string,
  steps: readonly FixStep[],
  known: KnownDocuments = new KnownDocuments(),
): string | null {
  const parsed = known.of(text);
  const before = parsed === null ? onlyDocument(text) : readingOf(parsed);
  const wanted = before === null ? null : valueAfter(before.value, steps, prefix);
  if (wanted === null) return null;
  let [edited, now]: [string, Read | null] = [text, before];
  for (const [index, step] of steps.entries()) {
    const next: string | null = now === null ? null : stepTaken(edited, now.document, prefix, step);
    if (next === null) return null;
    // Most texts are plain, and the quick reader knows what they say.
    if (index === steps.length - 1 && saysPlainly(next, wanted.value)) return next;
    [edited, now] = [next, onlyDocument(next)];
  }
  return now !== null && isDeepStrictEqual(now.value, wanted.value) ? edited : null;
}

function saysPlainly(text: string, wanted: unknown): boolean {
  const [only, second] = readPlainYaml(text) ?? [];
  return only !== undefined && second === undefined && isDeepStrictEqual(only, wanted);
}

/** The texts of a file's documents, each with what stands before it; together they are the file. */
export function documentTexts(text: string): readonly string[] {
  // Most files hold one document, and need not be read for that.
  if (!/^(?:---|\.\.\.)/m.test(text)) return [text];
  const documents = parseAllDocuments(text);
  const ends = [...documents].slice(0, -1).map((document) => document.range[2]);
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

interface Read {
  readonly document: Document;
  readonly value: unknown;
}

/** The one document of a text, and what it says; null where it cannot be read or says nothing by itself. */
function onlyDocument(text: string): Read | null {
  const [document, ...others] = parseAllDocuments(text, { merge: true });
  if (document === undefined || others.length > 0 || document.errors.length > 0) return null;
  settleScalars(document);
  return readingOf(document);
}

/** What a document says whose scalars are settled; null where it says nothing by itself. */
function readingOf(document: Document): Read | null {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasMax });
    // As JSON has it, so that what an alias repeats is compared as what it is.
    return { document, value: JSON.parse(JSON.stringify(value ?? null)) };
  } catch (thrown) {
    // An alias without its anchor or too many of them, nesting deeper than the stack, and a thing that holds itself.
    if (thrown instanceof ReferenceError || thrown instanceof RangeError || thrown instanceof TypeError)
      return null;
    throw thrown;
  }
}

function stepTaken(text: string, document: Document, prefix: string, step: FixStep): string | null {
  const json = text
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('{');
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const sheet: Sheet = { text, hand: { json, newline, indentsLists: indentsLists(document, text) } };
  const splice = spliceFor(sheet, document, [...partsOf(prefix), ...partsOf(step.at)], step);
  return splice === null ? null : `${text.slice(0, splice.start)}${splice.text}${text.slice(splice.end)}`;
}

/** A field or an item that is written down, by the collection that holds it. */
interface Held {
  readonly holder: YAMLMap | YAMLSeq;
  readonly index: number;
}

function spliceFor(sheet: Sheet, document: Document, parts: readonly string[], step: FixStep): Splice | null {
  const way = wayTo(document, parts);
  const rest = parts.slice(way.length);
  const found = way.at(-1);
  switch (step.op) {
    case 'set':
      return written(sheet, document, found, rest, step.value);
    case 'append': {
      const node = found === undefined || rest.length > 0 ? null : nodeOf(found);
      if (isSeq(node) && node.items.length > 0) return newItemSplice(sheet, node, step.value);
      return isNothing(node) || isSeq(node) ? written(sheet, document, found, rest, [step.value]) : null;
    }
    case 'remove':
      return rest.length === 0 ? removal(sheet, way) : null;
    case 'rename':
      if (found === undefined || rest.length > 0 || !isMap(found.holder)) return null;
      return keySplice(sheet, found.holder, found.index, step.to);
  }
}

/** How far the path is written down; an alias ends it, for what it repeats stands elsewhere too. */
function wayTo(document: Document, parts: readonly string[]): readonly Held[] {
  const way: Held[] = [];
  let node: unknown = document.contents;
  for (const part of parts) {
    const index = indexIn(node, part);
    if (!(isMap(node) || isSeq(node)) || index < 0) break;
    const held = { holder: node, index };
    way.push(held);
    node = nodeOf(held);
  }
  return way;
}

function indexIn(node: unknown, part: string): number {
  if (isSeq(node)) return isIndex(part) && Number(part) < node.items.length ? Number(part) : -1;
  if (!isMap(node)) return -1;
  return node.items.findIndex(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === part);
}

function nodeOf({ holder, index }: Held): unknown {
  return isMap(holder) ? (holder.items[index]?.value ?? null) : holder.items[index];
}

function isNothing(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/** In place of what is there, or as the fields that are not there yet, in the deepest thing that is. */
function written(
  sheet: Sheet,
  document: Document,
  found: Held | undefined,
  rest: readonly string[],
  value: Json,
): Splice | null {
  const [key, ...deeper] = rest;
  if (key === undefined) return found === undefined ? null : replacement(sheet, found, value);
  if (rest.some(isIndex)) return null;
  const node = found === undefined ? document.contents : nodeOf(found);
  if (isMap(node) && node.items.length > 0) return newFieldSplice(sheet, node, key, nested(deeper, value));
  if (found === undefined || isAlias(node)) return null;
  return isNothing(node) || isMap(node) ? replacement(sheet, found, nested(rest, value)) : null;
}

function replacement(sheet: Sheet, { holder, index }: Held, value: Json): Splice | null {
  return isMap(holder) ? fieldSplice(sheet, holder, index, value) : itemSplice(sheet, holder, index, value);
}

function removal(sheet: Sheet, way: readonly Held[]): Splice | null {
  const [found, above] = [way.at(-1), way.at(-2)];
  if (found === undefined) return null;
  if (found.holder.items.length > 1 || found.holder.flow === true || above === undefined)
    return removalSplice(sheet, found.holder, found.index);
  return replacement(sheet, above, isMap(found.holder) ? {} : []);
}

/** As most lists of the document have it; indented where there is none. */
function indentsLists(document: Document, text: string): boolean {
  const column = (offset: number): number => offset - text.lastIndexOf('\n', offset - 1);
  let balance = 0;
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || !isSeq(value) || value.flow === true || !key.range || !value.range) return;
      balance += column(value.range[0]) > column(key.range[0]) ? 1 : -1;
    },
  });
  return balance >= 0;
}
