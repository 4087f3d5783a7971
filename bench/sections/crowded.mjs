import { Budget, unbounded } from '../../dist/impact/budget.js';
import { caseOf } from '../../dist/review/case-of.js';
import { rules } from '../../dist/rules/registry.js';
import { judge } from '../../dist/rules/run.js';
import { shapeOf } from '../cluster-names.mjs';
import { inTurn, quantilesOf, ratioOf, timed } from '../statistics.mjs';
import { changesOf, evaluate, lookAtEach, worldOf } from '../worlds.mjs';

export const title = 'A namespace with 3,000 pods and 100 policies';
export const order = 40;
export const memoryMiB = 4096;
export const about = `The most pods that Kubernetes supports in a namespace, every one with a label of its own, in 600
workloads, under 100 policies of all sorts: alone in a cluster. Fifty of them in one cluster are the shape \`adversarial\`
above. The whole judgement (difference and all rules) has 100 ms; when they are over, the answer says what was left out.`;

const shapeName = '3k-1-100:unique';
const deadlineMs = 100;
const warm = 50;
const count = 400;

export async function run({ seed, say }) {
  const shape = shapeOf(shapeName);
  const { world, pods } = worldOf(shape, seed);
  const [ours, looks, whole] = [[], [], []];
  let partial = 0;
  let i = 0;
  for (const { change } of changesOf(world, shape, seed, warm + count)) {
    i += 1;
    const [mine, look] = inTurn(
      i,
      () => timed(() => evaluate(world, change, unbounded())),
      () => timed(() => lookAtEach(pods)),
    );
    const end = performance.now() + deadlineMs;
    const budget = new Budget(2_000_000, () => performance.now() >= end);
    const all = timed(() => judge(rules, caseOf(world, change, change), budget));
    if (i <= warm) continue;
    ours.push(mine);
    looks.push(look);
    whole.push(all);
    if (budget.spent !== null) partial += 1;
  }
  const shared = { shape: shapeName, unit: 'ms' };
  const { p50, p99 } = quantilesOf(looks);
  say(`p99 ${quantilesOf(ours).p99} ms, ${partial} of ${whole.length} judgements ran out of time`);
  return {
    rows: [
      {
        metric: 'one change',
        ...shared,
        ...quantilesOf(ours),
        goal: { p99: 25 },
        peer: { name: 'a look at each pod', p50, p99 },
        ratio: ratioOf(ours, looks),
      },
      { metric: `whole judgement within ${deadlineMs} ms`, ...shared, ...quantilesOf(whole) },
      { metric: 'judgements that ran out of time and say so', shape: shapeName, unit: '', value: partial },
    ],
    checks: [],
  };
}
