import type { Finding, Need } from './finding.ts';

/** What the API server asks, already known to be readable; `object` and `oldObject` are still undecoded JSON values. */
export interface ReviewRequest {
  /** 1–128 characters; the first eight are the `ref` of every answer. */
  readonly uid: string;
  /** As the API server writes it: CREATE, UPDATE, DELETE; anything else is admitted and not analysed. */
  readonly operation: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subResource: string;
  readonly kind: string;
  /** What the user sent, such as `extensions/v1beta1 NetworkPolicy`, where the API server converted it; else empty. */
  readonly sentAs: string;
  readonly namespace: string;
  /** Empty for generated names and for the items of a DeleteCollection. */
  readonly name: string;
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  readonly dryRun: boolean;
  readonly object: unknown;
  readonly oldObject: unknown;
}

/** Freshness of what the answer is based on. A kind is stale when neither event nor bookmark came for 150 s. */
export interface Freshness {
  readonly stale: readonly { readonly kind: Need; readonly ageSeconds: number }[];
  /** Kinds that do not exist or that RBAC denies: rules that need them fall to info. */
  readonly absent: readonly Need[];
}

/** Bounds of one review. Steps are deterministic; `expired` is asked every 1,024 steps. */
export interface ReviewLimits {
  readonly stepsMax: number;
  readonly expired: () => boolean;
  /** Today in UTC as `YYYY-MM-DD`; waivers expire by it. */
  readonly today: string;
}

/** The answer, before it is put into an AdmissionReview. */
export interface Review {
  readonly decision: 'admitted' | 'rejected';
  /** The rejection's text: headline or worst finding first, details after a newline. Null when admitted. */
  readonly message: string | null;
  /** At most six lines that the API server's filter lets through. */
  readonly warnings: readonly string[];
  /** Audit annotations; keys are constant, values at most 10 KiB. */
  readonly annotations: ReadonlyMap<string, string>;
  /** Everything found, old and waived ones included, worst first; the same for every driver. */
  readonly findings: readonly Finding[];
  /** What the log line and the metrics say of this answer. */
  readonly record: ReviewRecord;
}

export interface Excuse {
  readonly by: 'exemption' | 'break-glass' | 'waiver';
  /** The group, user or namespace that is excused, or the rule that is waived. */
  readonly detail: string;
}

export interface ReviewRecord {
  /** `analysed`, or why not: `not-handled`, `unchanged`, `exempt`, `terminating`, `subresource`, `unreadable-object`. */
  readonly outcome: string;
  readonly mode: string;
  readonly rules: readonly string[];
  readonly steps: number;
  /** Null, or what was not looked at. */
  readonly partial: string | null;
  /** One entry per finding that would reject at a level, whatever the mode; empty on dry-run. */
  readonly wouldReject: readonly { readonly rule: string; readonly level: string }[];
  /** Rules that threw while judging; their findings are missing. */
  readonly failed: readonly { readonly rule: string; readonly error: Error }[];
  /** What kept findings from counting, or the request from being judged, at the wish of the settings or a waiver. */
  readonly excused: readonly Excuse[];
  readonly unknownReasons: readonly string[];
  readonly connections: { readonly blocked: number; readonly opened: number; readonly undecided: number };
}
