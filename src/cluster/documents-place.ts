import { type Document, isAlias, isCollection, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';

/** A place in a file, lines and columns from 1; the end is the column after the last character. One line long. */
export interface TextSpan {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  /** The whole line that it lies in. */
  readonly source: string;
}

/** A document and the text it came from. */
export interface Placed {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly document: Document;
}

/** First character and the one after the last. */
type Extent = readonly [first: number, end: number];

/**
 * Where the deepest part of a path such as `spec.ingress[0].from[1].podSelector` is written down: the value where it is
 * a plain one, the key where it is a block, the first line of an item of a list. Keys with dots stand in brackets:
 * `metadata.labels[app.kubernetes.io/name]`. Where nothing of the path is there, the name of the object, or its start.
 */
export function spanOf(placed: Placed, prefix: string, path: string): TextSpan {
  const parts = [...partsOf(prefix), ...partsOf(path)];
  const own = partsOf(prefix).length;
  const found = deepest(placed.document, parts);
  if (found.depth > own) return spanAt(placed, found.extent);
  const name = deepest(placed.document, [...partsOf(prefix), 'metadata', 'name']);
  return spanAt(placed, name.depth > own ? name.extent : found.extent);
}

/** The part of an extent that lies in its first line. */
export function spanAt(
  { file, text, lines }: Pick<Placed, 'file' | 'text' | 'lines'>,
  extent: Extent,
): TextSpan {
  const { line, col } = lines.linePos(extent[0]);
  const lineStart = extent[0] - col + 1;
  const newline = text.indexOf('\n', lineStart);
  const source = text.slice(lineStart, newline < 0 ? undefined : newline).replace(/\r$/, '');
  const last = Math.min(extent[1] - lineStart, source.trimEnd().length);
  // An empty extent still shows one place.
  const endColumn = Math.max(last + 1, col + 1);
  return { file, line, column: col, endColumn, source };
}

/** `items[0]`, `a.b[key.with/dots]`: names between dots, anything between brackets. */
export function partsOf(path: string): readonly string[] {
  return [...path.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([whole, inner]) => inner ?? whole);
}

function deepest(document: Document, parts: readonly string[]): { depth: number; extent: Extent } {
  let node: unknown = document.contents;
  let extent: Extent = extentOf(node) ?? [document.range?.[0] ?? 0, document.range?.[0] ?? 0];
  for (const [depth, part] of parts.entries()) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    const child = childOf(inside, part);
    if (child === null) return { depth, extent };
    extent = child.extent ?? extent;
    node = child.node;
  }
  return { depth: parts.length, extent };
}

function childOf(node: unknown, part: string): { node: unknown; extent: Extent | null } | null {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return item === undefined ? null : { node: item, extent: extentOf(item) };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === part);
  if (pair === undefined) return null;
  const isBlock = isCollection(pair.value) && pair.value.flow !== true;
  const written = isBlock ? null : extentOf(pair.value);
  const shown = written !== null && written[1] > written[0] ? written : extentOf(pair.key);
  return { node: pair.value, extent: shown };
}

function extentOf(node: unknown): Extent | null {
  if (!isNode(node) || !node.range) return null;
  return [node.range[0], node.range[1]];
}
