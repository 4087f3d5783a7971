// `npm run bench -- --cluster`; a quick try is `npm run bench -- --only cluster --shape 500-20-60:typical`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePrograms, MissingControlPlane } from '../../test/control-plane/ensure.mjs';
import { meanOf, quantileEdge, shareWithin } from '../control-plane/histogram.mjs';
import { quantilesOf, ratioOf } from '../statistics.mjs';

export const title = 'The whole gate on a real control plane';
export const order = 35;
export const asked = true;
export const seconds = 1500;
export const about =
  'etcd, kube-apiserver, kube-controller-manager and kwok, which plays the kubelets, are built from their sources and ' +
  'started; Deployments and StatefulSets are made through the API, and their pods come as in any cluster. One replica of ' +
  'netsluice stands behind a Service and is called by the API server for every change of a NetworkPolicy. Batches of ' +
  'changes are applied in turn, one change after the other, with netsluice, with the floor in its place, which is a ' +
  'webhook that parses the request and looks at nothing, and with no webhook. How long calls took is read from the API server’s own histogram `apiserver_admission_webhook_admission_duration_seconds`, for ' +
  'each of the two webhooks alone. All of it shares the machine.';

const shapeUnlessTold = '20k-200-600:typical';
/** The first bucket of the API server’s histogram, in seconds. */
const firstBucket = 0.005;

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Starts the control plane in its bubble and gives what was measured there. */
async function measured(options) {
  const args = [
    file('test/control-plane/bubble.mjs'),
    process.execPath,
    file('bench/control-plane/measure.mjs'),
    JSON.stringify(options),
  ];
  // Its end of the pipe tells the bubble when this process is gone.
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  const [code, signal] = await once(child, 'close');
  const result = join(options.folder, 'result.json');
  if (code !== 0 || !existsSync(result)) throw new Error(`the measurement ended with ${code ?? signal}`);
  return JSON.parse(readFileSync(result, 'utf8'));
}

const inMs = (value) => Number((value * 1000).toPrecision(4));
const percent = (histogram) => Number((shareWithin(histogram, firstBucket) * 100).toPrecision(5));

/** Mean and buckets of a histogram of seconds. */
const spreadOf = (histogram) => ({
  unit: 'ms',
  value: inMs(meanOf(histogram)),
  p50: inMs(quantileEdge(histogram, 0.5)),
  p99: inMs(quantileEdge(histogram, 0.99)),
  count: histogram.count,
});

const peerOf = (histogram) => {
  const { value, p50, p99 } = spreadOf(histogram);
  return { name: 'floor', value, p50, p99 };
};

function rowsOf({ made, state, first, asked: gate, least, unasked, bubble, partial }) {
  const without = quantilesOf(unasked.times);
  const floor = quantilesOf(least.times);
  const edges = 'the first figure is the mean, the others are the upper edges of buckets';
  return [
    {
      ...{ metric: 'calls in the first bucket of the API server’s histogram, at most 5 ms', unit: '%' },
      ...{ value: percent(gate.server), count: gate.server.count, goal: { atLeast: { value: 99 } } },
      peer: { name: 'floor', value: percent(least.server) },
      note: bubble
        ? 'through a Service'
        : 'by a URL on the loopback interface, for want of a network namespace',
    },
    {
      metric: 'a call of netsluice, by the API server’s histogram',
      ...spreadOf(gate.server),
      peer: peerOf(least.server),
      note: edges,
    },
    { metric: 'the same calls, by netsluice’s own histogram', ...spreadOf(gate.netsluice), note: edges },
    {
      ...{ metric: 'a change of a policy, as its client sees it', unit: 'ms' },
      ...quantilesOf(gate.times),
      peer: { name: 'floor', p50: floor.p50, p99: floor.p99 },
      ratio: ratioOf(gate.times, least.times),
      note: `without a webhook p50 ${without.p50}, p99 ${without.p99} ms`,
    },
    {
      ...{ metric: 'calls in the first bucket, of the first after the start', unit: '%' },
      ...{ value: percent(first.server), count: first.server.count },
      note: 'before V8 has compiled what is called often; such calls are in no other row',
    },
    { metric: 'memory of netsluice at the end', unit: 'MiB', value: Math.round(state.rss) },
    { metric: 'memory of netsluice at most', unit: 'MiB', value: Math.round(state.peak) },
    {
      ...{ metric: 'reviews that ended early', unit: '', value: partial },
      note: 'of all since the start; a review that takes 100 ms answers with what it has',
    },
    {
      ...{ metric: 'pods that netsluice holds', unit: '', value: state.pods },
      note: `${made.owned} made by controllers of ${made.workloads} workloads in ${made.namespaces} namespaces, ${made.pods - made.owned} one by one; all ran after ${made.seconds.toFixed(0)} s`,
    },
  ];
}

function checksOf({ pods, made, state, first, asked: gate, least, unasked, ...counted }, changes) {
  const refused = first.refused + gate.refused + least.refused + unasked.refused;
  return [
    { what: 'calls of netsluice that the API server counted', value: gate.server.count, equals: changes },
    { what: 'calls of the floor that it counted', value: least.server.count, equals: changes },
    { what: 'calls that netsluice counted', value: gate.netsluice.count, equals: changes },
    { what: 'calls of netsluice while it was not registered', value: unasked.server.count, equals: 0 },
    { what: 'changes that were not taken', value: refused, equals: 0 },
    { what: 'calls that were rejected or failed', value: counted.rejections, equals: 0 },
    { what: 'failed calls that were let through', value: counted.failedOpen, equals: 0 },
    { what: 'reviews that netsluice could not do', value: counted.errors, equals: 0 },
    // One more is netsluice's own.
    { what: 'pods of the cluster that netsluice does not hold', value: pods - state.pods, equals: 0 },
    { what: 'pods of the cluster', value: pods, equals: made.pods + 1 },
  ];
}

/** @param {{ seed: number, names: string[], folder: string, say: (line: string) => void }} context */
export async function run({ seed, names, folder }) {
  try {
    await ensurePrograms();
  } catch (error) {
    if (!(error instanceof MissingControlPlane)) throw error;
    return { rows: [], checks: [], skipped: error.message };
  }
  const [shape = shapeUnlessTold] = names;
  const batches = { first: 300, warmUp: 1500, batches: 8, perBatch: 150 };
  const result = await measured({ shape, seed, ...batches, folder });
  const rows = rowsOf(result).map((row) => ({ ...row, shape }));
  return { rows, checks: checksOf(result, batches.batches * batches.perBatch) };
}
