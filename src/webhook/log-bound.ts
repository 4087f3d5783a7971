import type { Clock } from './clock.ts';

const PER_SECOND = 20;

/** Bounds how many lines of one kind are written; a flood of requests must not become a flood of lines. */
export interface LogBound {
  /** Null where the line is to be left out, else how many were left out since the last one that was written. */
  readonly next: () => number | null;
}

/** Twenty lines a second. */
export function makeLogBound(clock: Pick<Clock, 'monotonic'>): LogBound {
  let since = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;
  return {
    next: () => {
      const now = clock.monotonic();
      if (now - since >= 1000) {
        since = now;
        written = 0;
      }
      if (written >= PER_SECOND) {
        leftOut += 1;
        return null;
      }
      written += 1;
      const before = leftOut;
      leftOut = 0;
      return before;
    },
  };
}
