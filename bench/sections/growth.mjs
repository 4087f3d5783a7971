import { Budget } from '../../dist/impact/budget.js';
import { shapeOf, shapes } from '../cluster-names.mjs';
import { inTurn, quantilesOf, ratioOf, timed } from '../statistics.mjs';
import { changesOf, evaluate, worldOf } from '../worlds.mjs';

export const title = 'Growth';
export const order = 35;
export const quick = true;
export const memoryMiB = 10_240;
export const seconds = 420;
export const about = `What becomes of the cost of one change when the cluster grows. Two worlds are built, and each
change is laid over both in turn; the ratio is that of the larger to the smaller, pair by pair. At equal classes every
workload has more pods, but nothing that a policy could tell apart is new. Steps are the engine's own count of what it
looked at, so that they do not depend on the machine.`;

/** Workloads with so many times the pods; no block of addresses holds some of them. */
function withPods(name, times) {
  const shape = { ...shapes[name], policy: 'labels' };
  return { ...shape, pods: shape.pods * times, replicas: shape.replicas * times };
}

const equalClasses = { goal: { value: 1.1 }, classes: 'equal' };
const pairs = {
  small: [{ metric: 'pods × 10, equal classes', ...equalClasses, ...podsTimes('150/10/10', 10) }],
  full: [
    { metric: 'pods × 2, equal classes', ...equalClasses, ...podsTimes('150k/10k/10k', 2) },
    {
      metric: 'policies × 2',
      shape: '150k-10k-10k:mixed to 150k-10k-20k:mixed',
      smaller: shapeOf('150k-10k-10k:mixed'),
      larger: shapeOf('150k-10k-20k:mixed'),
    },
    // The largest comes last: what was measured before is kept where memory or time do not suffice.
    { metric: 'pods × 10, equal classes', ...equalClasses, ...podsTimes('150k/10k/10k', 10) },
  ],
};

function podsTimes(name, times) {
  return { shape: `${name} and ${times} ×`, smaller: withPods(name, 1), larger: withPods(name, times) };
}

function measure({ smaller, larger }, seed, count) {
  const worlds = [smaller, larger].map((shape) => worldOf(shape, seed).world);
  const [first, second] = worlds;
  const times = [[], []];
  const steps = [0, 0];
  let i = 0;
  for (const { change } of changesOf(first, smaller, seed, count)) {
    i += 1;
    const run = (index) => () =>
      timed(() => {
        const budget = new Budget(Number.POSITIVE_INFINITY, () => false);
        evaluate(worlds[index], change, budget);
        steps[index] += budget.steps;
      });
    const [one, other] = inTurn(i, run(0), run(1));
    if (i <= count / 6) continue;
    times[0].push(one);
    times[1].push(other);
  }
  return { times, steps, classes: [first.units.size, second.units.size] };
}

export async function run({ quick: small, seed, say, report }) {
  const rows = [];
  const checks = [];
  for (const pair of small ? pairs.small : pairs.full) {
    const { times, steps, classes } = measure(pair, seed, small ? 60 : 600);
    globalThis.gc();
    const [one, other] = times.map(quantilesOf);
    const ratio = ratioOf(times[1], times[0]);
    const growth = steps[1] / steps[0];
    const { metric, shape, goal } = pair;
    rows.push({
      metric: `${metric}: time`,
      shape,
      unit: 'ms',
      p50: other.p50,
      p99: other.p99,
      peer: { name: 'before', p50: one.p50, p99: one.p99 },
      ratio,
      count: times[0].length,
      // The goal is about the ratio, which a reader finds in the last column.
      ...(goal === undefined ? {} : { goalText: 'ratio ≤ 1.1', met: ratio.median <= goal.value }),
    });
    rows.push({ metric: `${metric}: steps`, shape, unit: 'x', value: growth, ...(goal && { goal }) });
    if (pair.classes === 'equal')
      checks.push(
        { what: `growth of steps (${metric})`, value: growth, atMost: 1.1 },
        { what: `growth of classes (${metric})`, value: classes[1] / classes[0], atMost: 1.01 },
      );
    say(`${metric}: ratio ${ratio.median}, steps ${growth.toFixed(3)}, classes ${classes.join(' and ')}`);
    report({ rows, checks });
  }
  return { rows, checks };
}
