import { DecodeError } from '../model/decode/value.ts';
import { type ApiClient, ApiError, StreamError } from './api-client.ts';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { WatchedKind } from './kinds.ts';
import { listAll } from './list.ts';
import { compareVersions } from './resource-version.ts';
import { type KindSink, watchOnce } from './watch-stream.ts';
import { SilentError, withWatchdog } from './watchdog.ts';

/** Bookmarks come about every minute; this much silence means that the peer is gone. */
export const silenceMs = 90_000;
const refusedCapMs = 60_000;
const steadyMs = 60_000;
const fruitlessMax = 2;

/** Why a watch was given up: `expired`, `parse` and `order` list afresh, the others go on where they were. */
export type Interruption = 'expired' | 'parse' | 'order' | 'silent' | 'failed' | 'rewound';

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
}

/** Keeps `sink` equal to one collection of the API server until the signal aborts. Never rejects. */
export async function runReflector(options: ReflectorOptions, signal: AbortSignal): Promise<void> {
  const reflector = new Reflector(options);
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

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#connections = new Backoff(options.clock);
    this.#relists = new Backoff(options.clock);
    this.#refusals = new Backoff(options.clock, refusedCapMs);
  }

  /** One list or one watch. Returns the milliseconds to wait before the next. */
  async step(signal: AbortSignal): Promise<number> {
    const started = this.#options.clock.now();
    const from = this.#version;
    try {
      if (from === null) return await this.#list(signal);
      await this.#watch(from, signal);
      // The server ends every watch after its timeout; one that ends at once, again and again, is a failure.
      return this.#options.clock.now() - started < 1000 ? this.#connections.next() : 0;
    } catch (error) {
      return signal.aborted ? 0 : this.#recover(error);
    } finally {
      if (from !== null && this.#options.clock.now() - started >= steadyMs) this.#relists.reset();
    }
  }

  async #list(outer: AbortSignal): Promise<number> {
    const { client, kind, clock, sink, observer } = this.#options;
    const { objects, resourceVersion } = await withWatchdog(clock, silenceMs, outer, (signal, alive) =>
      listAll({ client, kind, clock, signal, alive }),
    );
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
    observer.synced();
    return 0;
  }

  async #watch(from: string, outer: AbortSignal): Promise<void> {
    const { client, kind, clock, sink, observer } = this.#options;
    await withWatchdog(clock, silenceMs, outer, (signal, alive) =>
      watchOnce(from, {
        client,
        kind,
        clock,
        sink,
        signal,
        heard: (version) => {
          // After the watchdog gave up, a late event must not move the position.
          if (signal.aborted) return;
          this.#version = version;
          this.#newest = version;
          this.#fruitless = 0;
          this.#connections.reset();
          observer.heard();
        },
        opened: () => observer.opened(),
        alive,
      }),
    );
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
