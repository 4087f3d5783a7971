import { impliedNamespaces } from '../cluster/implied-namespaces.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import { nothingAsked } from '../model/detected.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { Freshness } from '../model/review.ts';
import { type Coverage, coverageOf } from '../review/coverage.ts';
import { profileOf, type Settings } from '../review/settings.ts';
import { worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { detectedAt, detectedIn } from './detected.ts';

/** What the policies of the input are judged over. */
export interface LintGround {
  readonly world: ClusterWorld;
  readonly freshness: Freshness;
  readonly coverage: Coverage;
}

export interface LintGroundOptions {
  /** Null where the input is all there is. */
  readonly saved: Snapshot | null;
  /** Is everything that exists in the input? */
  readonly complete: boolean;
  readonly settings: Settings;
}

/**
 * The world of the input, or the saved cluster with the input laid over it: what is in both is as the input has it. "A
 * namespace is covered if … a snapshot is given."
 */
export function lintGround(
  records: readonly ClusterObject[],
  { saved, complete, settings }: LintGroundOptions,
): LintGround {
  const all = [...(saved?.objects ?? []), ...records];
  const events = [...all, ...impliedNamespaces(all)].map((object) => ({ type: 'put' as const, object }));
  const detected = saved === null ? detectedIn(events, nothingAsked) : detectedAt(saved);
  return {
    world: worldOf(profileOf(settings, detected), events),
    freshness: { stale: [], absent: saved?.absent ?? [] },
    coverage: coverageOf(records, complete || saved !== null),
  };
}
