import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

export interface ApiAnswer {
  readonly status: number;
  /** The body as it came. */
  readonly text: string;
}

export interface ApiCall {
  readonly body?: unknown;
  /** Of the body; `application/json` unless told. */
  readonly contentType?: string;
  /** Instead of the administrator's. */
  readonly token?: string;
}

export interface ApiClient {
  /** One HTTP request to the API server; rejects only when no answer came. */
  request(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  /** As `request`, decoded; rejects with the server's message unless the status is 2xx. */
  json<T>(method: string, path: string, call?: ApiCall): Promise<T>;
  close(): void;
}

/** A small client for `server` (an https URL) that trusts `ca` (PEM) and speaks with a bearer token. */
export function makeApiClient(server: string, ca: string, adminToken: string): ApiClient {
  const agent = new Agent({ ca, keepAlive: true });

  function send(method: string, path: string, call: ApiCall = {}): Promise<ApiAnswer> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      authorization: `Bearer ${call.token ?? adminToken}`,
      accept: 'application/json',
      ...(body === undefined
        ? {}
        : {
            'content-type': call.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        new URL(path, server),
        { method, agent, headers, timeout: 60_000 },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            text += chunk;
          });
          answer.once('error', reject);
          answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        },
      );
      outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer in 60 s`)));
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  async function json<T>(method: string, path: string, call?: ApiCall): Promise<T> {
    const answer = await send(method, path, call);
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 1000)}`);
    }
    return JSON.parse(answer.text) as T;
  }

  return { request: send, json, close: () => agent.destroy() };
}

/**
 * Asks `probe` again and again until it gives something other than undefined, null or false, and hands that back.
 * An error thrown by the probe counts as "not yet". Rejects after `timeoutMs` (30 s unless told) with `what`.
 */
export async function waitFor<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 30_000,
): Promise<Exclude<T, undefined | null | false>> {
  const end = Date.now() + timeoutMs;
  let last = '';
  while (Date.now() < end) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, undefined | null | false>;
      }
      last = '';
    } catch (error) {
      last = `; the last attempt failed with: ${error instanceof Error ? error.message : String(error)}`;
    }
    await delay(50);
  }
  throw new Error(`waited ${timeoutMs / 1000} s for ${what}, in vain${last}`);
}
