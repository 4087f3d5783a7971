import type { Severity } from '../model/finding.ts';
import type { Output } from './outputs.ts';

export const lintFormats = [
  'pretty',
  'compact',
  'json',
  'sarif',
  'junit',
  'github',
  'gitlab',
  'markdown',
] as const;
export type LintFormat = (typeof lintFormats)[number];

/** Which findings are known, or are to be. */
export interface BaselinePlan {
  /** Held against what is found; null where a baseline is only written. */
  readonly read: string | null;
  /** Where what is found now is written to; null where nothing is. */
  readonly write: string | null;
  /** Said of entries that are new in what is written. */
  readonly reason: string;
  /** Are entries whose finding is gone a failure? */
  readonly strict: boolean;
}

/** What `netsluice lint` is asked to do. */
export interface LintPlan {
  readonly paths: readonly string[];
  readonly settings: string | null;
  /** Is everything that exists in the input? */
  readonly complete: boolean;
  /** A saved cluster that the input is laid over; null where there is none. */
  readonly snapshot: string | null;
  /** An older snapshot is not asked; null where any age is good enough. */
  readonly maxAgeMs: number | null;
  /** Does the API server refuse CIDRs that are not written strictly, as those from 1.36 on do? */
  readonly strictCidrs: boolean;
  readonly failOn: Severity;
  /** Where documents without a namespace are applied to; null where nobody says so. */
  readonly namespace: string | null;
  /** Where the rules' pages are on the web, with `{rule}` for the id; null where nobody says so. */
  readonly docs: string | null;
  readonly baseline: BaselinePlan | null;
  /** Are findings with a mechanical remedy mended: in the files, or as a diff on standard output? */
  readonly mend: 'no' | 'files' | 'diff';
  readonly outputs: readonly Output<LintFormat>[];
}

export interface LintSurroundings {
  readonly version: string;
  /** Today in UTC as `YYYY-MM-DD`; waivers expire by it. */
  readonly today: string;
  /** Milliseconds from any moment on; long work is told. */
  readonly now: () => number;
  /** Columns of the terminal that the output goes to; null where it is none. */
  readonly width: number | null;
}
