/** A process of a soak: runs the seeds that it is told, and tells what it found. */
import type { ClusterSize } from '../support/reference/arbitrary.ts';
import type { RefDifference, RefRow } from '../support/reference/difference.ts';
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

/** `SEED:CHANGE` at which the reference is made to tell of a row that is not there: it shows that a mismatch is found. */
const fault = process.env['NETSLUICE_SOAK_FAULT'];

const invented: RefRow = {
  src: 'alpha/invented[Pod]',
  dst: 'internet',
  lost: ['TCP/80'],
  gained: [],
  undecided: [],
  grade: 'implied',
};

function doctored(seed: number, change: number, truth: RefDifference): RefDifference {
  return `${seed}:${change}` === fault ? { ...truth, rows: [...truth.rows, invented] } : truth;
}

function run({ seed: first, changes, size }: Task): Report {
  const counters = new Counters();
  const mismatches: Mismatch[] = [];
  for (let seed = first, left = changes; left > 0; seed += 1, left -= changesPerSeed) {
    const found = walk({ seed, changes: Math.min(left, changesPerSeed), size, doctored }, counters);
    if (found !== null) mismatches.push(found);
  }
  return { counts: Object.fromEntries(counters.counts), mismatches };
}

// A terminal interrupts every process of a run; this one ends when it is told that there is no more to do.
process.on('SIGINT', () => undefined);
process.on('message', (task: Task) => {
  process.send?.(run(task));
});
