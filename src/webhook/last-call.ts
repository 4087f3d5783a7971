import type { Clock } from './clock.ts';

const QUIET_MS = 600_000;

export interface LastCall {
  /** An admission review came. */
  readonly seen: () => void;
  /** What readiness' verbose text says of calls; empty while they come. */
  readonly note: () => string;
}

/**
 * Remembers when the API server called last. A quiet cluster is no fault, but a webhook that is never called while
 * policies change is one that the API server cannot reach, and with `failurePolicy: Ignore` nothing else tells it.
 *
 * @param told the wall clock's time of each call.
 */
export function makeLastCall(clock: Pick<Clock, 'monotonic' | 'wall'>, told: (at: Date) => void): LastCall {
  let last = clock.monotonic();
  return {
    seen: () => {
      last = clock.monotonic();
      told(clock.wall());
    },
    note: () => {
      if (clock.monotonic() - last < QUIET_MS) return '';
      return 'no API-server call seen in 10 min; if policies were changed meanwhile, the API server cannot reach this address';
    },
  };
}
