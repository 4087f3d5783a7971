import type { WorldEvent } from '../model/objects.ts';
import type { Profile } from '../model/profile.ts';
import { ClusterWorld } from './cluster-world.ts';

/** A world with the given events applied, in order. */
export function worldOf(profile: Profile, events: Iterable<WorldEvent> = []): ClusterWorld {
  const world = new ClusterWorld(profile);
  world.apply(events);
  return world;
}

/** The same cluster seen with another network plugin's eyes; the old world is left alone. */
export function worldUnder(profile: Profile, world: ClusterWorld): ClusterWorld {
  return worldOf(profile, world.everything());
}
