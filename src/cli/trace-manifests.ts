import { type DocumentProblem, type RawObject, readDocuments } from '../cluster/documents.ts';
import { impliedNamespaces } from '../cluster/implied-namespaces.ts';
import { ConfigNotes } from '../cluster/platform-config.ts';
import { decodeObject } from '../model/decode/cluster-object.ts';
import { decodeNetworkPolicy } from '../model/decode/network-policy.ts';
import { DecodeError } from '../model/decode/value.ts';
import { asWritten } from '../model/decode/written-policy.ts';
import type { PlatformConfig } from '../model/detected.ts';
import type { ClusterObject, WorldEvent } from '../model/objects.ts';
import { readInputs } from './lint-inputs.ts';

/** What manifests say of a cluster. */
export interface ManifestsRead {
  readonly events: readonly WorldEvent[];
  /** What could not be read; everything else was. */
  readonly problems: readonly DocumentProblem[];
  /** What they say of the network plugin beside its DaemonSets. */
  readonly config: PlatformConfig;
}

/** Reads files, directories with all that is below them, and `-`; a problem alone where nothing at all could be read. */
export function readCluster(paths: readonly string[]): ManifestsRead | { readonly problem: string } {
  const inputs = readInputs(paths);
  const [first] = inputs.problems;
  if (inputs.texts.length === 0 && first !== undefined)
    return {
      problem: inputs.problems.map(({ file, message }) => `${file} cannot be read: ${message}.`).join(' '),
    };
  const { objects, problems } = readDocuments(inputs.texts);
  const unread: DocumentProblem[] = [...inputs.problems, ...problems];
  const records = objects.flatMap((raw) => recordOf(raw, unread) ?? []);
  const all = [...records, ...impliedNamespaces(records)];
  const notes = new ConfigNotes();
  for (const { value, type } of objects) notes.note(value, type);
  return {
    events: all.map((object) => ({ type: 'put', object })),
    problems: unread,
    config: notes.config(),
  };
}

/** A policy that cannot be read is in force all the same: what it governs is unknown. */
export function recordOf(raw: RawObject, unread: DocumentProblem[]): ClusterObject | null {
  let record: ClusterObject | null = null;
  try {
    record = asWritten(decodeObject(raw.value, raw.type), raw.value);
    if (record?.kind === 'NetworkPolicy' && record.policy === null) decodeNetworkPolicy(raw.value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { file, line, column } = raw.spanOf(error.path);
    unread.push({ file, line, column, message: error.message });
  }
  return record;
}
