// What the exact difference of one change costs: `node bench/difference.mjs [SHAPE] [--changes N] [--seed N]`.
import { compileNetworkPolicy } from '../dist/dialects/network-policy.js';
import { unbounded } from '../dist/impact/budget.js';
import { difference } from '../dist/impact/difference.js';
import { summarize } from '../dist/impact/summarize.js';
import { profiles } from '../dist/model/profile.js';
import { factsOf } from '../dist/platform/facts.js';
import { ClusterWorld } from '../dist/world/cluster-world.js';
import { overlay } from '../dist/world/overlay.js';
import { shapeOf } from './cluster-names.mjs';
import { policyOf, randomOf, recordOf, recordsOf } from './clusters.mjs';

const args = process.argv.slice(2);
const option = (name, fallback) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback);
const shapeName = args[0] !== undefined && !args[0].startsWith('--') ? args[0] : '15k/1k/1k';
const shape = shapeOf(shapeName);
const changes = option('--changes', 300);
const random = randomOf(option('--seed', 7) + 1000);

const profile = profiles.get('generic');
const world = new ClusterWorld(profile);
const events = [...recordsOf(shape, option('--seed', 7))].map((object) => ({ type: 'put', object }));
globalThis.gc?.();
const heapBefore = process.memoryUsage().heapUsed;
const built = performance.now();
world.apply(events);
const buildMs = performance.now() - built;
globalThis.gc?.();
const heap = process.memoryUsage().heapUsed - heapBefore;
const units = world.units.size;

const times = [];
const parts = { overlay: [], difference: [], summarize: [] };
for (let i = 0; i < changes; i += 1) {
  const namespace = Math.floor(random() * shape.namespaces);
  const existing = [...world.policiesIn(`ns-${namespace}`)][0] ?? null;
  const kind = i % 3;
  const before = kind === 0 ? null : existing;
  const fresh = policyOf(shape, random, namespace, before?.ref.name ?? 'fresh');
  const after = kind === 1 ? null : compileNetworkPolicy(recordOf(fresh).policy, profile);
  if (before === null && after === null) continue;
  const change = { edits: [{ kind: 'policy', before, after }] };
  const t0 = performance.now();
  const worlds = overlay(world, change);
  const t1 = performance.now();
  const found = difference(worlds, change, unbounded());
  const t2 = performance.now();
  summarize(found, worlds, factsOf(worlds.before), unbounded());
  const t3 = performance.now();
  parts.overlay.push(t1 - t0);
  parts.difference.push(t2 - t1);
  parts.summarize.push(t3 - t2);
  times.push(t3 - t0);
  if (args.includes('--slow') && t3 - t0 > option('--slow', 50))
    console.log(
      (t3 - t0).toFixed(1),
      (t1 - t0).toFixed(1),
      (t2 - t1).toFixed(1),
      (t3 - t2).toFixed(1),
      found.rectangles.length,
      JSON.stringify(fresh.spec),
      kind,
    );
}
const quantile = (list, q) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))] ?? 0;
const row = (list) => [0.5, 0.9, 0.99, 1].map((q) => quantile(list, q).toFixed(2)).join(' / ');
console.log(
  `${shapeName}: ${units} units, built in ${(buildMs / 1000).toFixed(2)} s, heap ${(heap / 2 ** 20).toFixed(0)} MiB`,
);
console.log(`whole      p50/p90/p99/max ms ${row(times)}`);
for (const [name, list] of Object.entries(parts))
  console.log(`${name.padEnd(10)} p50/p90/p99/max ms ${row(list)}`);
