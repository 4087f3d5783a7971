import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { decodeSnapshot, type Snapshot } from '../cluster/snapshot.ts';
import type { WorldEvent } from '../model/objects.ts';
import { reasonOf } from './read-inputs.ts';

type Problem = { readonly problem: string };

/** Older ones are told: what they show may be long gone. */
const toldAfterMs = 24 * 3_600_000;

/** Reads a snapshot from a file; the problem is a sentence that names it. */
export function readSnapshotFile(path: string): Snapshot | Problem {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    return { problem: `The snapshot ${path} cannot be read: ${reasonOf(error)}.` };
  }
  const read = decodeSnapshot(bytes);
  if (!('problem' in read)) return read;
  return {
    problem: `The snapshot ${path} cannot be read: ${read.problem}. Take one with netsluice snapshot -o FILE.`,
  };
}

/** Reads a snapshot that is not older than may be, and tells where it is old. */
export function readFreshSnapshot(
  path: string,
  maxAgeMs: number | null,
  tell: (line: string) => void,
): Snapshot | Problem {
  const snapshot = readSnapshotFile(path);
  if ('problem' in snapshot) return snapshot;
  const age = ageOf(path, snapshot, Date.now(), maxAgeMs);
  if (age !== null && typeof age !== 'string') return age;
  if (age !== null) tell(age);
  return snapshot;
}

/** The records as events that make a world. */
export function eventsOf({ objects }: Snapshot): readonly WorldEvent[] {
  return objects.map((object) => ({ type: 'put', object }));
}

/**
 * Judges the age of a snapshot.
 *
 * @param maxAgeMs Null where any age is good enough.
 * @returns what is to be told where it is old, null where nothing is, a problem where it is too old.
 */
export function ageOf(
  path: string,
  { takenAt }: Snapshot,
  now: number,
  maxAgeMs: number | null,
): string | null | Problem {
  const ms = now - Date.parse(takenAt);
  const age = `${path} was taken ${durationText(Math.max(0, ms))} ago, at ${takenAt}`;
  if (maxAgeMs !== null && ms > maxAgeMs)
    return { problem: `${age}, which is more than --max-age ${durationText(maxAgeMs)}; take it again.` };
  return ms > toldAfterMs ? `${age}; the cluster may have changed since` : null;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** The largest unit that fits, rounded down: `3d`, `5h`. */
export function durationText(ms: number): string {
  const [unit, size] = units.find(([, each]) => ms >= each) ?? (['s', 1000] as const);
  return `${Math.floor(ms / size)}${unit}`;
}

/** Reads `90s`, `30m`, `12h` or `7d` as milliseconds, for commander. */
export function duration(text: string): number {
  const [, number, letter] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const size = units.find(([unit]) => unit === letter)?.[1];
  if (number !== undefined && size !== undefined) return Number(number) * size;
  throw new InvalidArgumentError('It must be a duration such as 90s, 30m, 12h or 7d.');
}
