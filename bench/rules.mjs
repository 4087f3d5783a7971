// What each rule costs in a review: `node bench/rules.mjs [SHAPE] [--changes N] [--seed N]`.
import { compileNetworkPolicy } from '../dist/dialects/network-policy.js';
import { Budget } from '../dist/impact/budget.js';
import { profiles } from '../dist/model/profile.js';
import { caseOf } from '../dist/review/case-of.js';
import { rules } from '../dist/rules/registry.js';
import { judge } from '../dist/rules/run.js';
import { ClusterWorld } from '../dist/world/cluster-world.js';
import { shapeOf } from './cluster-names.mjs';
import { policyOf, randomOf, recordOf, recordsOf } from './clusters.mjs';

const args = process.argv.slice(2);
const option = (name, fallback) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback);
const shapeName = args[0] !== undefined && !args[0].startsWith('--') ? args[0] : '15k/1k/1k';
const shape = shapeOf(shapeName);
const changes = option('--changes', 60);
const random = randomOf(option('--seed', 7) + 1000);
const profile = profiles.get('generic');
const world = new ClusterWorld(profile);
world.apply([...recordsOf(shape, option('--seed', 7))].map((object) => ({ type: 'put', object })));

const spent = new Map([['whole', []], ['difference', []], ...rules.map(({ id }) => [id, []])]);
const timed = (id, run) => {
  const since = performance.now();
  const result = run();
  spent.get(id).push(performance.now() - since);
  return result;
};
for (let i = 0; i < changes; i += 1) {
  const namespace = Math.floor(random() * shape.namespaces);
  const existing = [...world.policiesIn(`ns-${namespace}`)][0] ?? null;
  const before = i % 2 === 0 ? null : existing;
  const after = compileNetworkPolicy(
    recordOf(policyOf(shape, random, namespace, before?.ref.name ?? 'fresh')).policy,
    profile,
  );
  const change = { edits: [{ kind: 'policy', before, after }] };
  const budget = () => new Budget(2_000_000, () => false);
  timed('difference', () => judge([], caseOf(world, change, change), budget()));
  for (const rule of rules) timed(rule.id, () => judge([rule], caseOf(world, change, change), budget()));
  timed('whole', () => judge(rules, caseOf(world, change, change), budget()));
}
const at = (list, q) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))] ?? 0;
const base = at(spent.get('difference'), 0.5);
const rows = [...spent].map(([id, list]) => ({
  id,
  p50: at(list, 0.5) - (id === 'whole' || id === 'difference' ? 0 : base),
  p99: at(list, 0.99),
  sum: list.reduce((a, b) => a + b, 0),
}));
for (const { id, p50, p99 } of rows.sort((a, b) => b.sum - a.sum).slice(0, 16))
  console.log(id.padEnd(46), p50.toFixed(2).padStart(9), p99.toFixed(1).padStart(9));
