import type { WorldEvent } from '../model/objects.ts';
import type { Clock } from './clock.ts';
import { Turns } from './turns.ts';

/** A young collection can take as long again. */
const sliceMs = 3;
const lookEvery = 16;
/** More events that belong together are built aside. */
const groupMax = 100;
/** A pod costs some hundredths of a millisecond, and the world aside seconds and its memory once more. */
const podsMax = 1000;
/** A policy can cost a world a hundred times what a pod does: few at a time, and then a look at the clock. */
const batchMax = lookEvery;

/** Events that are built aside, however few they are. */
export interface Aside {
  readonly aside: readonly WorldEvent[];
}

/** An event, several events that belong together, or null for a step that changed nothing. */
export type Step = WorldEvent | readonly WorldEvent[] | Aside | null;

/** Work for the world, in steps, so that comparing many objects can be interrupted as well. */
export type EventSource = Iterator<Step>;

/** Takes what kinds have to say, in order. */
export interface Sources {
  /** `done` is called when all of the source has reached the world. */
  push(source: EventSource, done: () => void): void;
}

/** Where events go. Both must not throw. */
export interface WorldSink {
  /** Applies at most 100 events, or 1,000 of pods, between two reviews. */
  apply(events: readonly WorldEvent[]): void;
  /**
   * Applies many events that belong together: builds the new picture beside the one that answers, a little with each
   * step, and swaps it in with the last, so that no answer sees half a list.
   */
  applyAside(events: readonly WorldEvent[]): Iterator<void>;
}

/**
 * Brings events to the world in order, in slices that leave the event loop free in between: reviews run between two
 * slices, and none holds the loop longer than about 3 ms plus one event of what is built aside, else one batch of 16
 * events, or of 100 (1,000 of pods) that belong together.
 */
export class EventQueue implements Sources {
  readonly #clock: Clock;
  readonly #sink: WorldSink;
  readonly #turns: Turns;
  /** A large group that is being built aside; everything else waits behind it. */
  #aside: Iterator<void> | null = null;
  #sources: { readonly source: EventSource; readonly done: () => void }[] = [];
  #scheduled = false;
  #stopped = false;

  /** Of the turns that those who read lists take as well. */
  constructor(clock: Clock, sink: WorldSink, turns = new Turns()) {
    this.#clock = clock;
    this.#sink = sink;
    this.#turns = turns;
  }

  push(source: EventSource, done: () => void): void {
    this.#sources.push({ source, done });
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
      else if (this.#step(this.#sources[taken]?.source, batch)) taken += 1;
      steps += 1;
      // A step aside is an event whatever it costs; most others only find that nothing changed.
      if ((isAside || steps % lookEvery === 0) && this.#clock.now() >= end) break;
    }
    batch.flush();
    for (const { done } of this.#sources.splice(0, taken)) done();
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
    const events = eventsOf(value);
    if ('aside' in value || events.length > mostOf(events)) {
      batch.flush();
      this.#aside = this.#sink.applyAside(events);
    } else batch.add(events);
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

/** So many of a group go as one. */
function mostOf([first]: readonly WorldEvent[]): number {
  const kind = first?.type === 'put' ? first.object.kind : first?.kind;
  return kind === 'Pod' ? podsMax : groupMax;
}

export function eventsOf(step: Step): readonly WorldEvent[] {
  if (step === null) return [];
  if ('type' in step) return [step];
  return 'aside' in step ? step.aside : step;
}
