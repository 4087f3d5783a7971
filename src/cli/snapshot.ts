import { encodeSnapshot, type Snapshot } from '../cluster/snapshot.ts';
import { redacted } from './redact.ts';
import { type ClusterInput, type OpenedCluster, openCluster } from './trace-input.ts';

/** What `netsluice snapshot` is asked to do. */
export interface SnapshotPlan {
  readonly input: ClusterInput;
  /** Null for standard output. */
  readonly file: string | null;
  /** What the cluster is called; null where nobody said. */
  readonly cluster: string | null;
  readonly redact: boolean;
}

/** What it needs of the surroundings. */
export interface SnapshotSurroundings {
  readonly version: string;
  readonly now: () => Date;
  /** Is standard output a terminal, which bytes would only garble? */
  readonly terminal: boolean;
  /** Bytes that nobody can guess; names are replaced by what they make of them. */
  readonly secret: () => Uint8Array;
  readonly save: (file: string | null, bytes: Uint8Array) => void;
  /** One line for the person who started it. */
  readonly tell: (line: string) => void;
}

/**
 * Saves what netsluice sees of a cluster.
 *
 * @returns 0, 2 where there is no place to write to, 3 where something could not be read or written; what could be
 * read is saved then all the same.
 */
export async function runSnapshot(plan: SnapshotPlan, surroundings: SnapshotSurroundings): Promise<number> {
  const { tell, save } = surroundings;
  if (plan.file === null && surroundings.terminal) {
    tell('A snapshot is no text: name a file with -o FILE, or send standard output somewhere.');
    return 2;
  }
  const opened = await openCluster(plan.input, tell);
  if ('problem' in opened) {
    tell(opened.problem);
    return 3;
  }
  const whole = snapshotOf(opened, plan, surroundings);
  const snapshot = plan.redact ? redacted(whole, surroundings.secret()) : whole;
  const bytes = encodeSnapshot(snapshot);
  try {
    save(plan.file, bytes);
  } catch (error) {
    tell(`The snapshot cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
    return 3;
  }
  tell(sumOf(snapshot, plan.file, bytes.length));
  return opened.problems.length > 0 || opened.absent.length > 0 ? 3 : 0;
}

function snapshotOf(
  { world, freshness, detected, snapshot: old }: OpenedCluster,
  { cluster }: SnapshotPlan,
  { version, now }: SnapshotSurroundings,
): Snapshot {
  return {
    takenAt: old?.takenAt ?? `${now().toISOString().slice(0, 19)}Z`,
    version,
    cluster: cluster ?? old?.cluster ?? null,
    platform: detected,
    absent: freshness.absent,
    redacted: old?.redacted ?? false,
    objects: [...world.everything()].flatMap((event) => (event.type === 'put' ? [event.object] : [])),
  };
}

function sumOf(
  { objects, absent, platform, redacted: hidden }: Snapshot,
  file: string | null,
  bytes: number,
): string {
  const size = bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`;
  const where = file === null ? 'standard output' : file;
  const missing = absent.length === 0 ? '' : `; not there or not to be listed: ${absent.join(', ')}`;
  const plugin = platform === null ? 'unknown' : `${platform.profile} (${platform.because})`;
  return `saved ${objects.length} objects${hidden ? ', redacted' : ''}, ${size}, to ${where}; network plugin: ${plugin}${missing}`;
}
