import type { ClusterObject } from './objects.ts';
import type { ObjectRef } from './ref.ts';
import type { WrittenDocument } from './written.ts';

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

/** Another place that a finding rests on: the Service, policy or workload that makes it true. */
export interface Related {
  readonly object: ObjectRef;
  /** Path in that object; empty for the object as a whole. */
  readonly at: string;
  /** What it has to do with the finding, for example `this Service leads 80 to 8080`. */
  readonly says: string;
  /** Which of several documents of that object is meant. */
  readonly document?: WrittenDocument;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * One step of a mechanical remedy. Paths are those of findings: `spec.ingress[0].from[1]`, keys with dots in brackets.
 * The steps of one remedy are taken in order, each on what the one before left.
 */
export type FixStep =
  /** Writes a value in place of the one that is there, or adds the field. */
  | { readonly op: 'set'; readonly at: string; readonly value: Json }
  /** Adds an item at the end of a list; the list is made where there is none. */
  | { readonly op: 'append'; readonly at: string; readonly value: Json }
  /** Takes out a field or an item of a list. */
  | { readonly op: 'remove'; readonly at: string }
  /** Writes a key differently and leaves its value alone. */
  | { readonly op: 'rename'; readonly at: string; readonly to: string };

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
  /** Other objects that it rests on, the most telling first. */
  readonly related: readonly Related[];
  /** What mends the object without anybody having to decide anything; empty where somebody must. */
  readonly fix: readonly FixStep[];
  /** Does an admission answer tell it? What is `silent` there is told by the command line and the scan alone. */
  readonly admission: 'told' | 'silent';
}

/** The identity under which a finding is compared with the one of the old object. */
export function identityOf(finding: Finding): string {
  return `${finding.rule}\n${finding.object.kind}/${finding.object.namespace ?? ''}/${finding.object.name}\n${finding.key}`;
}
