import { unbounded } from '../../dist/impact/budget.js';
import { ClusterWorld } from '../../dist/world/cluster-world.js';
import { shapeOf } from '../cluster-names.mjs';
import { recordsOf } from '../clusters.mjs';
import { quantile, quantilesOf, ratioOf, timed } from '../statistics.mjs';
import { changesOf, evaluate, profile } from '../worlds.mjs';

export const title = 'The shape of Antrea’s performance test';
export const order = 50;
export const memoryMiB = 6144;
export const about = `25,000 namespaces, 100,000 pods and 75,000 policies: how long the index takes from records, and
what a change costs afterwards. Beside each build the same records are put into maps by kind and by name, which is the
least that an index can be. Antrea's own test names 5.8 to 6.4 s and 1.5 to 1.7 GB for this shape; that includes telling
agents, and another machine.`;

const rounds = 3;

/** The least: every record in a map, by its kind and its name. */
function mapsOf(events) {
  const kinds = new Map();
  for (const { object } of events) {
    if (!kinds.has(object.kind)) kinds.set(object.kind, new Map());
    kinds.get(object.kind).set(`${object.namespace ?? ''}/${object.name}`, object);
  }
  return kinds;
}

export async function run({ seed, say }) {
  const shape = shapeOf('antrea');
  const events = [...recordsOf(shape, seed)].map((object) => ({ type: 'put', object }));
  const [builds, maps] = [[], []];
  let [world, heap] = [null, 0];
  for (let i = 0; i < rounds; i += 1) {
    world = null;
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    builds.push(
      timed(() => {
        world = new ClusterWorld(profile);
        world.apply(events);
      }) / 1000,
    );
    globalThis.gc();
    heap = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    maps.push(timed(() => mapsOf(events)) / 1000);
    say(`built in ${builds.at(-1).toFixed(2)} s`);
  }
  const times = [];
  for (const { change } of changesOf(world, shape, seed, 900))
    times.push(timed(() => evaluate(world, change, unbounded())));
  return {
    rows: [
      {
        metric: 'index from records',
        shape: 'antrea',
        unit: 's',
        value: quantile(builds, 0.5),
        goal: { value: 1 },
        peer: { name: 'maps by name', value: quantile(maps, 0.5) },
        ratio: ratioOf(builds, maps),
      },
      { metric: 'heap of the index, without the records', shape: 'antrea', unit: 'MiB', value: heap },
      {
        metric: 'one change',
        shape: 'antrea',
        unit: 'ms',
        ...quantilesOf(times.slice(100)),
        goal: { p99: 25 },
      },
    ],
    checks: [],
  };
}
