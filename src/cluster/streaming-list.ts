import { get, nameOf, text } from '../model/decode/lenient.ts';
import type { ClusterObject } from '../model/objects.ts';
import { StreamError } from './api-client.ts';
import type { Clock } from './clock.ts';
import type { WatchEvent } from './codec.ts';
import type { WatchedKind } from './kinds.ts';
import { decodeOrRefuse, type Listing, type ListOptions } from './list.ts';
import { Pacer } from './pacer.ts';
import { compareVersions } from './resource-version.ts';
import { errorOf, openWatch, versionOf } from './watch-stream.ts';
import { SilentError, withWatchdog } from './watchdog.ts';

/** So long no object may come while the list has not ended. An API server sends what it has without a pause. */
const quietMs = 20_000;
/** All of it, for a server that goes on telling what happens and never says that the list is complete. */
const wholeMs = 120_000;
/** An API server that was upgraded offers what it refused before. */
const rememberedMs = 30 * 60_000;

/** The server streams, but never says that the list is complete. */
export class UnendedError extends Error {
  constructor(kind: WatchedKind) {
    super(`streaming ${kind.resource}: the list came to no end`);
    this.name = 'UnendedError';
  }
}

/** Remembers who does not stream lists. Each API group is asked for itself: aggregated servers answer for theirs. */
export class StreamingLists {
  readonly #clock: Clock;
  readonly #refused = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mayAsk({ group }: WatchedKind): boolean {
    const refused = this.#refused.get(group);
    return refused === undefined || this.#clock.now() - refused >= rememberedMs;
  }

  refuse({ group }: WatchedKind): void {
    this.#refused.set(group, this.#clock.now());
  }
}

export interface StreamedListing extends Listing {
  /** What happens after the list: the same stream goes on as a watch. */
  readonly events: AsyncIterator<WatchEvent>;
}

export interface StreamingOptions extends ListOptions {
  /** Called when the server has accepted the request. */
  readonly opened: () => void;
}

/**
 * Lists a collection as a watch that begins with all its objects: "the stream will begin with synthetic events to
 * produce the current state … followed by a Bookmark event marked with k8s.io/initial-events-end". Throws an
 * UnendedError where that bookmark does not come in time, ApiError, StreamError, or what the connection throws.
 */
export async function streamAll(options: StreamingOptions): Promise<StreamedListing> {
  const { clock, signal, kind } = options;
  try {
    return await withWatchdog(clock, wholeMs, signal, () =>
      withWatchdog(clock, quietMs, signal, (_signal, progressed) => gather(options, progressed)),
    );
  } catch (error) {
    throw error instanceof SilentError && !signal.aborted ? new UnendedError(kind) : error;
  }
}

async function gather(options: StreamingOptions, progressed: () => void): Promise<StreamedListing> {
  const { kind, clock, signal, turns } = options;
  const events = await openWatch(
    { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' },
    options,
  );
  progressed();
  const pacer = new Pacer(clock, turns);
  const list = new GrowingList(kind);
  for (;;) {
    const { done, value: event } = await events.next();
    signal.throwIfAborted();
    if (done === true) throw new StreamError('parse', `streaming ${kind.resource}: the list ended early`);
    if (event.type === 'ERROR') throw errorOf(event.object, kind);
    if (list.take(event) === 'grown') progressed();
    else if (isEndOfList(event)) {
      const resourceVersion = versionOf(event);
      return { objects: await list.whole(pacer), resourceVersion, events };
    }
    if (pacer.counts()) await pacer.rest();
  }
}

function isEndOfList({ type, object }: WatchEvent): boolean {
  return (
    type === 'BOOKMARK' && get(object, 'metadata', 'annotations', 'k8s.io/initial-events-end') === 'true'
  );
}

/**
 * The objects of a list that is still coming in, and what happened to them meanwhile. Keys are kept for what happened
 * only: a list of 150,000 objects in which nothing happens needs none.
 */
class GrowingList {
  readonly #kind: WatchedKind;
  readonly #objects: ClusterObject[] = [];
  /** By namespace and name, what a later event made of an object; null where it is gone. */
  readonly #later = new Map<string, ClusterObject | null>();
  #newest: string | null = null;

  constructor(kind: WatchedKind) {
    this.#kind = kind;
  }

  take(event: WatchEvent): 'grown' | 'same' {
    const { type, object } = event;
    const version = versionOf(event);
    // The list itself comes in any order; what happens after it is newer than all of it, and each than the one before.
    const initial = type === 'ADDED' && this.#later.size === 0;
    const order = this.#newest === null ? 1 : compareVersions(version, this.#newest);
    if (!initial && order !== null && order < 0) {
      const what = `an event of resourceVersion ${version} came after ${this.#newest}`;
      throw new StreamError('order', `streaming ${this.#kind.resource}: ${what}`);
    }
    if (order === null || order > 0) this.#newest = version;
    if (type === 'BOOKMARK') return 'same';
    if (initial) {
      const record = decodeOrRefuse(this.#kind, object);
      if (record !== null) this.#objects.push(record);
      return 'grown';
    }
    if (order !== 0) this.#later.set(keyOf(object), this.#changed(type, object));
    return 'same';
  }

  #changed(type: string, object: unknown): ClusterObject | null {
    if (type === 'DELETED') return null;
    if (type === 'ADDED' || type === 'MODIFIED') return decodeOrRefuse(this.#kind, object);
    throw new StreamError('parse', `an event has the unknown type ${JSON.stringify(type.slice(0, 40))}`);
  }

  async whole(pacer: Pacer): Promise<readonly ClusterObject[]> {
    if (this.#later.size === 0) return this.#objects;
    const whole: ClusterObject[] = [];
    for (const object of this.#objects) {
      if (!this.#later.has(keyOfRecord(object))) whole.push(object);
      if (pacer.counts()) await pacer.rest();
    }
    for (const object of this.#later.values()) {
      if (object !== null) whole.push(object);
      if (pacer.counts()) await pacer.rest();
    }
    return whole;
  }
}

function keyOf(object: unknown): string {
  return `${text(get(object, 'metadata', 'namespace')) ?? ''}/${nameOf(object)}`;
}

function keyOfRecord(object: ClusterObject): string {
  return `${('namespace' in object ? object.namespace : null) ?? ''}/${object.name}`;
}
