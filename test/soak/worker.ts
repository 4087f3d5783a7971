/** A process of a soak: runs the seeds that it is told, and tells what it found. */
import type { ClusterSize } from '../support/reference/arbitrary.ts';
import type { RefDifference } from '../support/reference/difference.ts';
import { Counters } from './coverage.ts';
import { changesPerSeed, type Mismatch, walk } from './walk.ts';

/** So many changes from a seed on. */
interface Task {
  readonly seed: number;
  readonly changes: number;
  readonly size: ClusterSize | null;
}

interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly mismatches: readonly Mismatch[];
}

/** The seed at which the reference is made to leave out a row, which shows that a mismatch is found. */
const doctoredSeed = Number(process.env['NETSLUICE_SOAK_FAULT'] ?? -1);

const withoutFirstRow = (truth: RefDifference): RefDifference => ({ ...truth, rows: truth.rows.slice(1) });

function run({ seed: first, changes, size }: Task): Report {
  const counters = new Counters();
  const mismatches: Mismatch[] = [];
  for (let seed = first, left = changes; left > 0; seed += 1, left -= changesPerSeed) {
    const doctored = seed === doctoredSeed ? { doctored: withoutFirstRow } : {};
    const found = walk({ seed, changes: Math.min(left, changesPerSeed), size, ...doctored }, counters);
    if (found !== null) mismatches.push(found);
  }
  return { counts: Object.fromEntries(counters.counts), mismatches };
}

process.on('message', (task: Task) => {
  process.send?.(run(task));
});
