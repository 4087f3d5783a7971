import type { Freshness, ReviewLimits } from '../model/review.ts';
import type { Rule } from '../rules/rule.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Settings } from './settings.ts';

/** Everything a review reads besides the request; none of it changes meanwhile. */
export interface ReviewContext {
  readonly world: ClusterWorld;
  readonly settings: Settings;
  readonly rules: readonly Rule[];
  readonly freshness: Freshness;
  readonly limits: ReviewLimits;
  /** The namespace that netsluice itself runs in; empty outside a cluster. */
  readonly ownNamespace: string;
}
