import { type ClusterObject, type WorldEvent, workloadKinds } from '../model/objects.ts';
import type { Profile } from '../model/profile.ts';
import { ClusterWorld } from './cluster-world.ts';

/** A world with the given events applied, in order. */
export function worldOf(profile: Profile, events: Iterable<WorldEvent> = []): ClusterWorld {
  const world = new ClusterWorld(profile);
  world.apply(events);
  return world;
}

/**
 * What a world is filled with first. A policy that comes before the pods parts none of them, one that comes after them
 * may part all; and a workload that comes after its pods plans none.
 */
const turns = ['what tells pods apart', 'pods', 'workloads'] as const;

/**
 * Applies many events, one with each step, in the order in which they cost least. Those of one kind keep theirs.
 *
 * @param events The same each time it is called.
 */
export function* filling(world: ClusterWorld, events: () => Iterable<WorldEvent>): Generator<void> {
  for (const turn of turns) {
    for (const event of events()) {
      if (turn === turnOf(event)) world.apply([event]);
      yield;
    }
  }
}

function turnOf(event: WorldEvent): (typeof turns)[number] {
  const kind = event.type === 'put' ? event.object.kind : event.kind;
  if (kind === 'Pod') return 'pods';
  return workloads.has(kind) ? 'workloads' : 'what tells pods apart';
}

const workloads: ReadonlySet<ClusterObject['kind']> = new Set(workloadKinds);
