// `npm run soak`: compares netsluice's answers with those of a naive reference over random clusters and changes.
//   --minutes N    for so long (1 where nothing is said)
//   --changes N    so many (cluster, change) pairs
//   --seed N       the first seed (1)
//   --world P-N-L  at most P pods, N namespaces and L policies, instead of the usual mixture
//   --listed N     sets of more than N units are sets of bits (64, as in the product)
//   --workers N    processes (as many as there are cores)
// docs/soak.md says what is compared.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { orSayWhy } from './prepare.mjs';
import { removeTranslation, translated, work } from './soak-workers.mjs';

const CHANGES_PER_SEED = 10;
const SEEDS_PER_TASK = 10;
const MISMATCHES_MAX = 3;
const PROGRESS_MS = 5_000;
const MINUTE_MS = 60_000;

/** @param {string | undefined} text @param {number} fallback @param {string} option */
function wholeNumber(text, fallback, option) {
  const value = text === undefined ? fallback : Number(text);
  if (!(value >= 0) || (Number.isFinite(value) && !Number.isInteger(value)))
    throw new Error(`--${option} must be a whole number`);
  return value;
}

/** @param {string | undefined} text */
function sizeOf(text) {
  if (text === undefined) return null;
  const [, pods, namespaces, policies] = (/^(\d+)-(\d+)-(\d+)$/.exec(text) ?? []).map(Number);
  if (!pods || !namespaces || policies === undefined)
    throw new Error('--world must be pods-namespaces-policies, for example 40-6-20');
  return { pods, namespaces, policies, workloads: Math.max(5, pods) };
}

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      changes: { type: 'string' },
      seed: { type: 'string' },
      world: { type: 'string' },
      listed: { type: 'string' },
      workers: { type: 'string' },
    },
  });
  const changes = wholeNumber(values.changes, Number.POSITIVE_INFINITY, 'changes');
  const endless = Number.isFinite(changes) ? Number.POSITIVE_INFINITY : 1;
  const minutes = values.minutes === undefined ? endless : Number(values.minutes);
  if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
  const seed = wholeNumber(values.seed, 1, 'seed');
  const workers = Math.max(1, wholeNumber(values.workers, availableParallelism(), 'workers'));
  const listed = values.listed === undefined ? null : wholeNumber(values.listed, 0, 'listed');
  const { world } = values;
  return { changes, minutes, seed, workers, size: sizeOf(world), world, listed };
}

/** What has been run so far. */
class Run {
  counts = new Map();
  /** @type {{ seed: number, changes: number, text: string }[]} */
  mismatches = [];
  started = Date.now();
  lastSeed = 0;

  /** @param {ReturnType<typeof options>} asked */
  constructor(asked) {
    this.asked = asked;
    this.nextSeed = asked.seed;
    this.left = asked.changes;
    this.end = this.started + asked.minutes * MINUTE_MS;
  }

  stop() {
    this.left = 0;
  }

  next() {
    if (this.left <= 0 || Date.now() >= this.end || this.mismatches.length >= MISMATCHES_MAX) return null;
    const changes = Math.min(
      this.left,
      this.asked.size === null ? SEEDS_PER_TASK * CHANGES_PER_SEED : CHANGES_PER_SEED,
    );
    const seed = this.nextSeed;
    this.nextSeed += Math.ceil(changes / CHANGES_PER_SEED);
    this.left -= changes;
    return { seed, changes, size: this.asked.size };
  }

  /** @param {import('./soak-workers.mjs').Task} task @param {import('./soak-workers.mjs').Report} report */
  done({ seed, changes }, { counts, mismatches }) {
    this.lastSeed = Math.max(this.lastSeed, seed + Math.ceil(changes / CHANGES_PER_SEED) - 1);
    for (const [name, count] of Object.entries(counts))
      this.counts.set(name, (this.counts.get(name) ?? 0) + count);
    for (const mismatch of mismatches) {
      this.mismatches.push(mismatch);
      process.stderr.write(`${this.described(mismatch)}\n`);
    }
  }

  /** @param {{ seed: number, changes: number, text: string }} mismatch */
  described({ seed, changes, text }) {
    const { world, listed } = this.asked;
    const as = `${world === undefined ? '' : ` --world ${world}`}${listed === null ? '' : ` --listed ${listed}`}`;
    return `MISMATCH at seed ${seed}:\n${text}\nagain: npm run soak -- --seed ${seed} --changes ${changes}${as}`;
  }

  progress() {
    const seconds = (Date.now() - this.started) / 1000;
    const changes = this.counts.get('changes') ?? 0;
    const rate = (changes / Math.max(seconds, 1)).toFixed(0);
    return `${seconds.toFixed(0)} s: ${changes} changes, ${rate} a second, ${this.mismatches.length} mismatches`;
  }

  /** @returns {string} counters, and the line that says it all */
  summary() {
    const { changes = 0, flows = 0, ...others } = Object.fromEntries(this.counts);
    const rows = Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1));
    const never = rows.filter(([, count]) => count === 0).map(([name]) => name);
    const table = rows.map(([name, count]) => `${String(count).padStart(12)}  ${name}\n`).join('');
    const seconds = ((Date.now() - this.started) / 1000).toFixed(0);
    const found = this.mismatches.length === 0 ? 'no mismatch' : `MISMATCHES: ${this.mismatches.length}`;
    const unmet =
      never.length === 0 ? '' : `never met, so that the run says nothing of it: ${never.join(', ')}\n`;
    const seeds = `seeds ${this.asked.seed} to ${this.lastSeed}`;
    return `${table}${unmet}soak: ${changes} (cluster, change) pairs, ${flows} flows compared before and after, ${seeds}, ${seconds} s: ${found}\n`;
  }
}

await orSayWhy(async () => {
  const asked = options();
  const target = translated(asked.listed);
  const run = new Run(asked);
  const ticker = setInterval(() => process.stderr.write(`soak: ${run.progress()}\n`), PROGRESS_MS);
  // A first Ctrl-C ends the run and tells what there is to tell; a second one ends everything.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => run.stop());
  try {
    const one = () =>
      work(
        target,
        () => run.next(),
        (task, report) => run.done(task, report),
      );
    await Promise.all(Array.from({ length: asked.workers }, one));
  } finally {
    clearInterval(ticker);
    removeTranslation(target);
  }
  process.stdout.write(run.summary());
  if (run.mismatches.length > 0) process.exitCode = 1;
});
