import { type ClusterObject, recordName, type WorldEvent } from '../model/objects.ts';
import { sameRecord } from '../model/same-record.ts';
import { Named, namespaceOf } from '../world/named.ts';
import type { EventSource, Sources } from './event-queue.ts';

const nothing = (): void => undefined;

/**
 * The last record of every object of one kind. It knows what a list no longer holds, and drops updates that change
 * nothing a rule reads: most of what a kubelet writes.
 */
export class KindTable {
  readonly #queue: Sources;
  readonly #records = new Named();
  #events = 0;

  constructor(queue: Sources) {
    this.#queue = queue;
  }

  get size(): number {
    return this.#records.size;
  }

  /** Events that reached the world. */
  get events(): number {
    return this.#events;
  }

  /** The whole truth: what is not in it is gone. `applied` is called when it has reached the world. */
  replace(objects: readonly ClusterObject[], applied: () => void): void {
    // Nobody reads before the first list is in; a later one must be seen as a whole or not at all.
    const delivery = this.#records.size === 0 ? 'one by one' : 'as one';
    this.#queue.push(this.#replacing(objects, delivery), applied);
  }

  /** The record that is here by this name. */
  get(namespace: string | null, name: string): ClusterObject | undefined {
    return this.#records.get(namespace, name);
  }

  put(object: ClusterObject): void {
    this.#queue.push(this.#putting(object), nothing);
  }

  remove(namespace: string | null, name: string): void {
    this.#queue.push(this.#removing(namespace, name), nothing);
  }

  /** Deletions first, so that an address that went from an old pod to a new one is never owned twice. */
  *#replacing(
    objects: readonly ClusterObject[],
    delivery: 'one by one' | 'as one',
  ): EventSource & Iterable<WorldEvent | readonly WorldEvent[] | null> {
    const group: WorldEvent[] = [];
    const deliver = (event: WorldEvent | null): WorldEvent | null => {
      if (delivery === 'one by one' || event === null) return event;
      group.push(event);
      return null;
    };
    if (this.#records.size > 0) for (const event of this.#forgetting(objects)) yield deliver(event);
    for (const object of objects) yield deliver(this.#learn(object));
    if (group.length > 0) yield group;
  }

  /** A deletion for each record that is not among these objects, and null for each step without one. */
  *#forgetting(objects: readonly ClusterObject[]): Generator<WorldEvent | null> {
    const kept = new Named();
    for (const object of objects) {
      kept.set(object);
      yield null;
    }
    for (const object of this.#records.values()) {
      const namespace = namespaceOf(object);
      const isKept = kept.get(namespace, object.name) !== undefined;
      yield isKept ? null : this.#forget(namespace, object.name);
    }
  }

  *#putting(object: ClusterObject): EventSource & Iterable<WorldEvent | null> {
    yield this.#learn(object);
  }

  *#removing(namespace: string | null, name: string): EventSource & Iterable<WorldEvent | null> {
    yield this.#forget(namespace, name);
  }

  #learn(object: ClusterObject): WorldEvent | null {
    const namespace = namespaceOf(object);
    if (sameRecord(this.#records.get(namespace, object.name), object)) return null;
    this.#records.set(object);
    this.#events += 1;
    return { type: 'put', object };
  }

  #forget(namespace: string | null, name: string): WorldEvent | null {
    const object = this.#records.get(namespace, name);
    if (object === undefined) return null;
    this.#records.delete(namespace, name);
    this.#events += 1;
    return { type: 'delete', kind: object.kind, ...recordName(object) };
  }
}
