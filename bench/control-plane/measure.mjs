// The whole gate on a real control plane, run inside the bubble: see sections/cluster.mjs, which starts it.
//
//     node bench/control-plane/measure.mjs '{ "shape", "seed", "first", "warmUp", "batches", "perBatch", "file" }'
import { writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { shapeOf } from '../cluster-names.mjs';
import { changesOf } from './changes.mjs';
import { makeSwitch, readBoth, stateOf, withFewPods } from './gate.mjs';
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
    const { value: change } = changes.next();
    const { method, path, body, done } = change;
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

/** Applies changes, and tells what both histograms gained meanwhile. */
async function batch(cluster, netsluice, changes, count) {
  const before = await readBoth(cluster, netsluice);
  const applied = await apply(cluster, changes, count);
  const after = await readBoth(cluster, netsluice);
  return {
    ...applied,
    server: between(after.server, before.server),
    netsluice: between(after.netsluice, before.netsluice),
  };
}

const joined = (batches) => ({
  times: batches.flatMap(({ times }) => times),
  refused: batches.reduce((sum, { refused }) => sum + refused, 0),
  server: batches.reduce((sum, { server }) => together(sum, server), none),
  netsluice: batches.reduce((sum, { netsluice }) => together(sum, netsluice), none),
});

/** With netsluice and without, in turn. */
async function compare(cluster, netsluice, changes) {
  const gate = await makeSwitch(cluster, netsluice);
  const first = await batch(cluster, netsluice, changes, options.first);
  await apply(cluster, changes, options.warmUp);
  const [asked, unasked] = [[], []];
  for (let i = 0; i < options.batches; i += 1) {
    if (i > 0) await gate.on();
    asked.push(await batch(cluster, netsluice, changes, options.perBatch));
    await gate.off();
    unasked.push(await batch(cluster, netsluice, changes, options.perBatch));
    say(`${(i + 1) * options.perBatch} changes with netsluice and as many without`);
  }
  return { first, asked: joined(asked), unasked: joined(unasked) };
}

async function caughtUp(cluster, netsluice) {
  const pods = await podCount(cluster);
  await cluster.waitFor(
    async () => (await stateOf(netsluice)).pods === pods,
    `netsluice to hold ${pods} pods`,
  );
  return pods;
}

async function measure(cluster) {
  const shape = shapeOf(options.shape);
  const { policies, ...made } = await populate(cluster, shape, options.seed, nodes, say);
  const since = performance.now();
  const netsluice = await installNetsluice(withFewPods(cluster), 1, settings);
  try {
    const pods = await caughtUp(cluster, netsluice);
    say(
      `netsluice holds ${pods} pods ${((performance.now() - since) / 1000).toFixed(1)} s after its Deployment`,
    );
    const changes = changesOf(shape, options.seed, policies);
    const compared = await compare(cluster, netsluice, changes);
    const { text } = await readBoth(cluster, netsluice);
    const rejections = 'apiserver_admission_webhook_rejection_count';
    return {
      made,
      pods,
      ...compared,
      state: await stateOf(netsluice),
      rejections: counterOf(text, rejections),
      failedOpen: counterOf(text, 'apiserver_admission_webhook_fail_open_count'),
      errors: await netsluice.metric('netsluice_admission_failures_total'),
      partial: await netsluice.metric('netsluice_analysis_truncated_total'),
    };
  } finally {
    await netsluice.stop();
  }
}

say('starting etcd, kube-apiserver, kube-controller-manager and kwok');
const cluster = await startCluster({ nodes });
try {
  const result = await measure(cluster);
  writeFileSync(options.file, JSON.stringify({ ...result, bubble: inBubble() }));
} finally {
  await cluster.stop();
}
process.exit(0);
