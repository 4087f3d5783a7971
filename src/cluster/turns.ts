import { setImmediate as nextRound } from 'node:timers';

/**
 * Whoever has much to do does a little of it and then waits here for its next turn. One goes on in each round of the event
 * loop, in the order in which they came: together they hold the loop no longer than one of them would.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isPlanned = false;

  /** Calls `go` in a later round of the event loop. */
  wait(go: () => void): void {
    this.#waiting.push(go);
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned || this.#waiting.length === 0) return;
    this.#isPlanned = true;
    nextRound(() => {
      this.#isPlanned = false;
      const go = this.#waiting.shift();
      this.#plan();
      go?.();
    });
  }
}
