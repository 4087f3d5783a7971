import { setTimeout as timeout } from 'node:timers/promises';

/** Time and chance as the live view sees them; tests bring their own. */
export interface Clock {
  /** Monotonic milliseconds. A jump of the wall clock must not age the picture. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    try {
      await timeout(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
