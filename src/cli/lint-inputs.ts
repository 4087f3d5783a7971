import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { types } from 'node:util';
import type { DocumentProblem } from '../cluster/documents.ts';
import type { ManifestText } from '../cluster/manifests.ts';
import { patchFiles } from './kustomize-patches.ts';

export interface Inputs {
  readonly texts: readonly ManifestText[];
  readonly problems: readonly DocumentProblem[];
  /** Files that a kustomization uses as patches: they are not among the texts. */
  readonly patches: readonly string[];
}

/** A file above this size is told and left out. */
const bytesMax = 64 * 1024 * 1024;

/**
 * Reads files, directories with all that is below them, and `-` for standard input. Files are named from the working
 * directory on where they lie in it. One that cannot be read is a problem; the rest is read all the same.
 */
export function readInputs(paths: readonly string[]): Inputs {
  const reading: Reading = { texts: [], problems: [], files: new Set(), folders: new Set() };
  for (const path of paths) {
    const before = reading.files.size + reading.problems.length;
    attempt(reading, path, () => readPath(reading, path));
    if (reading.files.size + reading.problems.length === before && !alreadyRead(reading, path))
      reading.problems.push({ file: nameOf(path), message: 'there is no YAML or JSON file in it' });
  }
  const patches = patchFiles(reading.texts);
  return {
    texts: reading.texts.filter(({ file }) => !patches.has(file)),
    problems: reading.problems,
    patches: reading.texts.flatMap(({ file }) => (patches.has(file) ? [file] : [])),
  };
}

interface Reading {
  readonly texts: ManifestText[];
  readonly problems: DocumentProblem[];
  /** Real paths: nothing is read twice, and links that lead round end. */
  readonly files: Set<string>;
  readonly folders: Set<string>;
}

function readPath(reading: Reading, path: string): void {
  if (path === '-') {
    reading.files.add(path);
    take(reading, path, readFileSync(0));
  } else if (statSync(path).isDirectory()) readFolder(reading, path);
  else readOne(reading, path);
}

function readFolder(reading: Reading, folder: string, real = realpathSync.native(folder)): void {
  if (reading.folders.has(real)) return;
  reading.folders.add(real);
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    if (name.startsWith('.') || name === 'node_modules') continue;
    const path = join(folder, name);
    // Asking the file system where every file really lies would take longer than reading it.
    const below = entry.isSymbolicLink() ? null : join(real, name);
    attempt(reading, path, () => {
      const kind = below === null ? statSync(path) : entry;
      if (kind.isDirectory()) readFolder(reading, path, below ?? undefined);
      else if (kind.isFile() && /\.(?:ya?ml|json)$/i.test(name)) readOne(reading, path, below ?? undefined);
    });
  }
}

function readOne(reading: Reading, path: string, real = realpathSync.native(path)): void {
  if (reading.files.has(real)) return;
  reading.files.add(real);
  const { size } = statSync(path);
  if (size > bytesMax) reading.problems.push({ file: nameOf(path), message: tooLarge });
  else take(reading, nameOf(path), readFileSync(path));
}

const tooLarge = `it is larger than ${bytesMax / 1024 / 1024} MiB`;

function take({ texts, problems }: Reading, file: string, bytes: Buffer): void {
  const fault = faultIn(bytes);
  if (fault === null) texts.push({ file, text: bytes.toString('utf8') });
  else problems.push({ file, ...fault });
}

/** Why the bytes are no text that kubectl reads. */
function faultIn(bytes: Buffer): Omit<DocumentProblem, 'file'> | null {
  if (bytes.length > bytesMax) return { message: tooLarge };
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff')
    return { message: 'it is written in UTF-16; save it in UTF-8 instead' };
  if (bytes.includes(0)) return { message: 'it is no text: it holds a zero byte' };
  if (isUtf8(bytes)) return null;
  const [before = ''] = bytes.toString('utf8').split('\uFFFD', 1);
  const line = before.split('\n').length;
  return { line, message: 'it is no text in UTF-8; save it in UTF-8' };
}

function alreadyRead({ files, folders }: Reading, path: string): boolean {
  if (path === '-') return true;
  const real = realpathSync(path);
  const below = `${real}${sep}`;
  return files.has(real) || [...files].some((file) => file.startsWith(below) && folders.has(real));
}

function attempt({ problems }: Reading, path: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!types.isNativeError(error)) throw error;
    const code = 'code' in error ? error.code : '';
    problems.push({ file: nameOf(path), message: reasons.get(String(code)) ?? error.message });
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'you may not read it'],
  ['EPERM', 'you may not read it'],
  ['ELOOP', 'its symbolic links lead to each other'],
  ['ENAMETOOLONG', 'its name is too long'],
]);

/** As seen from the working directory, so that it is the same in every run and fits the repository. */
function nameOf(path: string): string {
  if (path === '-') return path;
  const own = relative(process.cwd(), resolve(path));
  return own === '' || own.startsWith('..') || isAbsolute(own) ? path : own;
}
