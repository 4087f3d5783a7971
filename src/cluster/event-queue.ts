import { setImmediate as nextTurn } from 'node:timers';
import type { WorldEvent } from '../model/objects.ts';
import type { Clock } from './clock.ts';

const sliceMs = 5;
const lookEvery = 16;
const batchMax = 100;

/**
 * Work for the world: yields an event, or null for a step that changed nothing, so that comparing many objects can be
 * interrupted as well.
 */
export type EventSource = Iterator<WorldEvent | null>;

/**
 * Brings events to the world in order, in slices that leave the event loop free in between: reviews run between two
 * slices, and none holds the loop longer than about 5 ms plus one batch of 100 events.
 */
export class EventQueue {
  readonly #clock: Clock;
  readonly #apply: (events: readonly WorldEvent[]) => void;
  #sources: EventSource[] = [];
  #scheduled = false;
  #stopped = false;

  constructor(clock: Clock, apply: (events: readonly WorldEvent[]) => void) {
    this.#clock = clock;
    this.#apply = apply;
  }

  push(source: EventSource): void {
    this.#sources.push(source);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#sources = [];
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    nextTurn(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    const end = this.#clock.now() + sliceMs;
    let batch: WorldEvent[] = [];
    const flush = (): void => {
      if (batch.length > 0) this.#apply(batch);
      batch = [];
    };
    let taken = 0;
    let steps = 0;
    while (taken < this.#sources.length) {
      const { done, value } = this.#sources[taken]?.next() ?? { done: true, value: undefined };
      if (done === true) taken += 1;
      else if (value !== null && value !== undefined) batch.push(value);
      if (batch.length >= batchMax) flush();
      steps += 1;
      if (steps % lookEvery === 0 && this.#clock.now() >= end) break;
    }
    flush();
    this.#sources = this.#sources.slice(taken);
    if (this.#sources.length > 0) this.#schedule();
  }
}
