import type { PodShape } from '../model/objects.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';

/** What the pods of a unit are made from: the first running one, or the template where none runs. */
export function shapeOf(world: World, { members, namespace, workload }: Unit): PodShape | undefined {
  const [name] = members;
  return name === undefined ? world.workloadRecord(workload)?.template : world.pod(namespace, name);
}
