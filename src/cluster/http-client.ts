import http from 'node:http';
import https from 'node:https';
import { types } from 'node:util';
import type { ApiClient, ApiOptions, ApiQuery, ApiResponse } from './api-client.ts';

/** A sentence for the user: no configuration, an unknown context, or nobody answers. */
export class ClusterError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ClusterError';
  }
}

/** An API server, and how to speak to it. */
export interface Target {
  readonly server: URL;
  /** How a sentence names it, as in `context "kind"`. */
  readonly name: string;
  /** What to look at where it cannot be reached. */
  readonly hint: string;
  /**
   * Authority, certificates and headers; asked for each request, so that what is rotated is used. Never asked where the
   * server speaks plain HTTP: credentials never go over a connection that everybody can read, as to `kubectl proxy`.
   */
  readonly credentials: (signal: AbortSignal) => Promise<https.RequestOptions>;
}

/** Opens nothing yet: the first request does. Connections are kept. */
export function clientOf(target: Target): ApiClient {
  const agent = new (target.server.protocol === 'http:' ? http : https).Agent({ keepAlive: true });
  return {
    get: async (path, query, options) => {
      const request = await requestOptions(target, options);
      return send(target, addressOf(target.server, path, query), { agent, ...request }, null);
    },
    write: async (method, path, query, options) => {
      const request = await requestOptions(target, options);
      const { type, body } = options;
      const headers =
        body === null ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      const all = { agent, ...request, method, headers: { ...request.headers, ...headers } };
      return send(target, addressOf(target.server, path, query), all, body);
    },
  };
}

async function requestOptions(target: Target, options: ApiOptions): Promise<https.RequestOptions> {
  const { signal, accept } = options;
  const known = target.server.protocol === 'https:' ? await credentialsOf(target, signal) : {};
  return { ...known, signal, headers: { ...known.headers, accept, 'user-agent': 'netsluice' } };
}

async function credentialsOf(target: Target, signal: AbortSignal): Promise<https.RequestOptions> {
  try {
    return await target.credentials(signal);
  } catch (error) {
    throw new ClusterError(`The credentials of ${target.name} cannot be had: ${reasonOf(error)}`, error);
  }
}

function addressOf(server: URL, path: string, query: ApiQuery): URL {
  const address = new URL(server);
  address.pathname = `${server.pathname.replace(/\/$/, '')}${path}`;
  address.search = new URLSearchParams(query).toString();
  return address;
}

function send(
  target: Target,
  address: URL,
  options: https.RequestOptions,
  body: string | null,
): Promise<ApiResponse> {
  const { request } = address.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    const call = request(address, options, (response) => {
      const headers = new Map<string, string>();
      for (const [name, value] of Object.entries(response.headers)) {
        if (value !== undefined) headers.set(name, String(value));
      }
      resolve({ status: response.statusCode ?? 0, headers, body: response });
    });
    call.on('error', (error) => {
      reject(options.signal?.aborted === true ? error : unreachable(target, error));
    });
    call.end(body ?? undefined);
  });
}

function unreachable({ server, name, hint }: Target, error: Error): ClusterError {
  return new ClusterError(
    `The cluster at ${server.origin} (${name}) cannot be reached: ${reasonOf(error)}. ${hint}`,
    error,
  );
}

/** What an error says, for a sentence. */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  // An attempt on several addresses fails with an error that has only a code.
  return error.message !== '' ? error.message : 'code' in error ? String(error.code) : error.name;
}
