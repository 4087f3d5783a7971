import { Budget } from '../../dist/impact/budget.js';
import { caseOf } from '../../dist/review/case-of.js';
import { rules } from '../../dist/rules/registry.js';
import { judge } from '../../dist/rules/run.js';
import { shapeOf } from '../cluster-names.mjs';
import { quantile, quantilesOf, ratioOf, timed } from '../statistics.mjs';
import { changesOf, worldOf } from '../worlds.mjs';

export const title = 'What rules cost';
export const order = 25;
export const memoryMiB = 6144;
export const about = `Every rule alone, over the same changes, in the same world; beside each, in turn, the same
judgement without any rule, which lays the change over the world and asks nothing. The table shows the rules that took
longest in all, and the judgement with all of them.`;

const shown = 6;
const changes = 40;
const longest = 60;

export async function run({ seed, names, say }) {
  const name = names[0] ?? 'typical';
  const shape = shapeOf(name);
  const { world } = worldOf(shape, seed);
  const sets = [['all rules', rules], ...rules.map((rule) => [`\`${rule.id}\``, [rule]])];
  const spent = new Map(sets.map(([id]) => [id, { ours: [], floors: [] }]));
  const once = (asked, change) => () =>
    timed(() => judge(asked, caseOf(world, change, change), new Budget(2_000_000, () => false)));
  const end = performance.now() + longest * 1000;
  for (const { change } of changesOf(world, shape, seed, changes)) {
    for (const [id, asked] of sets) {
      spent.get(id).floors.push(once([], change)());
      spent.get(id).ours.push(once(asked, change)());
    }
    if (performance.now() > end) break;
  }
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const rows = [...spent]
    .map(([metric, { ours, floors }]) => ({ metric, ours, floors, total: sum(ours) - sum(floors) }))
    .toSorted((a, b) => b.total - a.total)
    .slice(0, shown + 1)
    .map(({ metric, ours, floors }) => ({
      metric,
      shape: name,
      unit: 'ms',
      ...quantilesOf(ours),
      peer: { name: 'no rule', p50: quantile(floors, 0.5), p99: quantile(floors, 0.99) },
      ratio: ratioOf(ours, floors),
    }));
  say(`the longest: ${rows[1]?.metric}`);
  return { rows, checks: [] };
}
