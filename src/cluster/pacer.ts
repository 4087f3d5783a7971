import type { Clock } from './clock.ts';
import { Turns } from './turns.ts';

const objectsMax = 100;
const turnMs = 3;

/** Lets the event loop run while many objects are decoded, so that a request never waits for a list. */
export class Pacer {
  readonly #clock: Clock;
  #objects = 0;
  readonly #turns: Turns;
  #turnStarted: number;

  /** Of the turns that others take as well; a reader that is alone has its own. */
  constructor(clock: Clock, turns = new Turns()) {
    this.#clock = clock;
    this.#turns = turns;
    this.#turnStarted = clock.now();
  }

  /** Call after each object. True where it is time for `rest`. */
  counts(): boolean {
    this.#objects += 1;
    return this.#objects >= objectsMax || this.#clock.now() - this.#turnStarted >= turnMs;
  }

  async rest(): Promise<void> {
    await new Promise<void>((resolve) => this.#turns.wait(resolve));
    this.#objects = 0;
    this.#turnStarted = this.#clock.now();
  }
}
