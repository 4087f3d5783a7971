import { get, nameOf, text, whole } from '../model/decode/lenient.ts';
import type { ClusterObject } from '../model/objects.ts';
import {
  type ApiClient,
  ApiError,
  type ApiQuery,
  contentTypeOf,
  expectOk,
  retryAfter,
  StreamError,
} from './api-client.ts';
import type { Clock } from './clock.ts';
import type { WatchEvent } from './codec.ts';
import { collectionPath, type WatchedKind } from './kinds.ts';
import { decodeOrRefuse } from './list.ts';
import { Pacer } from './pacer.ts';
import { compareVersions } from './resource-version.ts';
import type { Turns } from './turns.ts';

/** Where the live view keeps the objects of one kind. */
export interface KindSink {
  /** The whole truth: what is not in it is gone. */
  replace(objects: readonly ClusterObject[]): void;
  put(object: ClusterObject): void;
  /** As the API names it; `namespace` is null for cluster-scoped kinds. */
  remove(namespace: string | null, name: string): void;
}

export interface StreamOptions {
  readonly client: ApiClient;
  readonly kind: WatchedKind;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when the server has accepted the watch. */
  readonly opened: () => void;
  /** Called as soon as bytes arrive. */
  readonly alive: () => void;
}

export interface FollowOptions {
  readonly kind: WatchedKind;
  readonly clock: Clock;
  readonly sink: KindSink;
  readonly signal: AbortSignal;
  /** Shared by all that is read of a cluster. */
  readonly turns?: Turns;
  /** Called for each event and bookmark, after it was taken over. */
  readonly heard: (resourceVersion: string) => void;
}

/** Opens a watch. Throws ApiError, or what the connection throws; so does the iterator, or a StreamError. */
export async function openWatch(query: ApiQuery, options: StreamOptions): Promise<AsyncIterator<WatchEvent>> {
  const { client, kind, clock, signal, alive } = options;
  const whole = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    ...query,
    // Spread out, so that not all watches of all replicas end in the same second.
    timeoutSeconds: String(290 + Math.floor(clock.random() * 301)),
  };
  const response = await client.get(collectionPath(kind), whole, { signal, accept: kind.codec.watchAccept });
  await expectOk(response, `watching ${kind.resource}`);
  options.opened();
  return kind.codec.readWatch(tapped(response.body, alive), contentTypeOf(response))[Symbol.asyncIterator]();
}

/**
 * Takes over the events that come after a resourceVersion until the server ends the stream. Throws ApiError (for an
 * ERROR event), StreamError, or what the connection throws; all that was heard before is taken over.
 */
export async function followWatch(
  events: AsyncIterator<WatchEvent>,
  from: string,
  options: FollowOptions,
): Promise<void> {
  const { kind, clock, signal, turns } = options;
  let last = from;
  const pacer = new Pacer(clock, turns);
  for await (const event of { [Symbol.asyncIterator]: () => events }) {
    // Whoever was given up must not speak: a list may have said more by now.
    signal.throwIfAborted();
    if (event.type === 'ERROR') throw errorOf(event.object, kind);
    last = takeEvent(event, last, options);
    options.heard(last);
    if (pacer.counts()) await pacer.rest();
  }
}

/** The resourceVersion that every event must have. */
export function versionOf({ type, object }: WatchEvent): string {
  const version = text(get(object, 'metadata', 'resourceVersion'));
  if (version === null) throw new StreamError('parse', `a ${type} event has no resourceVersion`);
  return version;
}

/** Returns the resourceVersion up to which everything is known now. */
function takeEvent(event: WatchEvent, last: string, options: FollowOptions): string {
  const { type, object } = event;
  const version = versionOf(event);
  const order = compareVersions(version, last);
  // A repeated event says nothing new.
  if (order === 0) return last;
  // Events of a watch come in order. One from the past is either a repetition or a sign of lost order; applying it
  // could bring a deleted object back, so only a list can tell.
  if (order !== null && order < 0) {
    throw new StreamError('order', `an event of resourceVersion ${version} came after ${last}`);
  }
  switch (type) {
    case 'BOOKMARK':
      return version;
    case 'ADDED':
    case 'MODIFIED': {
      const record = decodeOrRefuse(options.kind, object);
      if (record === null) removeObject(object, options.sink);
      else options.sink.put(record);
      return version;
    }
    case 'DELETED':
      removeObject(object, options.sink);
      return version;
    default:
      throw new StreamError('parse', `an event has the unknown type ${JSON.stringify(type.slice(0, 40))}`);
  }
}

function removeObject(object: unknown, sink: KindSink): void {
  sink.remove(text(get(object, 'metadata', 'namespace')), nameOf(object));
}

/** "ERROR … the object is a Status": its code is what the HTTP status would have been. */
export function errorOf(status: unknown, kind: WatchedKind): ApiError {
  const code = whole(get(status, 'code')) ?? 500;
  const message = text(get(status, 'message')) ?? 'no reason given';
  const seconds = whole(get(status, 'details', 'retryAfterSeconds')) ?? undefined;
  return new ApiError(code, `watching ${kind.resource}: ${message}`, retryAfter(seconds));
}

async function* tapped(body: AsyncIterable<Buffer>, alive: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    alive();
    yield chunk;
  }
}
