import type { PodShape } from '../model/objects.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';

/** A pod of the unit, else the template that its pods will be made from; undefined where neither is known. */
export function shapeOf(world: World, { members, namespace, workload }: Unit): PodShape | undefined {
  const [name] = members;
  return name === undefined ? world.workloadRecord(workload)?.template : world.pod(namespace, name);
}
