import type { WorldEvent } from '../model/objects.ts';
import { type EventSource, eventsOf, type Sources, type Step } from './event-queue.ts';

/**
 * Holds back what reaches the world until every kind was listed once, and then brings all of it as one group: the sink
 * builds a world of it in the order in which it costs least. A world that got pods before policies would part them anew
 * with each policy.
 */
export class FirstLists implements Sources {
  readonly #onward: Sources;
  readonly #before: Promise<void>;
  /** Null from the moment on in which they went onward. */
  #held: { readonly source: EventSource; readonly done: () => void }[] | null = [];
  #isOpening = false;

  /** @param before When it has ended, well or badly, things may go onward. */
  constructor(onward: Sources, before: Promise<void> = Promise.resolve()) {
    this.#onward = onward;
    this.#before = before;
  }

  push(source: EventSource, done: () => void): void {
    if (this.#held === null) this.#onward.push(source, done);
    else this.#held.push({ source, done });
  }

  /** Everything is there, or nobody shall wait for the rest: that comes as it comes. */
  open(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const deliver = (): void => this.#deliver();
    this.#before.then(deliver, deliver);
  }

  #deliver(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#onward.push(asOne(held.map(({ source }) => source)), () => {
      for (const { done } of held) done();
    });
  }
}

function* asOne(sources: readonly EventSource[]): Generator<Step> {
  const all: WorldEvent[] = [];
  for (const source of sources)
    for (let step = source.next(); step.done !== true; step = source.next()) {
      for (const event of eventsOf(step.value)) all.push(event);
      yield null;
    }
  yield { aside: all };
}
