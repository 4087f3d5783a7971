import { protobufStatusMessage } from './protobuf-status.ts';

/** Calls to the API server, in raw bytes. Of the rooms that hold one only those that write objects use `write`. */
export interface ApiClient {
  /**
   * Ends as soon as the headers are there. Rejects, and ends the body with an error, when the signal aborts or the
   * connection breaks; answers of any status are returned.
   */
  get(path: string, query: ApiQuery, options: ApiOptions): Promise<ApiResponse>;
  /** Likewise, for calls that change something. */
  write(method: WriteMethod, path: string, query: ApiQuery, options: WriteOptions): Promise<ApiResponse>;
}

export type WriteMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface WriteOptions extends ApiOptions {
  /** The content type of the body, for example `application/merge-patch+json`. */
  readonly type: string;
  readonly body: string | null;
}

export type ApiQuery = Readonly<Record<string, string>>;

export interface ApiOptions {
  readonly signal: AbortSignal;
  readonly accept: string;
}

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Buffer>;
}

/** The API server refused: the HTTP status, or the code of a `Status` object inside a watch. */
export class ApiError extends Error {
  readonly status: number;
  /** What `Retry-After` asks for, or null. */
  readonly retryAfterMs: number | null;

  constructor(status: number, message: string, retryAfterMs: number | null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What came is not what the API promises: only a fresh list tells the truth again. */
export class StreamError extends Error {
  readonly reason: 'parse' | 'order';

  constructor(reason: 'parse' | 'order', message: string) {
    super(message);
    this.name = 'StreamError';
    this.reason = reason;
  }
}

/** Empty where the answer does not say. */
export function contentTypeOf({ headers }: ApiResponse): string {
  return headers.get('content-type') ?? '';
}

const messageMax = 64 * 1024;
const retryAfterMax = 300;

/** Throws an ApiError unless the status is 2xx; reads at most 64 KiB of the answer for its message. */
export async function expectOk(response: ApiResponse, what: string): Promise<void> {
  const { status, headers, body } = response;
  if (status >= 200 && status < 300) return;
  const bytes = await readBody(body, messageMax);
  throw new ApiError(
    status,
    `${what}: the API server answers ${status} (${statusMessage(bytes)})`,
    retryAfter(headers.get('retry-after')),
  );
}

/** At most `max` bytes of a body; the rest is dropped, and with it the connection. */
export async function readBody(body: AsyncIterable<Buffer>, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= max) break;
  }
  return Buffer.concat(chunks).subarray(0, max);
}

/** Seconds as text or as a number; at most five minutes, so that one odd header cannot blind us for a day. */
export function retryAfter(value: string | number | undefined): number | null {
  const seconds = Number(value);
  return value !== undefined && Number.isFinite(seconds) && seconds >= 0
    ? Math.min(seconds, retryAfterMax) * 1000
    : null;
}

function statusMessage(bytes: Buffer): string {
  // Who asks for protobuf is refused in protobuf.
  const encoded = protobufStatusMessage(bytes);
  if (encoded !== null) return encoded;
  const text = bytes.toString('utf8').trim();
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Proxies answer with plain text, which is shown as it is.
  }
  return text.slice(0, 200);
}
