// The webhook application without its socket: what a request costs besides the network.
import { readFileSync } from 'node:fs';
import { buildApp } from '../dist/webhook/app.js';
import { systemClock } from '../dist/webhook/clock.js';
import { makeMetrics } from '../dist/webhook/metrics.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The answer of a webhook that looks at nothing. */
const nothing = {
  decision: 'admitted',
  message: null,
  warnings: [],
  annotations: new Map(),
  findings: [],
  record: {
    outcome: 'analysed',
    mode: 'off',
    rules: [],
    steps: 0,
    partial: null,
    wouldReject: [],
    failed: [],
    excused: [],
    unknownReasons: [],
    connections: { blocked: 0, opened: 0, undecided: 0 },
  },
};

/** @param {(request: object, limits: object) => object} judge */
export function handlerOf(judge) {
  return buildApp({
    path: '/validate',
    review: judge,
    dataReady: () => true,
    caughtUp: async () => undefined,
    bounds: { stepsMax: 2_000_000, deadlineMs: 9_000 },
    draining: () => false,
    onRequest: () => undefined,
    onAnswered: () => undefined,
    onReview: () => undefined,
    memoryFull: () => false,
    metrics: makeMetrics(version),
    log: silent,
    clock: systemClock(),
    tls: null,
  });
}

/** Reads and answers a request as every other, but looks at nothing. */
export const handlerOfNothing = () => handlerOf(() => nothing);

/** Milliseconds of one request. */
export async function send(handler, payload) {
  const since = performance.now();
  const response = await handler.inject({
    method: 'POST',
    url: '/validate?timeout=10s',
    headers: { 'content-type': 'application/json' },
    payload,
  });
  const ms = performance.now() - since;
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}: ${response.body}`);
  return ms;
}
