import { DecodeError } from '../model/decode/value.ts';
import { type ApiClient, ApiError, StreamError } from './api-client.ts';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { WatchEvent } from './codec.ts';
import type { WatchedKind } from './kinds.ts';
import { type Listing, type ListOptions, listAll } from './list.ts';
import { compareVersions } from './resource-version.ts';
import { type StreamingLists, type StreamingOptions, streamAll, UnendedError } from './streaming-list.ts';
import type { Turns } from './turns.ts';
import { type FollowOptions, followWatch, type KindSink, openWatch } from './watch-stream.ts';
import { SilentError, withWatchdog } from './watchdog.ts';

/** Bookmarks come about every minute; this much silence means that the peer is gone. */
export const silenceMs = 90_000;
const refusedCapMs = 60_000;
const steadyMs = 60_000;
const fruitlessMax = 2;
const brokenStreamsMax = 2;

/**
 * Why a watch was given up: `expired`, `parse` and `order` list afresh, the others go on where they were. `rewound` and
 * `unended` are told of lists: one that is older than what was known, and a streaming one that found no end.
 */
export type Interruption = 'expired' | 'parse' | 'order' | 'silent' | 'failed' | 'rewound' | 'unended';

/** Told what happens; freshness, metrics and logs are made from it. */
export interface ReflectorObserver {
  /** A list was taken over. */
  synced(): void;
  /** The server accepted a watch; nothing was said yet. */
  opened(): void;
  /** An event or a bookmark was taken over. */
  heard(): void;
  interrupted(reason: Interruption, message: string): void;
  /** The kind does not exist (`absent`), or RBAC does not let us see it (`denied`). */
  refused(state: 'absent' | 'denied', message: string): void;
}

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly kind: WatchedKind;
  readonly clock: Clock;
  readonly sink: KindSink;
  readonly observer: ReflectorObserver;
  /** Shared by all kinds of a cluster, as are the turns. */
  readonly streaming: StreamingLists;
  readonly turns?: Turns;
}

/** Keeps `sink` equal to one collection of the API server until the signal aborts. Never rejects. */
export async function runReflector(options: ReflectorOptions, signal: AbortSignal): Promise<void> {
  const reflector = new Reflector(options);
  const { turns } = options;
  // The first requests of all kinds at once would hold the event loop for long.
  if (turns !== undefined) await new Promise<void>((resolve) => turns.wait(resolve));
  while (!signal.aborted) {
    const wait = await reflector.step(signal);
    if (wait > 0) await options.clock.sleep(wait, signal);
  }
}

class Reflector {
  readonly #options: ReflectorOptions;
  /** Failures of connections: forgotten with the first event, bookmark or list. */
  readonly #connections: Backoff;
  /** Refusals in a row: forgotten with the next list. They can pass quickly, as while an API server starts. */
  readonly #refusals: Backoff;
  /** Lists that had to be repeated: forgotten once a watch has held for a minute, so that no storm can build up. */
  readonly #relists: Backoff;
  /** Everything up to here is known; null where only a list can tell. */
  #version: string | null = null;
  /** Watches in a row that gave nothing, by silence or time-out. */
  #fruitless = 0;
  /** The resourceVersion last heard of; kept when `#version` is given up. */
  #newest: string | null = null;
  /** Streaming lists in a row that began and broke off. */
  #brokenStreams = 0;
  /** When the watch that is open now began; null where none is. */
  #watching: number | null = null;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#connections = new Backoff(options.clock);
    this.#relists = new Backoff(options.clock);
    this.#refusals = new Backoff(options.clock, refusedCapMs);
  }

  /** One list, one watch, or one list that goes on as a watch. Returns the milliseconds to wait before the next. */
  async step(signal: AbortSignal): Promise<number> {
    const { clock, kind, streaming } = this.#options;
    const started = clock.now();
    const from = this.#version;
    const streams = from === null && streaming.mayAsk(kind);
    this.#watching = null;
    try {
      if (from !== null) await this.#watch(from, signal);
      else if (streams) await this.#stream(signal);
      else return await this.#list(signal);
      // The server ends every watch after its timeout; one that ends at once, again and again, is a failure.
      return clock.now() - started < 1000 ? this.#connections.next() : 0;
    } catch (error) {
      if (signal.aborted) return 0;
      return streams && this.#version === null ? this.#unstreamed(error) : this.#recover(error);
    } finally {
      if (this.#watching !== null && clock.now() - this.#watching >= steadyMs) this.#relists.reset();
    }
  }

  async #list(outer: AbortSignal): Promise<number> {
    const reading = this.#reading();
    this.#take(
      await withWatchdog(reading.clock, silenceMs, outer, (signal, alive) =>
        listAll({ ...reading, signal, alive }),
      ),
    );
    return 0;
  }

  async #stream(outer: AbortSignal): Promise<void> {
    const reading = this.#reading();
    const { clock } = reading;
    await withWatchdog(clock, silenceMs, outer, async (signal, alive) => {
      const opened = (): void => {
        this.#brokenStreams += 1;
      };
      const { events, from } = await this.#begin({ ...reading, signal, alive, opened });
      this.#watching = clock.now();
      await followWatch(events, from, this.#following(signal));
    });
  }

  /** Apart from what follows, so that while the watch goes on nothing holds the list. */
  async #begin(options: StreamingOptions): Promise<{ events: AsyncIterator<WatchEvent>; from: string }> {
    const listing = await streamAll(options);
    options.signal.throwIfAborted();
    this.#take(listing);
    return { events: listing.events, from: listing.resourceVersion };
  }

  #take({ objects, resourceVersion }: Listing): void {
    const { sink, observer } = this.#options;
    if (this.#newest !== null && (compareVersions(resourceVersion, this.#newest) ?? 0) < 0) {
      // A cluster restored from a backup counts from an older number; what it lists is the truth all the same.
      observer.interrupted(
        'rewound',
        `the resourceVersion went back from ${this.#newest} to ${resourceVersion}`,
      );
    }
    sink.replace(objects);
    this.#version = resourceVersion;
    this.#newest = resourceVersion;
    this.#connections.reset();
    this.#refusals.reset();
    this.#fruitless = 0;
    this.#brokenStreams = 0;
    observer.synced();
  }

  async #watch(from: string, outer: AbortSignal): Promise<void> {
    const { client, kind, clock, observer } = this.#options;
    this.#watching = clock.now();
    const opened = (): void => observer.opened();
    await withWatchdog(clock, silenceMs, outer, async (signal, alive) => {
      const query = { resourceVersion: from };
      const events = await openWatch(query, { client, kind, clock, signal, opened, alive });
      await followWatch(events, from, this.#following(signal));
    });
  }

  #reading(): Pick<ListOptions, 'client' | 'kind' | 'clock' | 'turns'> {
    const { client, kind, clock, turns } = this.#options;
    return { client, kind, clock, ...(turns === undefined ? {} : { turns }) };
  }

  #following(signal: AbortSignal): FollowOptions {
    const { sink, observer } = this.#options;
    const heard = (version: string): void => {
      this.#version = version;
      this.#newest = version;
      this.#fruitless = 0;
      this.#connections.reset();
      observer.heard();
    };
    return { ...this.#reading(), sink, signal, heard };
  }

  /** A list in pages can always be had: a stream that is refused, or that breaks twice, must not stand in its way. */
  #unstreamed(error: unknown): number {
    const { kind, streaming, observer } = this.#options;
    if (error instanceof ApiError) {
      // "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled" comes as a 422.
      if (error.status === 400 || error.status === 422) {
        streaming.refuse(kind);
        return 0;
      }
      if (error.status >= 500) this.#brokenStreams += 1;
    }
    if (error instanceof UnendedError) {
      streaming.refuse(kind);
      observer.interrupted('unended', error.message);
      return 0;
    }
    if (this.#brokenStreams >= brokenStreamsMax) {
      streaming.refuse(kind);
      this.#brokenStreams = 0;
    }
    return this.#recover(error);
  }

  #recover(error: unknown): number {
    const { observer } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof SilentError) {
      observer.interrupted('silent', message);
      this.#countFruitless();
      return 0;
    }
    if (error instanceof StreamError) return this.#relist(error.reason, message);
    if (error instanceof DecodeError) return this.#relist('parse', message);
    if (error instanceof ApiError) return this.#recoverFromAnswer(error);
    return this.#retry(message);
  }

  #recoverFromAnswer(error: ApiError): number {
    switch (error.status) {
      case 410:
        return this.#relist('expired', error.message);
      case 400:
        // Seen for a resourceVersion the server cannot read; the same question would get the same answer.
        return this.#relist('parse', error.message);
      case 403:
      case 404:
        return this.#refused(error.status === 404 ? 'absent' : 'denied', error.message);
      case 504:
        this.#countFruitless();
        break;
    }
    const wait = this.#retry(error.message);
    if (error.retryAfterMs === null) return wait;
    // At least what the server asks for; more, when it goes on refusing.
    return Math.max(wait, error.retryAfterMs + this.#options.clock.random() * 1000);
  }

  #refused(state: 'absent' | 'denied', message: string): number {
    const { sink, observer } = this.#options;
    const wait = this.#refusals.next();
    this.#version = null;
    // The kind is gone, and with it every object of it; the second time, because a starting server is not sure yet.
    if (state === 'absent' && this.#refusals.failures === 2) sink.replace([]);
    observer.refused(state, message);
    return wait;
  }

  #relist(reason: 'expired' | 'parse' | 'order', message: string): number {
    this.#version = null;
    this.#options.observer.interrupted(reason, message);
    return this.#relists.next();
  }

  /** Goes on where it was. */
  #retry(message: string): number {
    this.#options.observer.interrupted('failed', message);
    return this.#connections.next();
  }

  /**
   * After a restored backup the position can lie in the future: the server then says nothing, or that it timed out
   * waiting for it, and would do so for a long time.
   */
  #countFruitless(): void {
    this.#fruitless += 1;
    if (this.#fruitless >= fruitlessMax) this.#version = null;
  }
}
