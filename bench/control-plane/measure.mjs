// The whole gate on a real control plane, run inside the bubble: see sections/cluster.mjs, which starts it.
//
//     node bench/control-plane/measure.mjs '{ "shape", "seed", "first", "warmUp", "batches", "perBatch", "folder" }'
//
// The result is written to result.json in the folder.
import { writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shapeOf } from '../cluster-names.mjs';
import { changesOf } from './changes.mjs';
import { callsOf, netsluiceSwitch, readBoth, startFloor, stateOf, withFewPods } from './gate.mjs';
import { between, counterOf, histogramOf, together } from './histogram.mjs';
import { podCount, populate } from './populate.mjs';

register('../../test/control-plane/typescript-hook.mjs', import.meta.url);
const { startCluster } = await import('../../test/control-plane/cluster.ts');
const { inBubble } = await import('../../test/control-plane/api-server.ts');
const { installNetsluice } = await import('../../test/e2e/netsluice.ts');

const options = JSON.parse(process.argv[2] ?? '{}');
const nodes = Array.from({ length: 20 }, (_, i) => `node-${i + 1}`);
const settings = 'platform: { profile: generic }\n';
const none = histogramOf('', '');
const say = (line) => process.stderr.write(`  ${line}\n`);

// Who asked for this may be gone: then nobody would end the control plane.
process.stdin.on('end', () => process.exit(1)).resume();
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** One change after the other. @returns milliseconds of each, and how many were not taken */
async function apply(cluster, changes, count) {
  const times = [];
  let refused = 0;
  for (let i = 0; i < count; i += 1) {
    const { method, path, body, done } = changes.next().value;
    const since = performance.now();
    const { status, text } = await cluster.request(method, path, { body });
    times.push(performance.now() - since);
    if (status >= 200 && status <= 299) done();
    else {
      refused += 1;
      say(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
    }
  }
  return { times, refused };
}

/** Applies changes; `server` and `netsluice` are what their histograms gained meanwhile. */
async function batch({ cluster, netsluice, changes }, webhook, count) {
  const before = await readBoth(cluster, netsluice);
  const applied = await apply(cluster, changes, count);
  const after = await readBoth(cluster, netsluice);
  return {
    ...applied,
    server: between(callsOf(after.text, webhook), callsOf(before.text, webhook)),
    netsluice: between(after.netsluice, before.netsluice),
  };
}

const joined = (batches) => ({
  times: batches.flatMap(({ times }) => times),
  refused: batches.reduce((sum, { refused }) => sum + refused, 0),
  server: batches.reduce((sum, { server }) => together(sum, server), none),
  netsluice: batches.reduce((sum, { netsluice }) => together(sum, netsluice), none),
});

/** With netsluice, with the least that answers, and with nothing, in turn. */
async function compare(bench, gate, floor) {
  const { changes, cluster } = bench;
  const { webhook } = gate;
  const nothing = { webhook, on: async () => undefined, off: async () => undefined };
  await gate.on();
  const first = await batch(bench, webhook, options.first);
  await apply(cluster, changes, options.warmUp);
  await gate.off();
  await floor.on();
  await apply(cluster, changes, options.warmUp);
  await floor.off();
  const kinds = [
    { one: gate, batches: [] },
    { one: floor, batches: [] },
    { one: nothing, batches: [] },
  ];
  for (let i = 0; i < options.batches; i += 1) {
    for (const { one, batches } of i % 2 === 0 ? kinds : kinds.toReversed()) {
      await one.on();
      batches.push(await batch(bench, one.webhook, options.perBatch));
      await one.off();
    }
    say(`${(i + 1) * options.perBatch} changes with netsluice, and as many with the floor and with nothing`);
  }
  const [asked, least, unasked] = kinds.map(({ batches }) => joined(batches));
  return { first, asked, least, unasked };
}

async function caughtUp(cluster, netsluice) {
  const pods = await podCount(cluster);
  const what = `netsluice to hold ${pods} pods`;
  await cluster.waitFor(async () => (await stateOf(netsluice)).pods === pods, what);
  return pods;
}

async function measure(cluster) {
  const shape = shapeOf(options.shape);
  const { policies, ...made } = await populate(cluster, shape, options.seed, nodes, say);
  const since = performance.now();
  const netsluice = await installNetsluice(withFewPods(cluster), 1, settings);
  let floor;
  try {
    const pods = await caughtUp(cluster, netsluice);
    say(
      `netsluice holds ${pods} pods ${((performance.now() - since) / 1000).toFixed(1)} s after its Deployment`,
    );
    floor = await startFloor(cluster, options.folder);
    const bench = { cluster, netsluice, changes: changesOf(shape, options.seed, policies) };
    const compared = await compare(bench, await netsluiceSwitch(cluster, netsluice), floor);
    const { text } = await readBoth(cluster, netsluice);
    return {
      made,
      pods,
      ...compared,
      state: await stateOf(netsluice),
      rejections: counterOf(text, 'apiserver_admission_webhook_rejection_count'),
      failedOpen: counterOf(text, 'apiserver_admission_webhook_fail_open_count'),
      errors: await netsluice.metric('netsluice_admission_failures_total'),
      partial: await netsluice.metric('netsluice_analysis_truncated_total'),
    };
  } finally {
    await floor?.stop();
    await netsluice.stop();
  }
}

say('starting etcd, kube-apiserver, kube-controller-manager and kwok');
const cluster = await startCluster({ nodes });
try {
  const result = await measure(cluster);
  writeFileSync(join(options.folder, 'result.json'), JSON.stringify({ ...result, bubble: inBubble() }));
} finally {
  await cluster.stop();
}
process.exit(0);
