import type { Clock } from './clock.ts';

const first = 500;
const cap = 30_000;

/** Exponential back-off with full jitter: from 0 to 1 s after the first failure, never above 30 s. */
export class Backoff {
  readonly #clock: Clock;
  #failures = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and says how many milliseconds to wait. */
  next(): number {
    this.#failures += 1;
    return this.#clock.random() * Math.min(cap, first * 2 ** this.#failures);
  }

  reset(): void {
    this.#failures = 0;
  }
}
