import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';

const objectsMax = 100;
const turnMs = 4;

/** Lets the event loop run while many objects are decoded, so that a request never waits for a list. */
export class Pacer {
  readonly #clock: Clock;
  #objects = 0;
  #turnStarted: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#turnStarted = clock.now();
  }

  /** Call after each object. True where it is time for `rest`. */
  counts(): boolean {
    this.#objects += 1;
    return this.#objects >= objectsMax || this.#clock.now() - this.#turnStarted >= turnMs;
  }

  async rest(): Promise<void> {
    await setImmediate();
    this.#objects = 0;
    this.#turnStarted = this.#clock.now();
  }
}
