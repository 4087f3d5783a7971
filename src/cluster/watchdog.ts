import type { Clock } from './clock.ts';

/** A connection that is open but says nothing: its peer may be long gone. */
export class SilentError extends Error {
  constructor(ms: number) {
    super(`nothing was heard for ${Math.round(ms / 1000)} s`);
    this.name = 'SilentError';
  }
}

/**
 * Runs `work`, and ends it with a SilentError when `alive` was not called for `limitMs`. Ends at once, too, where the
 * work does not listen to its signal.
 */
export async function withWatchdog<T>(
  clock: Clock,
  limitMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const signal = AbortSignal.any([outer, inner.signal]);
  let last = clock.now();
  const silence = async (): Promise<never> => {
    for (;;) {
      const left = last + limitMs - clock.now();
      if (left <= 0 || signal.aborted) throw new SilentError(limitMs);
      await clock.sleep(left, signal);
    }
  };
  const running = work(signal, () => {
    last = clock.now();
  });
  try {
    return await Promise.race([running, silence()]);
  } finally {
    inner.abort();
  }
}
