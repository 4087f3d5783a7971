/** Time as this room sees it, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds that never go back; for ages, deadlines and durations. */
  readonly monotonic: () => number;
  /** The wall clock; for certificates and waivers only. */
  readonly wall: () => Date;
  /** Runs once after `ms` milliseconds; the returned function cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Runs every `ms` milliseconds; the returned function stops it. */
  readonly every: (ms: number, run: () => void) => () => void;
}

/** The real clock. Repeating timers do not keep the process alive. */
export function systemClock(): Clock {
  return {
    monotonic: () => performance.now(),
    wall: () => new Date(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    every: (ms, run) => {
      const timer = setInterval(run, ms);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
