import type { DocumentProblem } from '../cluster/documents.ts';
import type { ManifestText } from '../cluster/manifests.ts';
import { readPlainYaml } from '../cluster/plain-yaml.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import { decodeObject, type TypeMeta, typeOf } from '../model/decode/cluster-object.ts';
import { get, list } from '../model/decode/lenient.ts';
import { DecodeError, isRecord } from '../model/decode/value.ts';
import { asWritten } from '../model/decode/written-policy.ts';
import type { ClusterObject } from '../model/objects.ts';
import { readInputs } from './lint-inputs.ts';
import type { Progress } from './progress.ts';
import { isSnapshotFile } from './snapshot-file.ts';

/** The objects of some manifests or of a snapshot. */
export interface RecordsRead {
  /** Those that are written down; namespaces that are only referred to are not among them. */
  readonly records: readonly ClusterObject[];
  /** What could not be read; everything else was. */
  readonly problems: readonly DocumentProblem[];
  readonly files: number;
  /** Where the records are of a snapshot. */
  readonly snapshot: Snapshot | null;
}

interface FileRead {
  readonly records: readonly ClusterObject[];
  readonly problems: readonly Omit<DocumentProblem, 'file'>[];
}

/** Reads manifests and snapshots; a text that was read already, under whatever name, is not read again. */
export class RecordReader {
  /** How many different texts were read. */
  parsed = 0;
  private readonly known = new Map<string, FileRead>();
  private readonly progress: Progress;

  constructor(progress: Progress) {
    this.progress = progress;
  }

  /** Reads files, directories with all that is below them, `-` and snapshots; directories may be empty. */
  async read(paths: readonly string[]): Promise<RecordsRead | { readonly problem: string }> {
    const [only, second] = paths;
    const saved = second === undefined && only !== undefined ? await snapshotAt(only) : null;
    if (saved !== null && 'problem' in saved) return saved;
    if (saved !== null) return { records: saved.objects, problems: [], files: 1, snapshot: saved };
    const { texts, problems } = readInputs(paths);
    const unread = problems.filter(({ message }) => message !== 'there is no YAML or JSON file in it');
    if (texts.length === 0 && unread.length > 0)
      return { problem: unread.map(({ file, message }) => `${file} cannot be read: ${message}.`).join(' ') };
    const records: ClusterObject[] = [];
    const all: DocumentProblem[] = [...unread];
    for (const [index, source] of texts.entries()) {
      this.progress.at('reading manifests', index, texts.length);
      const read = this.known.get(source.text) ?? (await this.readOne(source));
      this.known.set(source.text, read);
      for (const record of read.records) records.push(record);
      for (const problem of read.problems) all.push({ file: source.file, ...problem });
    }
    return {
      records,
      problems: all,
      files: texts.length,
      snapshot: null,
    };
  }

  private async readOne(source: ManifestText): Promise<FileRead> {
    this.parsed += 1;
    const quick = quickly(source.text);
    if (quick !== null) return { records: quick, problems: [] };
    // Loaded late: most manifests do without the whole reader.
    const [{ readDocuments }, { recordOf }] = await Promise.all([
      import('../cluster/documents.ts'),
      import('./trace-manifests.ts'),
    ]);
    const { objects, problems } = readDocuments([source]);
    const unread: DocumentProblem[] = [...problems];
    const records = objects.flatMap((raw) => recordOf(raw, unread) ?? []);
    return { records, problems: unread.map(({ file: _, ...problem }) => problem) };
  }
}

async function snapshotAt(path: string): Promise<Snapshot | { readonly problem: string } | null> {
  if (path === '-' || !isSnapshotFile(path)) return null;
  const { readSnapshotFile } = await import('./open-snapshot.ts');
  return readSnapshotFile(path);
}

/** Null where anything about the text is out of the ordinary; the whole reader finds the words and the place for it. */
function quickly(text: string): readonly ClusterObject[] | null {
  const values = valuesIn(text);
  if (values === null) return null;
  const records: ClusterObject[] = [];
  try {
    return values.every((value) => takeApart(value, typeOf(value), records)) ? records : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function valuesIn(text: string): readonly unknown[] | null {
  if (!/^\s*\{/.test(text)) return readPlainYaml(text);
  try {
    return [JSON.parse(text)];
  } catch (error) {
    // Several documents, or an error that the whole reader knows the place of.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Takes Lists apart; false where something is not as it should be. */
function takeApart(value: unknown, type: TypeMeta, records: ClusterObject[]): boolean {
  if (!isRecord(value) || type.kind === '' || type.apiVersion === '') return false;
  const items = get(value, 'items');
  if (type.kind.endsWith('List') && Array.isArray(items)) {
    const own = { apiVersion: type.apiVersion, kind: type.kind.slice(0, -'List'.length) };
    return list(items).every((item) => {
      const stated = typeOf(item);
      const bare = stated.kind === '' && own.kind !== '';
      return !stated.kind.endsWith('List') && takeApart(item, bare ? own : stated, records);
    });
  }
  const record = asWritten(decodeObject(value, type), value);
  if (record?.kind === 'NetworkPolicy' && record.policy === null) return false;
  if (record !== null) records.push(record);
  return true;
}
