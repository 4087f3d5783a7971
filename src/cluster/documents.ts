import { LineCounter, parseAllDocuments } from 'yaml';
import { type TypeMeta, typeOf } from '../model/decode/cluster-object.ts';
import { get, list } from '../model/decode/lenient.ts';
import { meansPolicy } from '../model/decode/policy-type.ts';
import { isRecord } from '../model/decode/value.ts';
import { commentsOf, type DocumentExtent, type RawComment } from './documents-comments.ts';
import { type Placed, spanAt, spanOf, type TextSpan } from './documents-place.ts';
import { collectionKeyIn, type DoubleMeaning, settleScalars } from './documents-scalars.ts';
import { KnownDocuments } from './known-documents.ts';
import type { ManifestText } from './manifests.ts';

/** One object of a file as its author wrote it. */
export interface RawObject {
  readonly file: string;
  /** Which document of the file it stands in, from 0. */
  readonly document: number;
  /** Its path in the document: empty, or `items[3]` in a List. */
  readonly prefix: string;
  readonly type: TypeMeta;
  /** As kubectl would read it, JSON. */
  readonly value: unknown;
  /** Where the deepest part of a path that is written down stands. */
  readonly spanOf: (path: string) => TextSpan;
  /** Scalars in it that YAML 1.1 and 1.2 read differently; paths from the object on. */
  readonly doubleMeanings: readonly RawScalar[];
  /** Comments to netsluice in its document; the items of a List share them. */
  readonly comments: readonly RawComment[];
}

export interface RawScalar extends Omit<DoubleMeaning, 'node'> {
  readonly span: TextSpan;
}

/** A document that could not be read, or a file. */
export interface DocumentProblem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export interface Documents {
  /** Objects of every kind, in the order of the files; the items of Lists each for itself. */
  readonly objects: readonly RawObject[];
  readonly problems: readonly DocumentProblem[];
  /** Documents that are no Kubernetes objects: they have no `apiVersion` and `kind`. */
  readonly strangers: number;
  /**
   * Documents without a whole type that mean to be a NetworkPolicy. They count as problems or strangers too; who judges
   * them takes them out there.
   */
  readonly fragments: readonly Fragment[];
}

export interface Fragment {
  readonly raw: RawObject;
  /** One of the problems; null where it is one of the strangers. */
  readonly problem: DocumentProblem | null;
}

/** Bounds what one alias may multiply to, so that a small file cannot fill the memory. */
const aliasMax = 100;

const tooDeep = 'it is nested too deeply to be read';

/** How deep Lists may lie in Lists. */
const listDepthMax = 20;

/** Reads YAML or JSON, several documents per file and Lists among them. What cannot be read is told, never dropped. */
export function readDocuments(
  texts: Iterable<ManifestText>,
  known: KnownDocuments = new KnownDocuments(),
): Documents {
  const objects: RawObject[] = [];
  const problems: DocumentProblem[] = [];
  const fragments: Fragment[] = [];
  let strangers = 0;
  for (const source of texts) {
    try {
      strangers += readFile(source, { objects, problems, fragments }, known);
    } catch (thrown) {
      // A ReferenceError: a missing anchor or too many aliases. A RangeError: nested deeper than the stack.
      if (!(thrown instanceof ReferenceError || thrown instanceof RangeError)) throw thrown;
      problems.push({ file: source.file, message: deepText(thrown) });
    }
  }
  return { objects, problems, strangers, fragments };
}

function deepText(thrown: Error): string {
  return thrown instanceof RangeError ? tooDeep : thrown.message;
}

interface Yield {
  readonly objects: RawObject[];
  readonly problems: DocumentProblem[];
  readonly fragments: Fragment[];
}

function readFile({ file, text }: ManifestText, found: Yield, known: KnownDocuments): number {
  const { problems } = found;
  if (text.includes('\0')) {
    problems.push({ file, message: 'it is no text: it holds a zero byte' });
    return 0;
  }
  const lines = new LineCounter();
  let strangers = 0;
  let index = -1;
  let start = 0;
  const clean = withoutCommands(text);
  // An empty text gives an empty list of another type, which holds nothing to read.
  const documents = [...parseAllDocuments(clean, { lineCounter: lines, merge: true })];
  const [only, second] = documents;
  if (only !== undefined && second === undefined && clean === text && only.errors.length === 0)
    known.keep(text, only);
  for (const document of documents) {
    const placed = { file, text, lines, document };
    const extent = { start, end: document.range?.[2] ?? text.length };
    index += 1;
    start = extent.end;
    const problem = problemOf(placed);
    problems.push(...commandsIn(placed, extent));
    if (problem !== null) problems.push(problem);
    else strangers += readDocument(placed, { index, extent }, found);
  }
  return strangers;
}

function problemOf(placed: Placed): DocumentProblem | null {
  const { document } = placed;
  const [error] = document.errors;
  if (error !== undefined) {
    const [first = ''] = error.message.split('\n');
    // The parser passes on what it runs into itself.
    const deep = first.startsWith('Maximum call stack');
    const message = deep ? tooDeep : first.replace(/ at line \d+, column \d+:?$/, '');
    return problemAt(placed, error.pos[0], message);
  }
  const key = collectionKeyIn(document.contents);
  return key === null ? null : problemAt(placed, key.range?.[0] ?? 0, 'a key must be a plain value');
}

function problemAt(
  { file, text, lines }: Pick<Placed, 'file' | 'text' | 'lines'>,
  offset: number,
  message: string,
): DocumentProblem {
  const { line, col } = lines.linePos(offset);
  const source = text.slice(offset - col + 1).split('\n', 1)[0] ?? '';
  return { file, line, column: col, message: `${message}${hintFor(source, text, file)}` };
}

/** A line at the left margin that somebody would type, as notes have it between their YAML; no YAML begins so. */
const command = /^(?:\$ )?(?:kubectl|helm|kustomize|oc|cat) [^\n]*$|^EOF$/gm;

/** The text with such lines made comments; no place in it moves. */
function withoutCommands(text: string): string {
  return text.replace(command, (line) => `#${line.slice(1)}`);
}

function commandsIn({ file, text, lines }: Placed, { start, end }: DocumentExtent): DocumentProblem[] {
  return [...text.slice(start, end).matchAll(command)]
    .filter(([line]) => line !== 'EOF')
    .map(({ index }) => {
      const { line, col } = lines.linePos(start + index);
      return { file, line, column: col, message: 'a command is no YAML: take it out; the rest is read' };
    });
}

/** What was likely meant by a line that is no YAML. */
function hintFor(source: string, text: string, file: string): string {
  if (file.endsWith('.json')) return '';
  if (/\{\{-? *[.$\w]/.test(text))
    return '; it looks like a Helm template: give the output of `helm template` instead';
  if (source.includes('...')) return '; write what the dots stand for';
  return /^\s*(?:- )?\w+:[[{]/.test(source) ? '; write a blank after the colon' : '';
}

function readDocument(
  placed: Placed,
  { index, extent }: { readonly index: number; readonly extent: DocumentExtent },
  found: Yield,
): number {
  const { file, document, lines } = placed;
  // A document of comments only is nothing.
  if (document.contents === null) return 0;
  try {
    const scalars = settleScalars(document);
    const value: unknown = document.toJS({ maxAliasCount: aliasMax });
    if (value === null) return 0;
    const comments = commentsOf(placed, extent);
    return split({ ...found, placed, index, scalars, comments, depth: 0 }, value, '');
  } catch (thrown) {
    if (!(thrown instanceof ReferenceError || thrown instanceof RangeError)) throw thrown;
    const line = lines.linePos(document.range?.[0] ?? 0).line;
    found.problems.push({ file, line, message: deepText(thrown) });
    return 0;
  }
}

interface Splitting extends Yield {
  readonly placed: Placed;
  /** Of the document in its file. */
  readonly index: number;
  readonly scalars: readonly DoubleMeaning[];
  readonly comments: readonly RawComment[];
  readonly depth: number;
}

/** Takes Lists apart; returns how many of the things in it are no objects of Kubernetes. */
function split(splitting: Splitting, value: unknown, path: string): number {
  const { placed, depth, objects, problems } = splitting;
  const type = typeOf(value);
  if (type.kind === '' || type.apiVersion === '') return strange(splitting, value, type, path);
  if (!type.kind.endsWith('List') || !Array.isArray(get(value, 'items'))) {
    objects.push(objectOf(splitting, value, type, path));
    return 0;
  }
  if (depth >= listDepthMax) {
    const { line, column } = spanOf(placed, path, '');
    problems.push({ file: placed.file, line, column, message: 'Lists lie too deep in Lists' });
    return 0;
  }
  // The items of a `PodList` may leave out what they are.
  const own = { apiVersion: type.apiVersion, kind: type.kind.slice(0, -'List'.length) };
  let strangers = 0;
  for (const [index, item] of list(get(value, 'items')).entries()) {
    const bare = isRecord(item) && typeOf(item).kind === '' && own.kind !== '';
    const below = path === '' ? `items[${index}]` : `${path}.items[${index}]`;
    strangers += split({ ...splitting, depth: depth + 1 }, bare ? { ...item, ...own } : item, below);
  }
  return strangers;
}

/** Half a type is a slip; none at all is a document of another sort. */
function strange(splitting: Splitting, value: unknown, type: TypeMeta, path: string): number {
  const { placed, problems, fragments } = splitting;
  const { apiVersion, kind } = type;
  const isStranger = apiVersion === '' && kind === '';
  const { line, column } = spanOf(placed, path, kind === '' ? 'apiVersion' : 'kind');
  const message = kind === '' ? `it has apiVersion ${apiVersion} but no kind` : `${kind} has no apiVersion`;
  const problem = isStranger ? null : { file: placed.file, line, column, message };
  if (problem !== null) problems.push(problem);
  if (meansPolicy(value)) fragments.push({ raw: objectOf(splitting, value, type, path), problem });
  return isStranger ? 1 : 0;
}

function objectOf(
  { placed, index, scalars, comments }: Splitting,
  value: unknown,
  type: TypeMeta,
  prefix: string,
): RawObject {
  const inside = scalars.filter(({ path }) => prefix === '' || path.startsWith(`${prefix}.`));
  return {
    file: placed.file,
    document: index,
    prefix,
    type,
    value,
    comments,
    spanOf: (path) => spanOf(placed, prefix, path),
    doubleMeanings: inside.map(({ node, path, written, old, recent }) => {
      const [first = 0, end = 0] = node.range ?? [];
      const own = prefix === '' ? path : path.slice(prefix.length + 1);
      return { path: own, written, old, recent, span: spanAt(placed, [first, end]) };
    }),
  };
}
