import type { Impact } from '../impact/impact.ts';
import type { Difference } from '../impact/rectangle.ts';
import type { Change } from '../model/change.ts';
import type { Confidence, Cure, FixStep, Level, Need, Phrase, Related, Severity } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { WrittenDocument } from '../model/written.ts';
import type { Facts } from '../platform/facts.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import type { Shared } from './shared.ts';

/** What a rule about one policy sees: the policy, and a world in which that version of it is in force. */
export interface PolicyInput {
  readonly policy: CompiledPolicy;
  readonly world: World;
  /** The world before this version came; null where there is none to compare with (the old version of an update). */
  readonly previous: World | null;
  /** Facts of `world`. */
  readonly facts: Facts;
  /** What rules about this version of the policy have found out together. */
  readonly shared: Shared;
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
  readonly related?: readonly Related[];
  readonly fix?: readonly FixStep[];
}

/**
 * What the rule's page says beside what the rule itself declares; its examples are the fixtures `loud-page.yaml` and
 * `silent-page.yaml`. Markdown, full sentences, no headings.
 */
export interface RulePage {
  /** What goes wrong, for whom, and why it is easy to get wrong. */
  readonly why: string;
  /** How to mend it. */
  readonly fix: string;
  /** When the policy is fine as it is, and where the rule is silent because of that. */
  readonly fine: string;
  /** What differs between network plugins; empty where nothing is known to. */
  readonly platforms: string;
}

/**
 * What a look of the rule grows with, beside the length of the policy; each holds the ones before it.
 *
 * - `text`: nothing else, but for single look-ups in indexes.
 * - `namespace`: the units, policies, Services and other objects of the policy's own namespace.
 * - `peers`: the units that its peers match, and their policies and Services.
 * - `sample`: a number of other objects of the cluster that has a limit, a thousand of a kind.
 * - `change`: the size of the difference, for rules about changes.
 *
 * What serves the cluster as a whole, its resolvers, ingress controllers and API servers, counts as one thing.
 */
export const costs = ['text', 'namespace', 'peers', 'sample', 'change'] as const;

export type Cost = (typeof costs)[number];

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
  /** A test counts what the rule looks at and holds it to this. */
  readonly cost: Cost;
  /** `silent`: never part of an admission answer, because nobody who applies a policy is helped by it; `told` if absent. */
  readonly admission?: 'told' | 'silent';
  readonly page: RulePage;
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

/** What a rule about a document sees. */
export interface DocumentInput {
  readonly document: WrittenDocument;
  /** Where it was found: in a file, or in the object's `last-applied-configuration`. */
  readonly from: 'file' | 'last-applied';
  /** Documents before it in the input that belong into the same scope and namespace. */
  readonly earlier: {
    readonly sameName: readonly WrittenDocument[];
    /** Under other names. */
    readonly sameSpec: readonly WrittenDocument[];
  };
  /**
   * Where documents without a namespace are applied to, where the input says so, and what says it: a kustomization
   * without a namespace of its own leaves it to the overlays that use it.
   */
  readonly declaredNamespace:
    | { readonly name: string; readonly by: 'option' | 'kustomization' }
    | { readonly name: null; readonly by: 'overlay' }
    | null;
}

/** Judges what an author wrote, before the API server or this program made an object of it. */
export interface DocumentRule extends RuleFacts {
  readonly judges: 'document';
  check(input: DocumentInput): Iterable<Draft>;
}

export type Rule = PolicyRule | ChangeRule | DocumentRule;

/** The same severity at both levels. */
export function always(severity: Severity): Readonly<Record<Level, Severity>> {
  return { baseline: severity, restricted: severity };
}
