import type { Machine } from '../model/objects.ts';
import type { World } from '../world/world.ts';

/** The nodes on which the agents of network plugins are not what they are elsewhere; ordinary ones are left out. */
export function machinesOf(world: World): ReadonlyMap<string, Machine> {
  const found = new Map<string, Machine>();
  for (const { name, machine } of world.records('Node')) if (machine !== 'ordinary') found.set(name, machine);
  return found;
}
