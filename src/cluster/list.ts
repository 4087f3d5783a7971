import { DecodeError } from '../model/decode/value.ts';
import type { ClusterObject } from '../model/objects.ts';
import {
  type ApiClient,
  ApiError,
  type ApiResponse,
  contentTypeOf,
  expectOk,
  StreamError,
} from './api-client.ts';
import type { Clock } from './clock.ts';
import { collectionPath, type WatchedKind } from './kinds.ts';
import { Pacer } from './pacer.ts';
import type { Turns } from './turns.ts';

const pageSize = 500;
const restartsMax = 3;

export interface ListOptions {
  readonly client: ApiClient;
  readonly kind: WatchedKind;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Shared by all that is read of a cluster. */
  readonly turns?: Turns;
  /** Called for each part that arrives. */
  readonly alive: () => void;
}

export interface Listing {
  readonly objects: readonly ClusterObject[];
  /** Where a watch goes on. */
  readonly resourceVersion: string;
}

interface ListPage {
  readonly resourceVersion: string;
  readonly continueToken: string | null;
}

/**
 * Lists a collection page by page and lets the event loop run in between. Throws ApiError, StreamError, or what the connection throws.
 */
export async function listAll(options: ListOptions): Promise<Listing> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await listPages(options);
    } catch (error) {
      // "410 ResourceExpired … the client must start a new list without the continue field."
      const expired = error instanceof ApiError && error.status === 410;
      if (!expired || restarts === restartsMax) throw error;
    }
  }
}

async function listPages(options: ListOptions): Promise<Listing> {
  const { client, kind, signal } = options;
  const pacer = new Pacer(options.clock, options.turns);
  const objects: ClusterObject[] = [];
  let continueToken: string | null = null;
  for (;;) {
    const query: Record<string, string> = { limit: String(pageSize) };
    if (continueToken !== null) query['continue'] = continueToken;
    const response = await client.get(collectionPath(kind), query, { signal, accept: kind.codec.listAccept });
    await expectOk(response, `listing ${kind.resource}`);
    const page: ListPage = await readPage(options, response, objects, pacer);
    if (page.continueToken === null) return { objects, resourceVersion: page.resourceVersion };
    continueToken = page.continueToken;
  }
}

async function readPage(
  { kind, alive }: ListOptions,
  response: ApiResponse,
  into: ClusterObject[],
  pacer: Pacer,
): Promise<ListPage> {
  for await (const part of kind.codec.readList(response.body, contentTypeOf(response))) {
    alive();
    if (part.type === 'end') return part;
    for (const object of part.objects) {
      const record = decodeOrRefuse(kind, object);
      if (record !== null) into.push(record);
      if (pacer.counts()) await pacer.rest();
    }
  }
  throw new StreamError('parse', 'the list ended early');
}

/** An API server sends no object without a name; one that does cannot be trusted with the rest. */
export function decodeOrRefuse(kind: WatchedKind, object: unknown): ClusterObject | null {
  try {
    return kind.decode(object);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new StreamError('parse', `${kind.resource}: ${error.message}`);
  }
}
