import type { Impact } from '../impact/impact.ts';
import type { Difference } from '../impact/rectangle.ts';
import type { Change } from '../model/change.ts';
import type { Confidence, Cure, Level, Need, Phrase, Severity } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { Facts } from '../platform/facts.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';

/** What a rule about one policy sees: the policy, and a world in which that version of it is in force. */
export interface PolicyInput {
  readonly policy: CompiledPolicy;
  readonly world: World;
  /** The world before this version came; null where there is none to compare with (the old version of an update). */
  readonly previous: World | null;
  /** Facts of `world`. */
  readonly facts: Facts;
  /** The policy selects nothing, and one invented pod with exactly the labels it asks for stands in. */
  readonly invented: boolean;
}

/** What a rule about a change sees: both sides of it and the exact difference. */
export interface ChangeInput {
  readonly change: Change;
  readonly worlds: Overlay;
  readonly difference: Difference;
  readonly impact: Impact;
  /** Facts of the world after the change. */
  readonly facts: Facts;
}

/** What a rule reports; the runner adds who said it and about which object, so that a rule cannot misreport itself. */
export interface Draft {
  /** The rule's own key within the object: stable when clauses move, for example a peer's canonical text. */
  readonly key: string;
  /** Path in the object. */
  readonly at: string;
  /** What happens to whom: one clause of a sentence, no full stop. */
  readonly happens: Phrase;
  /** What to do about it, as an imperative; printed after a semicolon. */
  readonly advice: Phrase;
  /** Pods concerned (`podIds` of `world/unit.ts`); empty for what the text alone tells. */
  readonly affected: readonly string[];
  /** Where this draft differs from the rule's own. */
  readonly severity?: Readonly<Record<Level, Severity>>;
  readonly confidence?: Confidence;
  readonly cure?: Cure;
  readonly needs?: readonly Need[];
}

interface RuleFacts {
  /** The slug: file name, fixture folder and documentation anchor. */
  readonly id: string;
  /** The catalogue number, for example `R05`. */
  readonly number: string;
  /** One line that holds for every finding of the rule. */
  readonly title: string;
  readonly severity: Readonly<Record<Level, Severity>>;
  readonly confidence: Confidence;
  readonly cure: Cure;
  /** The kinds without which, or with stale data of which, its findings could be wrong. */
  readonly needs: readonly Need[];
  /** Does it rest on verdicts of the engine? */
  readonly restsOnVerdicts: boolean;
}

/** Judges one version of one policy; the same rule judges the old version, to tell old findings from new ones. */
export interface PolicyRule extends RuleFacts {
  readonly judges: 'policy';
  check(input: PolicyInput): Iterable<Draft>;
}

/** Judges what a change does; its findings are never old. */
export interface ChangeRule extends RuleFacts {
  readonly judges: 'change';
  check(input: ChangeInput): Iterable<Draft>;
}

export type Rule = PolicyRule | ChangeRule;

/** The same severity at both levels. */
export function always(severity: Severity): Readonly<Record<Level, Severity>> {
  return { baseline: severity, restricted: severity };
}
