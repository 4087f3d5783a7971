import type { WorldEvent } from '../model/objects.ts';
import type { Clock } from './clock.ts';
import { Turns } from './turns.ts';

const sliceMs = 5;
const lookEvery = 16;
/** More events that belong together are built aside. */
const groupMax = 100;
/** A policy can cost a world a hundred times what a pod does: few at a time, and then a look at the clock. */
const batchMax = lookEvery;

/**
 * Work for the world: yields an event, several events that belong together, or null for a step that changed nothing,
 * so that comparing many objects can be interrupted as well.
 */
export type EventSource = Iterator<WorldEvent | readonly WorldEvent[] | null>;

/** Where events go. Both must not throw. */
export interface WorldSink {
  /** Applies at most 100 events between two reviews. */
  apply(events: readonly WorldEvent[]): void;
  /**
   * Applies many events that belong together: builds the new picture beside the one that answers, a little with each
   * step, and swaps it in with the last, so that no answer sees half a list.
   */
  applyAside(events: readonly WorldEvent[]): Iterator<void>;
}

/**
 * Brings events to the world in order, in slices that leave the event loop free in between: reviews run between two
 * slices, and none holds the loop longer than about 5 ms plus one event of what is built aside, else one batch of 16
 * events, or of 100 that belong together.
 */
export class EventQueue {
  readonly #clock: Clock;
  readonly #sink: WorldSink;
  readonly #turns: Turns;
  /** A large group that is being built aside; everything else waits behind it. */
  #aside: Iterator<void> | null = null;
  #sources: EventSource[] = [];
  #scheduled = false;
  #stopped = false;

  /** Of the turns that those who read lists take as well. */
  constructor(clock: Clock, sink: WorldSink, turns = new Turns()) {
    this.#clock = clock;
    this.#sink = sink;
    this.#turns = turns;
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
    this.#turns.wait(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    const end = this.#clock.now() + sliceMs;
    const batch = new Batch(this.#sink);
    let taken = 0;
    let steps = 0;
    while (this.#aside !== null || taken < this.#sources.length) {
      const isAside = this.#aside !== null;
      if (isAside) this.#stepAside();
      else if (this.#step(this.#sources[taken], batch)) taken += 1;
      steps += 1;
      // A step aside is an event whatever it costs; most others only find that nothing changed.
      if ((isAside || steps % lookEvery === 0) && this.#clock.now() >= end) break;
    }
    batch.flush();
    this.#sources = this.#sources.slice(taken);
    if (this.#aside !== null || this.#sources.length > 0) this.#schedule();
  }

  #stepAside(): void {
    if (this.#aside?.next().done === true) this.#aside = null;
  }

  /** One step of a source; true when it has no more. */
  #step(source: EventSource | undefined, batch: Batch): boolean {
    const { done, value } = source?.next() ?? { done: true, value: undefined };
    if (done === true || value === undefined) return true;
    if (value === null) return false;
    if (!isGroup(value)) batch.add([value]);
    else if (value.length <= groupMax) batch.add(value);
    else {
      batch.flush();
      this.#aside = this.#sink.applyAside(value);
    }
    return false;
  }
}

/** Events on their way to the world; a group is never parted. */
class Batch {
  readonly #sink: WorldSink;
  #events: WorldEvent[] = [];

  constructor(sink: WorldSink) {
    this.#sink = sink;
  }

  add(events: readonly WorldEvent[]): void {
    if (this.#events.length + events.length > batchMax) this.flush();
    this.#events.push(...events);
  }

  flush(): void {
    if (this.#events.length > 0) this.#sink.apply(this.#events);
    this.#events = [];
  }
}

function isGroup(value: WorldEvent | readonly WorldEvent[]): value is readonly WorldEvent[] {
  return Array.isArray(value);
}
