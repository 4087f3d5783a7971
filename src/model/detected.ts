import type { Profile, platformFlags } from './profile.ts';

/** Single answers that differ from a profile's. */
export type Answers = { readonly [Flag in keyof typeof platformFlags]?: Profile[Flag] };

/** What was found out about the network plugin of a cluster. */
export interface Detected {
  /** A profile's id; `unknown` where nothing or several things speak for one. */
  readonly profile: string;
  readonly answers: Answers;
  /** What it was told by, or why it is unknown: the end of a sentence. */
  readonly because: string;
}
