import { unbounded } from '../../dist/impact/budget.js';
import { shapeOf } from '../cluster-names.mjs';
import { quantilesOf, ratioOf, timed } from '../statistics.mjs';
import { changesOf, evaluate, lookAtEach, worldOf } from '../worlds.mjs';

export const title = 'Difference alone';
export const order = 10;
export const quick = true;
export const memoryMiB = 6144;
export const seconds = 420;
export const about = `How long it takes to tell exactly what the change of one policy does: the change is laid over
the world, everything that differs is found, counted in pods and connections, and given names. Policies are created,
deleted and replaced in turn. The world has read ahead what \`serve\` reads ahead while it has nothing else to do. No rule
is asked and nothing is sent. Beside each change a loop looks once at one label of every pod of the cluster, which is the
least that a tool does that goes over all pods; the ratio is that of the difference to this loop, pair by pair. Ten
changes are measured and then ten loops, so that a loop, which fills the processor's caches with other things, stands
before one change of ten and not before each.`;

const shapes = [
  ['typical', { p50: 1, p99: 5, max: 25 }],
  ['150k/10k/10k', { p50: 1, p99: 5, max: 25 }],
  ['dense'],
  ['one-namespace'],
  ['adversarial', { p99: 25 }],
  ['excepts'],
  ['many-ports'],
  ['everything'],
];

/** So many changes are measured, and then as many looks. */
const turn = 10;

/** Changes until there are enough of them or the time is up; the first ones warm up and do not count. */
function measure(name, seed, { count, seconds }) {
  const shape = shapeOf(name);
  const built = worldOf(shape, seed);
  const [ours, looks] = [[], []];
  const since = performance.now();
  const elapsed = () => (performance.now() - since) / 1000;
  let [i, warm] = [0, true];
  for (const { change } of changesOf(built.world, shape, seed, 2 * count)) {
    const mine = timed(() => evaluate(built.world, change, unbounded()));
    i += 1;
    if (!warm) ours.push(mine);
    const done = ours.length === count || (elapsed() > seconds && ours.length > 0);
    if (ours.length % turn === 0 || done)
      while (looks.length < ours.length) looks.push(timed(() => lookAtEach(built.pods)));
    if (i >= count / 5 || elapsed() > seconds / 4) warm = false;
    if (done) break;
  }
  return { ...built, ours, looks };
}

function rowOf(name, goal, { ours, looks }) {
  const { p50, p99 } = quantilesOf(looks);
  return {
    metric: 'one change',
    shape: name,
    unit: 'ms',
    ...quantilesOf(ours),
    ...(goal === undefined ? {} : { goal }),
    peer: { name: 'a look at each pod', p50, p99 },
    ratio: ratioOf(ours, looks),
  };
}

export async function run({ quick: small, seed, names, say, report }) {
  const rows = [];
  const checks = [];
  const asked = names.map((name) => [name]);
  for (const [name, goal] of asked.length > 0 ? asked : small ? [['typical-small']] : shapes) {
    const bounds = small ? { count: 30, seconds: 60 } : { count: 900, seconds: 12 };
    try {
      const measured = measure(name, seed, bounds);
      rows.push(rowOf(name, goal, measured));
      rows.push({ metric: 'index from records', shape: name, unit: 's', value: measured.seconds });
      rows.push({
        metric: 'reading ahead what reviews ask of units and peers',
        shape: name,
        unit: 's',
        value: measured.aheadSeconds,
      });
      rows.push({
        metric: 'heap of the index, without the records',
        shape: name,
        unit: 'MiB',
        value: measured.heap,
      });
      const classes = measured.world.units.size;
      if (small) checks.push({ what: 'changes measured', value: measured.ours.length, equals: 30 });
      // 1,500 pods in 100 namespaces: at most seven classes in each.
      if (small) checks.push({ what: `classes of ${name}`, value: classes, atMost: 700 });
      say(`${name}: ${classes} classes, built in ${measured.seconds.toFixed(2)} s`);
    } catch (error) {
      if (small) throw error;
      rows.push({ metric: error.message, shape: name, unit: '', goalText: 'to be built', met: false });
      say(error.message);
    }
    globalThis.gc();
    report({ rows, checks });
  }
  return { rows, checks };
}
