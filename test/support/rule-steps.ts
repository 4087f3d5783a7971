/** Counts what a rule looks at. */
import { Budget, unbounded } from '../../src/impact/budget.ts';
import { difference } from '../../src/impact/difference.ts';
import { lasting } from '../../src/impact/lasting.ts';
import { summarize } from '../../src/impact/summarize.ts';
import { factsOf } from '../../src/platform/facts.ts';
import { Meter, MeteredWorld } from '../../src/rules/metered-world.ts';
import type { ChangeRule, PolicyRule } from '../../src/rules/rule.ts';
import type { Case } from '../../src/rules/run.ts';
import { Shared } from '../../src/rules/shared.ts';

/** The things of the worlds before and after that one rule asks for, whatever it then says. */
export function stepsOf(rule: PolicyRule | ChangeRule, whole: Case): number {
  const budget = new Budget(Number.POSITIVE_INFINITY, () => false);
  const meter = new Meter(budget);
  const metered = ({ before, after }: Case['worlds']) => ({
    before: new MeteredWorld(before, meter),
    after: new MeteredWorld(after, meter),
  });
  if (rule.judges === 'change') {
    const { worlds, laid } = whole;
    const found = lasting(difference(worlds, laid, unbounded()), worlds);
    const impact = summarize(found, worlds, factsOf(worlds.before), unbounded());
    const { before, after } = metered(worlds);
    const input = { change: laid, worlds: { ...worlds, before, after }, difference: found, impact };
    drain(rule.check({ ...input, facts: factsOf(after) }));
    return budget.steps;
  }
  const { before, after } = metered(whole.peopled);
  for (const edit of whole.change.edits) {
    if (edit.kind !== 'policy' || edit.after === null) continue;
    const { namespace, name } = edit.after.ref;
    const invented = whole.invented.has(`${namespace}/${name}`);
    const facts = factsOf(after);
    const then = { world: after, previous: before, facts, shared: new Shared(), invented };
    drain(rule.check({ policy: edit.after, ...then }));
  }
  return budget.steps;
}

function drain(drafts: Iterable<unknown>): void {
  for (const _ of drafts);
}
