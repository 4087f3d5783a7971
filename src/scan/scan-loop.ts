import type { Clock } from '../cluster/clock.ts';
import type { LiveLog } from '../cluster/freshness.ts';
import type { Scan } from './scan.ts';

/** Between two turns while there is work: the scan takes a fifth of one core at most, and requests go first. */
const restMs = 16;
const idleMs = 250;
/** How often the writers are asked to go on. */
const tickMs = 1000;

export interface LoopOptions {
  readonly scan: Scan;
  readonly leading: () => boolean;
  /** Called about once a second. */
  readonly tick: () => void;
  readonly clock: Clock;
  readonly log: LiveLog;
}

/** Gives the scan its turns until the signal aborts. Each new leader tells the errors that stand. */
export async function runScan(options: LoopOptions, signal: AbortSignal): Promise<void> {
  const { scan, leading, tick, clock } = options;
  const turn = turnsOf(options);
  let announced = false;
  let nextTick = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const state = turn();
    if (scan.isComplete && leading() && !announced) scan.tellAgain();
    announced = leading() && scan.isComplete;
    if (clock.now() >= nextTick) {
      nextTick = clock.now() + tickMs;
      tick();
    }
    await clock.sleep(state === 'more' ? restMs : idleMs, signal);
  }
}

/** A turn that fails is logged once, and the next one goes on with something else. */
function turnsOf({ scan, log }: LoopOptions): () => 'idle' | 'more' {
  let problem = '';
  return () => {
    try {
      return scan.turn();
    } catch (error) {
      const said = String(error);
      const cause = error instanceof Error ? error.stack : said;
      if (said !== problem) log.warn('a look at the policies in force failed', { cause });
      problem = said;
      return 'idle';
    }
  };
}
