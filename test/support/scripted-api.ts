import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiClient, ApiOptions, ApiQuery, ApiResponse } from '../../src/cluster/api-client.ts';
import { encodeEvent, encodeList, encodeMessage } from './protobuf-encoder.ts';

export interface ApiObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface ApiRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly accept: string;
}

/** Answers one request in the place of the server. */
export type Answer = (response: ServerResponse, request: ApiRequest) => void;

/** A streaming list is a watch that begins with all objects. */
export type Verb = 'list' | 'watch' | 'stream' | 'get';

const protobufType = 'application/vnd.kubernetes.protobuf';

/** For example `v1` and `Pod`. */
export interface EncodedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

interface Watch {
  readonly path: string;
  readonly response: ServerResponse;
  readonly encode: (type: string, object: object) => string | Buffer;
}

interface Entry {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly path: string;
  readonly version: number;
  readonly object: object;
}

/**
 * A small API server over real HTTP: it keeps collections, lists them in pages, watches them from any
 * resourceVersion, and does what a test scripts instead where it wants a fault.
 */
export class ScriptedApi {
  readonly requests: ApiRequest[] = [];
  version = 100;
  /** Events up to here are forgotten: a watch from before gets 410. */
  compacted = 0;
  /**
   * What it does when it is asked to stream a list: refuse as a server without that feature, stream it, or stream it
   * and never say that it is complete.
   */
  streaming: 'refused' | 'offered' | 'unended' = 'refused';
  readonly #collections = new Map<string, Map<string, ApiObject>>();
  readonly #documents = new Map<string, object>();
  readonly #scripts = new Map<string, Answer[]>();
  readonly #log: Entry[] = [];
  readonly #watches = new Set<Watch>();
  readonly #encoded = new Map<string, EncodedKind>();
  readonly #server = http.createServer((request, response) => this.#handle(request, response));
  #waiters: (() => void)[] = [];

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  collection(path: string): void {
    this.#collections.set(path, new Map());
  }

  /** Answers in protobuf who asks for it. */
  encode(path: string, kind: EncodedKind): void {
    this.#encoded.set(path, kind);
  }

  removeCollection(path: string): void {
    this.#collections.delete(path);
  }

  /** Serves a plain document, as discovery does. */
  document(path: string, body: object): void {
    this.#documents.set(path, body);
  }

  /** The next request to list or watch the path is answered so, once. */
  script(verb: Verb, path: string, ...answers: readonly Answer[]): void {
    const key = `${verb} ${path}`;
    this.#scripts.set(key, [...(this.#scripts.get(key) ?? []), ...answers]);
  }

  put(path: string, object: ApiObject): void {
    const type = this.#items(path).has(keyOf(object)) ? 'MODIFIED' : 'ADDED';
    this.#record(type, path, object, 'told');
  }

  delete(path: string, object: ApiObject): void {
    this.#record('DELETED', path, object, 'told');
  }

  /** Deletes without an event, as if the event had been lost. */
  deleteSilently(path: string, object: ApiObject): void {
    this.#record('DELETED', path, object, 'silent');
  }

  names(path: string): readonly string[] {
    return [...this.#items(path).keys()].sort();
  }

  objects(path: string): readonly ApiObject[] {
    return [...this.#items(path).values()];
  }

  bookmark(path: string): void {
    this.version += 1;
    const metadata = { resourceVersion: String(this.version) };
    this.#tell(path, 'BOOKMARK', { metadata });
  }

  /** Writes raw text to every open watch of the path. */
  say(path: string, text: string): void {
    for (const watch of this.#watches) if (watch.path === path) watch.response.write(text);
  }

  /** Cuts every open watch of the path. */
  drop(path: string): void {
    for (const response of this.#forget(path)) response.destroy();
  }

  /** Ends every open watch of the path as the server does after its timeout. */
  end(path: string): void {
    for (const response of this.#forget(path)) response.end();
  }

  /** Resolves once a watch of the path is open, or at least `requests` requests of the verb have come. */
  async watching(path: string): Promise<void> {
    await this.#until(() => [...this.#watches].some((watch) => watch.path === path));
  }

  async requested(verb: Verb, path: string, count: number): Promise<void> {
    await this.#until(() => this.of(verb, path).length >= count);
  }

  of(verb: Verb, path: string): readonly ApiRequest[] {
    return this.requests.filter((request) => request.path === path && verbOf(request) === verb);
  }

  #forget(path: string): readonly ServerResponse[] {
    const watches = [...this.#watches].filter((watch) => watch.path === path);
    for (const watch of watches) this.#watches.delete(watch);
    return watches.map(({ response }) => response);
  }

  #record(type: Entry['type'], path: string, object: ApiObject, way: 'told' | 'silent'): void {
    this.version += 1;
    const stored = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.version) },
    };
    if (type === 'DELETED') this.#items(path).delete(keyOf(object));
    else this.#items(path).set(keyOf(object), stored);
    if (way === 'silent') return;
    const entry = { type, path, version: this.version, object: stored };
    this.#log.push(entry);
    this.#tell(path, type, stored);
  }

  #tell(path: string, type: string, object: object): void {
    for (const watch of this.#watches)
      if (watch.path === path) watch.response.write(watch.encode(type, object));
  }

  #kindFor({ path, accept }: ApiRequest): EncodedKind | undefined {
    return accept.includes(protobufType) ? this.#encoded.get(path) : undefined;
  }

  #items(path: string): Map<string, ApiObject> {
    const items = this.#collections.get(path);
    if (items === undefined) throw new Error(`there is no collection ${path}`);
    return items;
  }

  #handle(message: IncomingMessage, response: ServerResponse): void {
    const url = new URL(message.url ?? '/', 'http://localhost');
    const query = Object.fromEntries(url.searchParams);
    const request = { path: url.pathname, query, accept: message.headers.accept ?? '' };
    this.requests.push(request);
    const document = this.#documents.get(request.path);
    const verb = document !== undefined ? 'get' : verbOf(request);
    const answer = this.#scripts.get(`${verb} ${request.path}`)?.shift();
    if (answer !== undefined) answer(response, request);
    else if (document !== undefined) json(response, 200, document);
    else if (!this.#collections.has(request.path)) refuse(404)(response, request);
    else if (verb === 'watch') this.#watch(request, response);
    else if (verb === 'stream') this.#stream(request, response);
    else this.#list(request, response);
    this.#wake();
  }

  #list(request: ApiRequest, response: ServerResponse): void {
    const { path, query } = request;
    const from = Number(query['continue'] ?? '0');
    const limit = Number(query['limit'] ?? '500');
    const items = [...this.#items(path).values()];
    const metadata = {
      resourceVersion: String(this.version),
      ...(from + limit < items.length ? { continue: String(from + limit) } : {}),
    };
    const page = items.slice(from, from + limit);
    const encoded = this.#kindFor(request);
    if (encoded === undefined) json(response, 200, { kind: 'List', metadata, items: page });
    else {
      response.writeHead(200, { 'content-type': protobufType });
      response.end(encodeList(encoded.apiVersion, encoded.kind, metadata, page));
    }
  }

  #watch(request: ApiRequest, response: ServerResponse): void {
    const { path, query } = request;
    const from = Number(query['resourceVersion'] ?? '0');
    if (from < this.compacted) {
      json(response, 410, { kind: 'Status', code: 410 });
      return;
    }
    const encode = this.#open(request, response);
    for (const entry of this.#log)
      if (entry.path === path && entry.version > from) response.write(encode(entry.type, entry.object));
  }

  #stream(request: ApiRequest, response: ServerResponse): void {
    if (this.streaming === 'refused') {
      refuse(422)(response, request);
      return;
    }
    const encode = this.#open(request, response);
    for (const object of this.objects(request.path)) response.write(encode('ADDED', object));
    if (this.streaming === 'offered') response.write(encode('BOOKMARK', lastOfList(this.version)));
  }

  #open(request: ApiRequest, response: ServerResponse): Watch['encode'] {
    const encoded = this.#kindFor(request);
    const type = encoded === undefined ? 'application/json' : `${protobufType};stream=watch`;
    response.writeHead(200, { 'content-type': type });
    response.flushHeaders();
    const encode = encoded === undefined ? eventLine : frameOf(encoded);
    const watch = { path: request.path, response, encode };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    return encode;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}

/** Refuses with a `Status` as the API server does. */
export function refuse(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) =>
    json(response, status, { kind: 'Status', message: `scripted ${status}`, code: status }, headers);
}

/** A stream that says this and then ends, is cut, or stays open. */
export function stream(text: string, then: 'end' | 'cut' | 'open'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(text, () => {
      if (then === 'end') response.end();
      if (then === 'cut') response.destroy();
    });
    if (text === '') response.flushHeaders();
  };
}

/** Talks to a scripted API without credentials. */
export function plainClient(api: ScriptedApi): ApiClient {
  const send = (method: string, path: string, query: ApiQuery, options: ApiOptions, body: string | null) =>
    new Promise<ApiResponse>((resolve, reject) => {
      const address = `${api.url}${path}?${new URLSearchParams(query).toString()}`;
      const { signal, accept } = options;
      const request = http.request(address, { method, signal, headers: { accept } }, (response) => {
        const headers = new Map(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        );
        resolve({ status: response.statusCode ?? 0, headers, body: response });
      });
      request.on('error', reject);
      request.end(body ?? undefined);
    });
  return {
    get: (path, query, options) => send('GET', path, query, options, null),
    write: (method, path, query, options) => send(method, path, query, options, options.body),
  };
}

function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function frameOf({ apiVersion, kind }: EncodedKind): Watch['encode'] {
  return (type, object) => encodeEvent(apiVersion, kind, type, encodeMessage(kind, object));
}

/** One line of a watch. */
export function eventLine(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

/** The bookmark that ends a streaming list. */
export function endOfList(version: number): string {
  return eventLine('BOOKMARK', lastOfList(version));
}

function lastOfList(version: number): object {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return { metadata: { resourceVersion: String(version), annotations } };
}

function verbOf({ query }: ApiRequest): 'list' | 'watch' | 'stream' {
  if (!('watch' in query)) return 'list';
  return 'sendInitialEvents' in query ? 'stream' : 'watch';
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
