import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request as plainRequest, type RequestOptions } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import {
  makeThrowawayAuthority,
  type PemPair,
  type ThrowawayAuthority,
} from '../../src/cli/throwaway-certificate.ts';
import type { Review, ReviewLimits, ReviewRequest } from '../../src/model/review.ts';
import { buildApp, type WebhookDeps } from '../../src/webhook/app.ts';
import { type Clock, systemClock } from '../../src/webhook/clock.ts';
import { makeLog } from '../../src/webhook/decision-log.ts';
import { type Metrics, makeMetrics } from '../../src/webhook/metrics.ts';
import { checkPair, isProblem, type KeyPair } from '../../src/webhook/tls.ts';

export const admitted: Review = {
  decision: 'admitted',
  message: null,
  warnings: [],
  annotations: new Map([['decision', 'admitted']]),
  findings: [],
  record: {
    outcome: 'analysed',
    mode: 'baseline',
    rules: [],
    steps: 7,
    failed: [],
    partial: null,
    wouldReject: [],
    excused: [],
    unknownReasons: [],
    connections: { blocked: 0, opened: 0, undecided: 0 },
  },
};

export function reviewOf(uid: unknown, request: object = {}): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      resource: { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' },
      operation: 'CREATE',
      namespace: 'shop',
      name: 'web',
      userInfo: { username: 'ana', groups: ['dev'] },
      dryRun: false,
      object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', spec: { podSelector: {} } },
      oldObject: null,
      ...request,
    },
  };
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  readonly json: any;
}

function readAnswer(options: RequestOptions & { tls: boolean }, body: string | Uint8Array | undefined) {
  return new Promise<Answered>((resolve, reject) => {
    const send = options.tls ? request : plainRequest;
    const sent = send(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = (response.headers['content-type'] ?? '').startsWith('application/json');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson && text !== '' ? JSON.parse(text) : null,
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export interface CallOptions {
  readonly port: number;
  readonly ca: string;
  readonly body?: object | string | Uint8Array | undefined;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
  readonly client?: PemPair;
}

/** One HTTPS request to the webhook on loopback; objects are sent as JSON. */
export function call(options: CallOptions): Promise<Answered> {
  const { body } = options;
  const bytes = typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body;
  return readAnswer(
    {
      tls: true,
      host: '127.0.0.1',
      port: options.port,
      ca: options.ca,
      method: options.method ?? 'POST',
      path: options.path ?? '/validate',
      headers: {
        ...(bytes === undefined ? {} : { 'content-length': String(Buffer.byteLength(bytes)) }),
        ...(options.headers ?? { 'content-type': 'application/json' }),
      },
      agent: options.agent ?? new Agent({ keepAlive: false, maxCachedSessions: 0 }),
      ...options.client,
    } as RequestOptions & { tls: boolean },
    bytes,
  );
}

/** One plain GET, for the health port. */
export function get(port: number, path: string, method = 'GET'): Promise<Answered> {
  return readAnswer({ tls: false, host: '127.0.0.1', port, path, method, agent: false }, undefined);
}

/** Writes bytes over TLS and collects what comes back until the server closes. */
export async function raw(options: ConnectionOptions, ...writes: (string | Uint8Array)[]): Promise<string> {
  const socket = await dial(options);
  for (const bytes of writes) socket.write(bytes);
  return received(socket);
}

export function dial(options: ConnectionOptions & { readonly localAddress?: string }): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', ...options });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed during the handshake')));
  });
}

export async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  // A reset ends it as well as a close does.
  socket.on('error', () => undefined);
  if (!socket.closed) await once(socket, 'close');
  return text;
}

export async function pairFrom(authority: ThrowawayAuthority, dns = ['localhost']): Promise<KeyPair> {
  const pem = await authority.issue({ commonName: 'netsluice', dns, ip: ['127.0.0.1'] });
  const texts = { ...pem, ca: null };
  const pair = checkPair(texts, { certPath: 'tls.crt', keyPath: 'tls.key' }, new Date());
  if (isProblem(pair)) throw new Error(pair.problem);
  return pair;
}

export function writePair(directory: string, pair: PemPair): { certPath: string; keyPath: string } {
  const files = { certPath: join(directory, 'tls.crt'), keyPath: join(directory, 'tls.key') };
  writeFileSync(files.certPath, pair.cert);
  writeFileSync(files.keyPath, pair.key);
  return files;
}

const directories: string[] = [];

/** A directory that goes with the test file that asked for it. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'netsluice-test-'));
  directories.push(directory);
  return directory;
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

export interface Stub {
  readonly app: FastifyInstance;
  readonly port: number;
  readonly ca: string;
  readonly authority: ThrowawayAuthority;
  readonly metrics: Metrics;
  /** Every log line, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: and into log lines.
  readonly lines: () => readonly Record<string, any>[];
  readonly logText: () => string;
  /** What the review was given. */
  readonly asked: { request: ReviewRequest; limits: ReviewLimits }[];
  readonly post: (body: CallOptions['body'], more?: Partial<CallOptions>) => Promise<Answered>;
  /** Value of one series in the metrics text, 0 when absent. */
  readonly count: (series: string) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** A webhook on loopback with a review that admits, unless told otherwise. */
export async function startStub(
  more: Partial<Omit<WebhookDeps, 'tls'>> & {
    readonly clock?: Clock;
    /** Without TLS, where a test needs many connections and not the handshake. */
    readonly plain?: true;
    readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
    readonly clientNames?: readonly string[];
    readonly logLevel?: string;
  } = {},
): Promise<Stub> {
  const authority = await makeThrowawayAuthority('netsluice test');
  const metrics = makeMetrics('test');
  const asked: { request: ReviewRequest; limits: ReviewLimits }[] = [];
  let logText = '';
  const app = buildApp({
    path: '/validate',
    dataReady: () => true,
    memoryFull: () => false,
    bounds: { stepsMax: 1000, deadlineMs: 100 },
    draining: () => false,
    onRequest: () => undefined,
    onAnswered: () => undefined,
    onReview: () => undefined,
    metrics,
    log: makeLog(more.logLevel ?? 'debug', {
      write: (line) => {
        logText += line;
      },
    }),
    clock: systemClock(),
    caughtUp: async () => undefined,
    ...more,
    review: (request, limits) => {
      asked.push({ request, limits });
      return more.review === undefined ? admitted : more.review(request, limits);
    },
    tls:
      more.plain === true
        ? null
        : {
            pair: await pairFrom(authority),
            minVersion: more.minVersion ?? 'TLSv1.3',
            clientAuth:
              more.clientNames === undefined ? null : { ca: authority.cert, names: more.clientNames },
            ownPorts: new Set(),
          },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const port = (app.server.address() as AddressInfo).port;
  return {
    app,
    port,
    ca: authority.cert,
    authority,
    metrics,
    asked,
    logText: () => logText,
    lines: () =>
      logText
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    post: (body, options = {}) => call({ port, ca: authority.cert, body, ...options }),
    count: (series) => seriesOf(metrics, series),
    close: async () => {
      metrics.close();
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
    },
  };
}

export async function seriesOf(metrics: Metrics, series: string): Promise<number> {
  const line = (await metrics.registry.metrics())
    .split('\n')
    .find((each) => each.startsWith(`${series} `) || each === series);
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
}

const HANG_MS = 20_000;

/** Waits for something that another process or socket brings about; a vain wait ends by a ceiling against hangs. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > HANG_MS) throw new Error('what was waited for did not come');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
