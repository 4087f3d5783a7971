import type { Clock } from './clock.ts';

const first = 500;

/** Exponential back-off with full jitter: from 0 to 1 s after the first failure, never above the cap. */
export class Backoff {
  readonly #clock: Clock;
  readonly #capMs: number;
  #failures = 0;

  constructor(clock: Clock, capMs = 30_000) {
    this.#clock = clock;
    this.#capMs = capMs;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and says how many milliseconds to wait. */
  next(): number {
    this.#failures += 1;
    return this.#clock.random() * Math.min(this.#capMs, first * 2 ** this.#failures);
  }

  reset(): void {
    this.#failures = 0;
  }
}
