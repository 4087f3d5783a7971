import { setImmediate } from 'node:timers/promises';
import { DecodeError } from '../model/decode/value.ts';
import type { ClusterObject } from '../model/objects.ts';
import { type ApiClient, ApiError, expectOk, StreamError } from './api-client.ts';
import { collectionPath, type WatchedKind } from './kinds.ts';

const pageSize = 500;
const slice = 100;
const restartsMax = 3;

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
 * Lists a collection page by page and lets the event loop run after every 100 objects. `heard` is called for each
 * part that arrives. Throws ApiError, StreamError, or what the connection throws.
 */
export async function listAll(
  client: ApiClient,
  kind: WatchedKind,
  signal: AbortSignal,
  heard: () => void,
): Promise<Listing> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await listPages(client, kind, signal, heard);
    } catch (error) {
      // "410 ResourceExpired … the client must start a new list without the continue field."
      const expired = error instanceof ApiError && error.status === 410;
      if (!expired || restarts === restartsMax) throw error;
    }
  }
}

async function listPages(
  client: ApiClient,
  kind: WatchedKind,
  signal: AbortSignal,
  heard: () => void,
): Promise<Listing> {
  const objects: ClusterObject[] = [];
  let continueToken: string | null = null;
  for (;;) {
    const query: Record<string, string> = { limit: String(pageSize) };
    if (continueToken !== null) query['continue'] = continueToken;
    const options = { signal, accept: kind.codec.listAccept };
    const response = await client.get(collectionPath(kind), query, options);
    await expectOk(response, `listing ${kind.resource}`);
    const page: ListPage = await readPage(kind, response.body, objects, heard);
    if (page.continueToken === null) return { objects, resourceVersion: page.resourceVersion };
    continueToken = page.continueToken;
  }
}

async function readPage(
  kind: WatchedKind,
  body: AsyncIterable<Buffer>,
  into: ClusterObject[],
  heard: () => void,
): Promise<ListPage> {
  let sinceYield = 0;
  for await (const part of kind.codec.readList(body)) {
    heard();
    if (part.type === 'end') return part;
    for (const object of part.objects) {
      const record = decodeOrRefuse(kind, object);
      if (record !== null) into.push(record);
      sinceYield += 1;
      if (sinceYield % slice === 0) await setImmediate();
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
