// Worlds of generated clusters, and changes to lay over them.
import { readSome } from '../dist/cli/read-ahead.js';
import { compileNetworkPolicy } from '../dist/dialects/network-policy.js';
import { difference } from '../dist/impact/difference.js';
import { summarize } from '../dist/impact/summarize.js';
import { profiles } from '../dist/model/profile.js';
import { factsOf } from '../dist/platform/facts.js';
import { ClusterWorld } from '../dist/world/cluster-world.js';
import { overlay } from '../dist/world/overlay.js';
import { policyOf, randomOf, recordOf, recordsOf } from './clusters.mjs';

/** @typedef {import('./cluster-names.mjs').Shape} Shape */

export const profile = profiles.get('generic');

const heapMiB = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

const batch = 1000;

/**
 * A world of the shape: how long it took to build from records, and what the heap grew by, without the records; and how
 * long it took to read ahead what `serve` reads ahead as soon as it has nothing else to do. Throws an Error where it is
 * not built within so many seconds.
 */
export function worldOf(shape, seed, withinSeconds = 120) {
  const pods = [];
  const events = [];
  for (const object of recordsOf(shape, seed)) {
    if (object.kind === 'Pod') pods.push(object);
    events.push({ type: 'put', object });
  }
  const before = heapMiB();
  const world = new ClusterWorld(profile);
  const since = performance.now();
  for (let i = 0; i < events.length; i += batch) {
    world.apply(events.slice(i, i + batch));
    if (performance.now() - since > withinSeconds * 1000)
      throw new Error(
        `${shape.name} was not built within ${withinSeconds} s (${i} of ${events.length} records)`,
      );
  }
  const seconds = (performance.now() - since) / 1000;
  const built = performance.now();
  while (readSome(world));
  const aheadSeconds = (performance.now() - built) / 1000;
  return { world, pods, seconds, aheadSeconds, heap: heapMiB() - before };
}

/**
 * Changes of single policies: created, deleted and replaced in turn, in namespaces chosen by the seed.
 * @param {ClusterWorld} world @param {Shape} shape @param {number} seed @param {number} count
 */
export function* changesOf(world, shape, seed, count) {
  const random = randomOf(seed + 1000);
  for (let i = 0; i < count; i += 1) {
    const namespace = Math.floor(random() * shape.namespaces);
    const fresh = policyOf(shape, random, namespace, `fresh-${i}`);
    const existing = [...world.policiesIn(fresh.metadata.namespace)];
    const before = i % 3 === 0 ? null : (existing[Math.floor(random() * existing.length)] ?? null);
    const written = { ...fresh, metadata: { ...fresh.metadata, name: before?.ref.name ?? `fresh-${i}` } };
    const deletes = i % 3 === 1 && before !== null;
    const after = deletes ? null : compileNetworkPolicy(recordOf(written).policy, profile);
    yield { before, after, written, change: { edits: [{ kind: 'policy', before, after }] } };
  }
}

/** What the change does, as every answer needs it: laid over, told apart, and counted. */
export function evaluate(world, change, budget) {
  const worlds = overlay(world, change);
  const found = difference(worlds, change, budget);
  return summarize(found, worlds, factsOf(worlds.before), budget);
}

/** The least that anything can do that looks at every pod: one look at one label of each. */
export function lookAtEach(pods) {
  let found = 0;
  for (const pod of pods) if (pod.labels.get('app') === 'app-0') found += 1;
  return found;
}
