import type { ClusterObject } from './objects.ts';
import type { ObjectRef } from './ref.ts';

export type Severity = 'error' | 'warning' | 'info';

/** What a level asks for; `off` asks for nothing. `restricted` includes `baseline`. */
export type Level = 'baseline' | 'restricted';

export const levels: readonly Level[] = ['baseline', 'restricted'];

export type Confidence = 'certain' | 'likely' | 'heuristic';

/** What else could make a finding untrue: another policy, a later workload or label, or nothing. */
export type Cure = 'policy' | 'workload' | 'none';

/** The kinds a rule reads besides the policy itself; stale or missing ones weaken its findings. */
export type Need = ClusterObject['kind'];

/**
 * Text that names things of the cluster. Names stay apart from the words so that the review can leave out those
 * that the requesting user may not see.
 */
export type Phrase = readonly (string | Mention)[];

export type Mention =
  | { readonly kind: 'workload'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string }
  /** A short list of `of` things in all; the review prints the visible ones and counts the rest. */
  | {
      readonly kind: 'workloads';
      readonly of: number;
      readonly examples: readonly { readonly namespace: string; readonly name: string }[];
    };

/**
 * What a rule has to say about one object. Its identity is (rule, object, key), never an index or a text, so that a
 * finding stays the same when clauses move.
 */
export interface Finding {
  /** The slug, for example `egress-blocks-dns`. */
  readonly rule: string;
  /** The catalogue number, for example `R01`. */
  readonly number: string;
  readonly object: ObjectRef;
  /** The rule's own key within the object; empty where a rule speaks at most once per object. */
  readonly key: string;
  readonly severity: Readonly<Record<Level, Severity>>;
  readonly confidence: Confidence;
  readonly cure: Cure;
  readonly needs: readonly Need[];
  /** Does it rest on verdicts? Then a policy API that is not analysed keeps it from rejecting. */
  readonly restsOnVerdicts: boolean;
  /** Path in the object, for example `spec.ingress[0].from[1]`. */
  readonly at: string;
  readonly happens: Phrase;
  /** What to do; printed after a semicolon. */
  readonly advice: Phrase;
  /** Pods concerned, running and planned, as `namespace/name`, sorted. Empty for rules about the text alone. */
  readonly affected: readonly string[];
  /** Concerns one invented pod only: at most a warning. */
  readonly invented: boolean;
}

/** The identity under which a finding is compared with the one of the old object. */
export function identityOf(finding: Finding): string {
  return `${finding.rule}\n${finding.object.kind}/${finding.object.namespace ?? ''}/${finding.object.name}\n${finding.key}`;
}
