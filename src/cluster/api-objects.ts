import {
  type ApiClient,
  ApiError,
  type ApiQuery,
  expectOk,
  readBody,
  type WriteMethod,
} from './api-client.ts';

/** Reads and writes single objects as JSON. A 409 means that somebody else wrote first: read again. */
export interface ApiObjects {
  /** Null where there is none (404). */
  read(path: string): Promise<unknown>;
  /** Answers the object as the API server stored it; rejects with an ApiError otherwise. */
  create(collection: string, object: unknown): Promise<unknown>;
  /** Refused with 409 when `metadata.resourceVersion` in the object is no longer the current one. */
  replace(path: string, object: unknown): Promise<unknown>;
  /** A JSON merge patch; a `metadata.resourceVersion` in it makes it conditional. */
  merge(path: string, patch: unknown): Promise<unknown>;
  /** A server-side apply in netsluice's name, which takes over fields that others hold. */
  apply(path: string, object: unknown): Promise<unknown>;
  /** An object that is not there is no error. */
  remove(path: string): Promise<void>;
}

const answerMax = 8 * 1024 * 1024;
const json = 'application/json';

/** @param timeoutMs of each call. */
export function apiObjects(client: ApiClient, timeoutMs: number): ApiObjects {
  const write = async (method: WriteMethod, path: string, type: string, object: unknown, query: ApiQuery) => {
    const response = await client.write(method, path, query, {
      signal: AbortSignal.timeout(timeoutMs),
      accept: json,
      type,
      body: object === null ? null : JSON.stringify(object),
    });
    await expectOk(response, `${method} ${path}`);
    return parsed(await readBody(response.body, answerMax));
  };
  return {
    read: async (path) => {
      const response = await client.get(path, {}, { signal: AbortSignal.timeout(timeoutMs), accept: json });
      try {
        await expectOk(response, `GET ${path}`);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
      return parsed(await readBody(response.body, answerMax));
    },
    create: (collection, object) => write('POST', collection, json, object, {}),
    replace: (path, object) => write('PUT', path, json, object, {}),
    merge: (path, patch) => write('PATCH', path, 'application/merge-patch+json', patch, {}),
    apply: (path, object) =>
      write('PATCH', path, 'application/apply-patch+yaml', object, {
        fieldManager: 'netsluice',
        force: 'true',
      }),
    remove: async (path) => {
      try {
        await write('DELETE', path, json, null, {});
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    },
  };
}

function parsed(bytes: Buffer): unknown {
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  return value;
}
