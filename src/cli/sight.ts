import type { ApiClient } from '../cluster/api-client.ts';
import type { WorldEvent } from '../model/objects.ts';
import type { Freshness } from '../model/review.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/** What the scan sees of the picture that requests are judged by. */
export interface Sight {
  /** Null where the picture is made of manifests. */
  readonly client: ApiClient | null;
  readonly world: () => ClusterWorld;
  /** Another number whenever the world is another one than before. */
  readonly version: () => number;
  readonly ready: () => boolean;
  readonly freshness: () => Freshness;
  /** `noticed` is called with events before they are applied. */
  readonly watch: (noticed: (events: readonly WorldEvent[]) => void) => void;
}
