import { types } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodeAnswers } from '../model/decode/answers.ts';
import { get, list, text } from '../model/decode/lenient.ts';
import { decodeRecord } from '../model/decode/record-shapes.ts';
import { DecodeError, isRecord } from '../model/decode/value.ts';
import type { Detected } from '../model/detected.ts';
import type { Need } from '../model/finding.ts';
import { type ClusterObject, recordName, workloadKinds } from '../model/objects.ts';
import { watchedKinds } from './kinds.ts';
import { fromJson, toJson } from './record-json.ts';

export const snapshotSchema = 'netsluice/snapshot/v1';

/** What netsluice saw of a cluster at one moment: the records that its world is made of. */
export interface Snapshot {
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** Of netsluice. */
  readonly version: string;
  /** What the user calls the cluster; null where nobody said. */
  readonly cluster: string | null;
  /** The network plugin that was detected; null where nobody looked. */
  readonly platform: Detected | null;
  /** Kinds that the cluster does not have or did not let us list. */
  readonly absent: readonly Need[];
  /** Are names and addresses replaced? */
  readonly redacted: boolean;
  readonly objects: readonly ClusterObject[];
}

/** Bounds of a file that may come from anywhere. */
export interface SnapshotBounds {
  /** Of the file as it is. */
  readonly packedBytesMax: number;
  /** Of the JSON text in it. */
  readonly bytesMax: number;
  readonly objectsMax: number;
}

/** Room for a cluster of 500,000 pods; one text of JavaScript cannot hold more than about 512 MiB. */
const usualBounds: SnapshotBounds = {
  packedBytesMax: 128 * 1024 * 1024,
  bytesMax: 480 * 1024 * 1024,
  objectsMax: 2_000_000,
};

const kinds: ReadonlySet<string> = new Set([
  ...watchedKinds.map(({ record }) => record),
  ...workloadKinds,
  'ForeignPolicy',
]);

/** Gzipped JSON, one record a line; equal snapshots give equal bytes. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { takenAt, version, cluster, platform, absent, redacted, objects } = snapshot;
  const head = {
    schema: snapshotSchema,
    takenAt,
    netsluice: version,
    cluster,
    platform,
    absent: [...absent].sort(),
    redacted,
  };
  const lines = objects.map((object) => ({
    key: sortKey(object),
    line: JSON.stringify(toJson(kept(object))),
  }));
  lines.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const records = lines.map(({ line }) => line).join(',\n');
  return gzipSync(`${JSON.stringify(head).slice(0, -1)},"objects":[\n${records}\n]}\n`);
}

/** How an author wrote a policy is known of manifests alone, and no part of what the cluster is. */
function kept(object: ClusterObject): ClusterObject {
  if (object.kind !== 'NetworkPolicy' || object.policy === null) return object;
  return { ...object, policy: { ...object.policy, written: null } };
}

function sortKey(object: ClusterObject): string {
  const { namespace, name } = recordName(object);
  return `${object.kind}\n${namespace ?? ''}\n${name}`;
}

/** Reads a snapshot, gzipped or not. Whatever the bytes are: the snapshot, or one sentence that says what is wrong. */
export function decodeSnapshot(
  bytes: Uint8Array,
  bounds: SnapshotBounds = usualBounds,
): Snapshot | { readonly problem: string } {
  try {
    return snapshotOf(JSON.parse(unpacked(bytes, bounds)), bounds);
  } catch (error) {
    if (error instanceof DecodeError) return { problem: `it is no snapshot of netsluice: ${error.message}` };
    if (error instanceof SyntaxError) return { problem: 'it is no snapshot of netsluice: it holds no JSON' };
    // A code: zlib cannot unpack it, or it is larger than a text may be. A RangeError: it is nested too deep.
    if (error instanceof RangeError || (types.isNativeError(error) && 'code' in error))
      return { problem: `it is no snapshot of netsluice, or was cut off: ${error.message}` };
    throw error;
  }
}

function unpacked(bytes: Uint8Array, { packedBytesMax, bytesMax }: SnapshotBounds): string {
  if (bytes.length > packedBytesMax)
    throw new DecodeError('the file', `is larger than ${packedBytesMax} bytes, which no snapshot is`);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const whole = packed ? gunzipSync(bytes, { maxOutputLength: bytesMax }) : Buffer.from(bytes);
  return whole.toString('utf8');
}

function snapshotOf(value: unknown, { objectsMax }: SnapshotBounds): Snapshot {
  checkSchema(value);
  const objects = get(value, 'objects');
  if (!Array.isArray(objects)) throw new DecodeError('objects', 'must be a list');
  if (objects.length > objectsMax)
    throw new DecodeError('objects', `has ${objects.length} items; at most ${objectsMax} are read`);
  const takenAt = text(get(value, 'takenAt')) ?? '';
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(takenAt) || Number.isNaN(Date.parse(takenAt)))
    throw new DecodeError('takenAt', 'must be a time such as 2026-12-31T23:59:59Z');
  const redacted = get(value, 'redacted');
  if (typeof redacted !== 'boolean') throw new DecodeError('redacted', 'must be true or false');
  return {
    takenAt,
    version: shortText(get(value, 'netsluice'), 'netsluice'),
    cluster: get(value, 'cluster') === null ? null : shortText(get(value, 'cluster'), 'cluster'),
    platform: platformAt(get(value, 'platform')),
    absent: list(get(value, 'absent')).filter(isNeed),
    redacted,
    objects: objects.map(recordAt),
  };
}

function checkSchema(value: unknown): void {
  const schema = get(value, 'schema');
  if (!isRecord(value) || typeof schema !== 'string' || !schema.startsWith('netsluice/snapshot/'))
    throw new DecodeError('schema', `must be ${snapshotSchema}`);
  if (schema !== snapshotSchema)
    throw new DecodeError(
      'schema',
      `is ${schema.slice(0, 60)}, and this netsluice reads ${snapshotSchema}; take it again with this one`,
    );
}

function platformAt(value: unknown): Detected | null {
  if (value === null) return null;
  return {
    profile: shortText(get(value, 'profile'), 'platform.profile'),
    answers: decodeAnswers(get(value, 'answers'), 'platform.answers'),
    because: shortText(get(value, 'because'), 'platform.because'),
  };
}

/** Printed, so without control characters. */
function shortText(value: unknown, path: string): string {
  const isShort = typeof value === 'string' && value.length <= 500 && !/\p{Cc}/u.test(value);
  if (!isShort) throw new DecodeError(path, 'must be one line of text');
  return value;
}

function isNeed(value: unknown): value is Need {
  return typeof value === 'string' && kinds.has(value);
}

function recordAt(value: unknown, index: number): ClusterObject {
  try {
    return decodeRecord(fromJson(value), kinds);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError(`objects[${index}]${error.path === '' ? '' : `.${error.path}`}`, error.problem);
  }
}
