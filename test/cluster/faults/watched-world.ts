import type { WorldSink } from '../../../src/cluster/event-queue.ts';
import type { PodRecord, WorldEvent } from '../../../src/model/objects.ts';
import { type PodHistory, weightOfWrite } from './pod-history.ts';

/** A world of pods that tells whether the cluster ever was as it is after each step, and whether it goes back in time. */
export class WatchedWorld implements WorldSink {
  readonly pods = new Map<string, PodRecord>();
  /** What must not be: a state that the cluster never had, or an older one. */
  readonly wrong: string[] = [];
  /** The first list comes bit by bit: nobody asks before it is there. */
  isComplete = false;
  digest = 0;
  steps = 0;
  asides = 0;
  readonly #history: PodHistory;
  #reached = 0;

  constructor(history: PodHistory) {
    this.#history = history;
  }

  apply(events: readonly WorldEvent[]): void {
    for (const event of events) this.#take(event);
    if (!this.isComplete) return;
    this.steps += 1;
    const state = this.#history.visited.get(this.digest);
    if (state === undefined) this.wrong.push(`step ${this.steps}: the cluster never was like this`);
    else if (state < this.#reached) this.wrong.push(`step ${this.steps}: ${state} after ${this.#reached}`);
    this.#reached = state ?? this.#reached;
  }

  *applyAside(events: readonly WorldEvent[]): IterableIterator<void> {
    for (const _event of events) yield;
    this.asides += 1;
    this.apply(events);
  }

  #take(event: WorldEvent): void {
    if (event.type === 'put' && event.object.kind !== 'Pod') throw new Error('only pods are watched');
    const name = event.type === 'put' ? event.object.name : event.name;
    this.digest -= weightOf(this.pods.get(name));
    if (event.type === 'put' && event.object.kind === 'Pod') this.pods.set(name, event.object);
    else this.pods.delete(name);
    this.digest += weightOf(this.pods.get(name));
  }
}

function weightOf(pod: PodRecord | undefined): number {
  return pod === undefined ? 0 : weightOfWrite(Number(pod.labels.get('write')));
}
