import type { Clock } from './clock.ts';

const BEAT_MS = 500;
/** A pause that makes the process useless: callers give up after ten seconds, and nothing of ours takes so long. */
const EXTREME_MS = 10_000;
/** How long such a pause shows, so that a probe meets it. */
const SHOWN_MS = 30_000;

export interface LoopWatch {
  /**
   * Null, or that the event loop was held for more than ten seconds in one go. Shorter pauses make answers partial
   * and show in the metrics: a process that is restarted for them would answer nothing at all.
   */
  readonly problem: () => string | null;
  readonly stop: () => void;
}

/** Notices when the event loop was held, by a beat that comes late. */
export function watchLoop(clock: Clock): LoopWatch {
  let last = clock.monotonic();
  let extreme: { readonly until: number; readonly seconds: number } | null = null;
  const beat = (): void => {
    const now = clock.monotonic();
    const late = now - last - BEAT_MS;
    last = now;
    if (late > EXTREME_MS) extreme = { until: now + SHOWN_MS, seconds: Math.round(late / 1000) };
  };
  const stop = clock.every(BEAT_MS, beat);
  return {
    problem: () => {
      if (extreme === null || clock.monotonic() >= extreme.until) return null;
      return `the event loop was held for ${extreme.seconds} s`;
    },
    stop,
  };
}
