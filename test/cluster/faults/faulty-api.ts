import type { ApiClient, ApiOptions, ApiQuery, ApiResponse } from '../../../src/cluster/api-client.ts';
import { PushedBody } from '../pushed-body.ts';
import type { Chance } from './chance.ts';
import { digestOf, type Entry, type PodHistory, type StoredPod } from './pod-history.ts';
import type { WireForm } from './wire-form.ts';

/** What can go wrong with a request before anything of the collection is answered. */
const requestFaults = [
  'no connection',
  'no answer',
  '410',
  '403',
  '429',
  '429 with Retry-After',
  '500',
  '503',
  'another content type',
] as const;
const pageFaults = ['page breaks', 'page ends early', '410 in mid-list'] as const;
const streamFaults = [
  'streaming refused',
  'stream breaks',
  'stream ends early',
  'stream has no end',
  'stream falls silent',
  '410 in mid-stream',
] as const;
const eventFaults = [
  'connection breaks before an event',
  'connection breaks inside an event',
  'last event is cut off',
  'watch ends',
  '410 inside the watch',
  '429 inside the watch',
  '500 inside the watch',
  'bookmark comes twice',
  'bookmark out of order',
  'event comes twice',
  'older event comes again',
  'watch falls silent',
  'event cannot be read',
] as const;
const serverFaults = ['compaction', 'restored backup'] as const;
export const faults = [
  ...requestFaults,
  ...pageFaults,
  ...streamFaults,
  ...eventFaults,
  ...serverFaults,
] as const;
export type Fault = (typeof faults)[number];

const pageSize = 25;
const trailer = 8;
const requestShare = 0.4;
const pageShare = 0.25;
const streamShare = 0.6;
const eventShare = 0.5;

interface Connection {
  readonly body: PushedBody;
  /** Pods of a streaming list that were not sent yet; null where the list is complete, or was not asked for. */
  rest: readonly StoredPod[] | null;
  endless: boolean;
  silent: boolean;
  /** The event before; what comes again is this one. */
  before: Buffer | null;
}

interface Sent {
  readonly bytes: Buffer;
  readonly before: Buffer | null;
  readonly version: number;
}

/** An API server with one collection, pods, of which every answer may go wrong. Nothing of it needs time or I/O. */
export class FaultyApi {
  readonly injected = new Map<Fault, number>(faults.map((fault) => [fault, 0]));
  /** Nothing goes wrong any more; what is broken stays so until somebody notices. */
  calm = false;
  /** The digest of the list that was last offered as a whole. */
  offered = Number.NaN;
  /** After a restored backup nothing is written until the list was seen: numbers that were used would be used again. */
  awaitsList = false;
  readonly #history: PodHistory;
  readonly #form: WireForm;
  readonly #chance: Chance;
  readonly #connections = new Set<Connection>();
  #listed: { readonly version: number; readonly pods: readonly StoredPod[] } | null = null;

  constructor(history: PodHistory, form: WireForm, chance: Chance) {
    this.#history = history;
    this.#form = form;
    this.#chance = chance;
  }

  get total(): number {
    return [...this.injected.values()].reduce((sum, count) => sum + count, 0);
  }

  client(): ApiClient {
    return {
      get: async (_path, query, options) => this.#answer(query, options),
      write: () => Promise.reject(new Error('nothing is written')),
    };
  }

  change(): void {
    if (this.awaitsList) return;
    const entry = this.#history.change();
    for (const connection of [...this.#connections]) {
      this.#sendRest(connection, 'all');
      this.#send(connection, entry);
    }
  }

  /** Lists that are being streamed go on or end. */
  turn(): void {
    for (const connection of [...this.#connections]) {
      this.#sendRest(connection, 'all');
      this.#endList(connection);
    }
  }

  bookmark(): void {
    for (const connection of this.#connections) {
      if (connection.rest === null) this.#push(connection, this.#bookmarkOf(this.#history.version));
    }
  }

  compact(): void {
    this.#count('compaction');
    this.#history.compact();
  }

  restore(): void {
    this.#count('restored backup');
    for (const connection of [...this.#connections]) this.#cut(connection);
    this.#history.restore();
    this.#listed = null;
    this.awaitsList = true;
  }

  #answer(query: ApiQuery, { signal }: ApiOptions): ApiResponse | Promise<ApiResponse> {
    const verb = 'sendInitialEvents' in query ? 'stream' : 'watch' in query ? 'watch' : 'list';
    const fault = this.#fault(requestShare, requestFaults);
    if (fault === 'no answer')
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    if (fault !== null) return this.#refuse(fault, signal);
    if (verb === 'list') return this.#list(query, signal);
    return verb === 'stream' ? this.#stream(signal) : this.#watch(Number(query['resourceVersion']), signal);
  }

  #refuse(fault: (typeof requestFaults)[number], signal: AbortSignal): ApiResponse {
    if (fault === 'no connection') throw new Error('ECONNREFUSED');
    if (fault === 'another content type')
      return answerOf(200, 'text/html', signal, '<html>One moment, please.</html>\n');
    const [, status = '500', more] = /^(\d+)(.*)$/.exec(fault) ?? [];
    return this.#status(Number(status), signal, more === '' ? {} : { 'retry-after': '5' });
  }

  #status(code: number, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}): ApiResponse {
    const text = JSON.stringify({ kind: 'Status', message: `injected ${code}`, code });
    return answerOf(code, 'application/json', signal, text, headers);
  }

  #list(query: ApiQuery, signal: AbortSignal): ApiResponse {
    const token = query['continue'];
    if (token === undefined || this.#listed === null)
      this.#listed = { version: this.#history.version, pods: [...this.#history.pods.values()] };
    const { version, pods } = this.#listed;
    const [of, from] = token === undefined ? [version, 0] : token.split(':').map(Number);
    const fault = this.#fault(pageShare, pageFaults);
    if (of !== version || from === undefined || fault === '410 in mid-list') {
      this.#listed = null;
      return this.#status(410, signal);
    }
    const end = from + pageSize;
    const more = end < pods.length ? { continue: `${version}:${end}` } : {};
    const bytes = this.#form.list({ resourceVersion: String(version), ...more }, pods.slice(from, end));
    const body = new PushedBody(signal);
    if (fault !== null) {
      // The last bytes of a list in protobuf say nothing: without them it is whole.
      body.push(bytes.subarray(0, this.#chance.below(bytes.length - trailer)));
      if (fault === 'page breaks') body.cut(new Error('ECONNRESET'));
    } else {
      this.#pushInPieces(body, bytes);
      if (end >= pods.length) this.offered = digestOf(pods);
    }
    body.end();
    return { status: 200, headers: new Map([['content-type', this.#form.listType]]), body };
  }

  #stream(signal: AbortSignal): ApiResponse {
    const fault = this.#fault(streamShare, streamFaults);
    if (fault === 'streaming refused') return this.#status(this.#chance.pick([400, 422]), signal);
    const connection = this.#connect(signal);
    connection.rest = [...this.#history.pods.values()];
    if (this.#chance.happens(0.6) || fault !== null) this.#sendRest(connection, 'some');
    switch (fault) {
      case 'stream breaks':
        this.#cut(connection);
        break;
      case 'stream ends early':
        this.#end(connection);
        break;
      case 'stream has no end':
        connection.endless = true;
        break;
      case 'stream falls silent':
        connection.silent = true;
        break;
      case '410 in mid-stream':
        this.#push(connection, this.#form.error(410));
        break;
    }
    return { status: 200, headers: new Map([['content-type', this.#form.watchType]]), body: connection.body };
  }

  #watch(from: number, signal: AbortSignal): ApiResponse {
    if (from < this.#history.compacted) return this.#status(410, signal);
    // After a restored backup the position lies in the future: "Too large resource version", or nothing is said at all.
    const isAhead = from > this.#history.version;
    if (isAhead && this.#chance.happens(0.5)) return this.#status(504, signal);
    const connection = this.#connect(signal);
    connection.silent = isAhead;
    for (const entry of this.#history.log) {
      if (entry.version > from && this.#connections.has(connection)) this.#send(connection, entry);
    }
    return { status: 200, headers: new Map([['content-type', this.#form.watchType]]), body: connection.body };
  }

  #connect(signal: AbortSignal): Connection {
    const connection: Connection = {
      body: new PushedBody(signal),
      rest: null,
      endless: false,
      silent: false,
      before: null,
    };
    this.#connections.add(connection);
    signal.addEventListener('abort', () => this.#connections.delete(connection));
    return connection;
  }

  #sendRest(connection: Connection, much: 'some' | 'all'): void {
    const { rest } = connection;
    if (rest === null) return;
    const count = much === 'all' ? rest.length : this.#chance.below(rest.length);
    for (const pod of rest.slice(0, count)) this.#push(connection, this.#form.event('ADDED', pod));
    connection.rest = rest.slice(count);
  }

  #endList(connection: Connection): void {
    if (connection.rest === null || connection.endless || connection.silent) return;
    connection.rest = null;
    this.offered = this.#history.digest;
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    this.#push(connection, this.#bookmarkOf(this.#history.version, annotations));
  }

  /** One event, and what may go wrong around it. */
  #send(connection: Connection, { type, pod, version }: Entry): void {
    const bytes = this.#form.event(type, pod);
    const { before } = connection;
    connection.before = bytes;
    const listing = connection.rest !== null;
    const fault = connection.silent || listing ? null : this.#fault(eventShare, eventFaults);
    switch (fault) {
      case 'connection breaks before an event':
        this.#cut(connection);
        return;
      case 'connection breaks inside an event':
        connection.body.push(this.#part(bytes));
        this.#cut(connection);
        return;
      case 'last event is cut off':
        connection.body.push(this.#part(bytes));
        this.#end(connection);
        return;
      case 'watch ends':
        this.#end(connection);
        return;
      case 'watch falls silent':
        connection.silent = true;
        return;
      case 'event cannot be read':
        this.#push(connection, this.#form.garbage);
        return;
      case '410 inside the watch':
        this.#push(connection, this.#form.error(410));
        return;
      case '429 inside the watch':
        this.#push(connection, this.#form.error(429, 3));
        return;
      case '500 inside the watch':
        this.#push(connection, this.#form.error(500));
        return;
    }
    this.#push(connection, bytes);
    this.#repeat(connection, fault, { bytes, before, version });
  }

  #repeat(connection: Connection, fault: Fault | null, event: Sent): void {
    const { bytes, before, version } = event;
    if (fault === 'event comes twice') this.#push(connection, bytes);
    if (fault === 'older event comes again' && before !== null) this.#push(connection, before);
    if (fault === 'bookmark comes twice')
      for (let i = 0; i < 2; i += 1) this.#push(connection, this.#bookmarkOf(version));
    if (fault === 'bookmark out of order') this.#push(connection, this.#bookmarkOf(version - 5));
  }

  #bookmarkOf(version: number, annotations: Readonly<Record<string, string>> = {}): Buffer {
    return this.#form.event('BOOKMARK', { metadata: { resourceVersion: String(version), annotations } });
  }

  #push(connection: Connection, bytes: Buffer): void {
    if (!connection.silent && this.#connections.has(connection)) this.#pushInPieces(connection.body, bytes);
  }

  #pushInPieces(body: PushedBody, bytes: Buffer): void {
    const cut = this.#chance.happens(0.3) ? this.#chance.below(bytes.length) : 0;
    if (cut > 0) body.push(bytes.subarray(0, cut));
    body.push(bytes.subarray(cut));
  }

  #part(bytes: Buffer): Buffer {
    return bytes.subarray(0, this.#chance.below(bytes.length));
  }

  #cut(connection: Connection): void {
    this.#connections.delete(connection);
    connection.body.cut(new Error('ECONNRESET'));
  }

  #end(connection: Connection): void {
    this.#connections.delete(connection);
    connection.body.end();
  }

  #fault<F extends Fault>(share: number, among: readonly F[]): F | null {
    if (this.calm || !this.#chance.happens(share)) return null;
    const fault = this.#chance.pick(among);
    this.#count(fault);
    return fault;
  }

  #count(fault: Fault): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1);
  }
}

function answerOf(
  status: number,
  type: string,
  signal: AbortSignal,
  text: string,
  more: Readonly<Record<string, string>> = {},
): ApiResponse {
  const body = new PushedBody(signal);
  body.push(text);
  body.end();
  return { status, headers: new Map(Object.entries({ 'content-type': type, ...more })), body };
}
