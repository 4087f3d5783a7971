import type { Budget } from '../impact/budget.ts';
import { difference } from '../impact/difference.ts';
import type { Required } from '../impact/grades.ts';
import type { Impact } from '../impact/impact.ts';
import { lasting } from '../impact/lasting.ts';
import type { Difference } from '../impact/rectangle.ts';
import { summarize } from '../impact/summarize.ts';
import type { Change } from '../model/change.ts';
import type { Finding } from '../model/finding.ts';
import type { ObjectRef } from '../model/ref.ts';
import { factsOf } from '../platform/facts.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import { Meter } from './metered-world.ts';
import {
  type ChangeInput,
  costs,
  type DocumentInput,
  type DocumentRule,
  type PolicyInput,
  type PolicyRule,
  type Rule,
} from './rule.ts';
import { type JudgedFinding, Runner } from './runner.ts';
import { stamp } from './stamp.ts';

/** What the rules found, and what the change does. */
export interface Judgement {
  readonly findings: readonly JudgedFinding[];
  readonly impact: Impact;
  readonly difference: Difference;
  /** What ran out while the connections of the whole difference were counted: then there are more than `impact` says. */
  readonly uncounted: Budget['spent'];
  /** Rules that threw: their findings are missing, everybody else's are there. */
  readonly failed: readonly { readonly rule: string; readonly error: Error }[];
  /** Rules that the budget ended before they were done, by their ids: they say nothing. */
  readonly unfinished: readonly string[];
}

/** A change and the worlds before and after it. */
export interface Case {
  /** The edits that rules about policies judge. */
  readonly change: Change;
  /** What was laid over the world, and is evaluated: the same edits, or none where they are too large. */
  readonly laid: Change;
  readonly worlds: Overlay;
  /** The same worlds with an invented pod for each policy that selects nothing; rules about policies see these. */
  readonly peopled: Overlay;
  /** The policies that have an invented pod, as `namespace/name`. */
  readonly invented: ReadonlySet<string>;
}

/**
 * Runs every rule over a change. A rule that throws is reported as failed and does not harm the others. `requiredIn`
 * tells the connections of a world that are critical because somebody says so.
 */
export function judge(
  rules: readonly Rule[],
  whole: Case,
  budget: Budget,
  requiredIn: (world: World) => readonly Required[] = () => [],
): Judgement {
  const { laid, worlds } = whole;
  // First come these, which are short, or end with their share; the difference takes whatever is left.
  const runner = new Runner(whole, new Meter(budget));
  const said = new Map<Rule, readonly JudgedFinding[]>();
  for (const rule of cheapestFirst(rules))
    if (rule.judges !== 'change') said.set(rule, runner.aboutEdits(rule));
  const found = difference(worlds, laid, budget);
  const remaining = lasting(found, worlds);
  const facts = { before: factsOf(worlds.before), after: factsOf(worlds.after) };
  const losing = remaining.rectangles.some(({ lost }) => lost.length > 0);
  const required = losing ? requiredIn(worlds.before) : [];
  const impact = summarize(remaining, worlds, facts.before, budget, required);
  const uncounted = found.partial === null ? budget.spent : null;
  const input: ChangeInput = { change: laid, worlds, difference: remaining, impact, facts: facts.after };
  const findings = rules.flatMap((rule) =>
    rule.judges === 'change' ? runner.change(rule, input) : (said.get(rule) ?? []),
  );
  const { failed, unfinished } = runner;
  return { findings, impact, difference: found, uncounted, failed, unfinished };
}
/** What one rule finds in a policy that is in force in a world. Throws what the rule throws. */
export function findingsOf(rule: PolicyRule, input: PolicyInput): Finding[] {
  return [...rule.check(input)].map((draft) => stamp(rule, input.policy.ref, draft, input.invented));
}

/** What one rule finds in a document, told of the object that it means. Throws what the rule throws. */
export function documentFindings(rule: DocumentRule, input: DocumentInput, object: ObjectRef): Finding[] {
  return [...rule.check(input)].map((draft) => stamp(rule, object, draft, false));
}

/** So that what a spent budget leaves out are the dearest; in the order of the catalogue among equals. */
function cheapestFirst(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort((a, b) => costs.indexOf(a.cost) - costs.indexOf(b.cost));
}
