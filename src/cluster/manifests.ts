import { type Document, isMap, isNode, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { decodeObject, typeOf } from '../model/decode/cluster-object.ts';
import { get, list } from '../model/decode/lenient.ts';
import { decodeNetworkPolicy } from '../model/decode/network-policy.ts';
import { DecodeError, isRecord } from '../model/decode/value.ts';
import { asWritten } from '../model/decode/written-policy.ts';
import type { PlatformConfig } from '../model/detected.ts';
import type { ClusterObject, WorldEvent } from '../model/objects.ts';
import { impliedNamespaces } from './implied-namespaces.ts';
import { ConfigNotes } from './platform-config.ts';

export interface ManifestText {
  readonly file: string;
  readonly text: string;
}

export interface ManifestProblem {
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  readonly message: string;
}

export interface Manifests {
  /** One `put` per known object, in the order of the files; namespaces that are only referred to come last. */
  readonly events: readonly WorldEvent[];
  /** What could not be read. Everything else is read all the same. */
  readonly problems: readonly ManifestProblem[];
  /** What they say of the network plugin beside its DaemonSets. */
  readonly config: PlatformConfig;
}

interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly notes: ConfigNotes;
}

/** Bounds what one alias may multiply to, so that a small file cannot fill the memory. */
const aliasMax = 100;

/** Reads YAML or JSON, several documents per file and Lists among them. Kinds that are not known are left out. */
export function readManifests(texts: readonly ManifestText[]): Manifests {
  const objects: ClusterObject[] = [];
  const problems: ManifestProblem[] = [];
  const notes = new ConfigNotes();
  for (const { file, text } of texts) {
    const lines = new LineCounter();
    // An empty text gives an empty list of another type, which holds nothing to read.
    for (const document of parseAllDocuments(text, { lineCounter: lines, merge: true })) {
      readDocument({ file, document, lines, notes }, objects, problems);
    }
  }
  const all = [...objects, ...impliedNamespaces(objects)];
  return { events: all.map((object) => ({ type: 'put', object })), problems, config: notes.config() };
}

function readDocument(source: Source, objects: ClusterObject[], problems: ManifestProblem[]): void {
  const { document, file, lines } = source;
  const [error] = document.errors;
  if (error !== undefined) {
    const [message = ''] = error.message.split('\n');
    problems.push({ file, line: lines.linePos(error.pos[0]).line, message });
    return;
  }
  try {
    readValue(source, document.toJS({ maxAliasCount: aliasMax }), '', objects, problems);
  } catch (thrown) {
    // A ReferenceError: a missing anchor or too many aliases. A RangeError: nested deeper than the stack.
    if (!(thrown instanceof ReferenceError || thrown instanceof RangeError)) throw thrown;
    problems.push({ file, message: thrown.message });
  }
}

function readValue(
  source: Source,
  value: unknown,
  path: string,
  objects: ClusterObject[],
  problems: ManifestProblem[],
): void {
  const { apiVersion, kind } = typeOf(value);
  if (kind.endsWith('List') && Array.isArray(get(value, 'items'))) {
    const type = { apiVersion, kind: kind.slice(0, -'List'.length) };
    for (const [index, item] of list(get(value, 'items')).entries()) {
      // The items of a `PodList` may leave out what they are.
      const whole =
        isRecord(item) && typeOf(item).kind === '' && type.kind !== '' ? { ...item, ...type } : item;
      readValue(source, whole, `items[${index}]`, objects, problems);
    }
    return;
  }
  try {
    source.notes.note(value, { apiVersion, kind });
    const object = asWritten(decodeObject(value), value);
    if (object !== null) objects.push(object);
    if (object?.kind === 'NetworkPolicy' && object.policy === null) decodeNetworkPolicy(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    problems.push({
      file: source.file,
      line: lineOf(source, [path, error.path].filter((part) => part !== '').join('.')),
      message: error.message,
    });
  }
}

/** The line of the deepest part of the path that is written down. */
function lineOf({ document, lines }: Source, path: string): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path.split(/[.[\]]+/).filter((piece) => piece !== '')) {
    const [key, value] = childOf(node, part);
    offset = startOf(key) ?? startOf(value) ?? offset;
    node = value;
  }
  return lines.linePos(offset).line;
}

/** Key and value of a field, or null and the item of a list; nulls where there is none. */
function childOf(node: unknown, part: string): readonly [unknown, unknown] {
  if (isSeq(node)) return [null, node.items[Number(part)] ?? null];
  const pair = isMap(node) ? node.items.find(({ key }) => String(key) === part) : undefined;
  return [pair?.key ?? null, pair?.value ?? null];
}

function startOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
