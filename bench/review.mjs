// `npm run bench`: what a review costs on the example shop, handler only, as a ratio over a handler that does nothing.
//
// Both handlers are the real webhook application without its socket (`inject`), so that the ratio shows the review
// and not HTTP. They are called in pairs, each pair in turn in the other order, so that both see the same machine.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { readChanges, readShop, reviewOf } from '../dist/cli/example-shop.js';
import { review } from '../dist/review/review.js';
import { profileOf } from '../dist/review/settings.js';
import { rules } from '../dist/rules/registry.js';
import { buildApp } from '../dist/webhook/app.js';
import { systemClock } from '../dist/webhook/clock.js';
import { makeMetrics } from '../dist/webhook/metrics.js';
import { worldOf } from '../dist/world/build.js';

// `--quick` shows that it runs; its figures mean nothing.
const [WARM_UP, ROUNDS] = process.argv.includes('--quick') ? [1, 2] : [30, 100];
const GOAL_MS = 5;

const shop = readShop();
const world = worldOf(profileOf(shop.settings), shop.events);
const context = {
  world,
  settings: shop.settings,
  rules,
  freshness: { stale: [], absent: [] },
  ownNamespace: '',
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

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

function app(judge) {
  return buildApp({
    path: '/validate',
    review: judge,
    dataReady: () => true,
    caughtUp: async () => undefined,
    bounds: { stepsMax: 2_000_000, deadlineMs: 9_000 },
    draining: () => false,
    onRequest: () => undefined,
    onReview: () => undefined,
    memoryFull: () => false,
    metrics: makeMetrics(version),
    log: silent,
    clock: systemClock(),
    tls: null,
  });
}

async function timed(handler, payload) {
  const since = process.hrtime.bigint();
  const response = await handler.inject({
    method: 'POST',
    url: '/validate?timeout=10s',
    headers: { 'content-type': 'application/json' },
    payload,
  });
  const ms = Number(process.hrtime.bigint() - since) / 1e6;
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}: ${response.body}`);
  return ms;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const full = app((request, limits) => review(request, { ...context, limits }));
const noop = app(() => nothing);
const payloads = readChanges(shop).map((change) => ({
  file: change.file,
  body: JSON.stringify(reviewOf(change)),
}));

const samples = { full: [], noop: [] };
const byFile = new Map(payloads.map(({ file }) => [file, []]));
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  for (const { file, body } of payloads) {
    const order = round % 2 === 0 ? ['full', 'noop'] : ['noop', 'full'];
    for (const which of order) {
      const ms = await timed(which === 'full' ? full : noop, body);
      if (round < 0) continue;
      samples[which].push(ms);
      if (which === 'full') byFile.get(file).push(ms);
    }
  }
}
await full.close();
await noop.close();

const [fullMs, noopMs] = [median(samples.full), median(samples.noop)];
const say = (line) => process.stdout.write(`${line}\n`);
for (const [file, values] of byFile) say(`${median(values).toFixed(3).padStart(8)} ms  ${file}`);
say('');
say(`review   ${fullMs.toFixed(3)} ms at the median of ${samples.full.length} calls`);
say(`no-op    ${noopMs.toFixed(3)} ms`);
say(`ratio    ${(fullMs / noopMs).toFixed(1)}`);
say(`goal     review under ${GOAL_MS} ms at the median: ${fullMs < GOAL_MS ? 'met' : 'missed'}`);
say(
  `run on   netsluice ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
);
process.exit(0);
