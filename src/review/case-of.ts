import type { Change } from '../model/change.ts';
import type { Case } from '../rules/run.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { overlay } from '../world/overlay.ts';
import { inventedPod } from './invented-pod.ts';

/**
 * Lays a change over the world and gives every policy that selects nothing an invented pod. `laid` is the part of the
 * change that is laid over it; usually all of it. `keys` are label keys that others than policies ask for.
 */
export function caseOf(
  world: ClusterWorld,
  change: Change,
  laid: Change,
  keys: ReadonlySet<string> = new Set(),
): Case {
  const worlds = overlay(world, laid, keys);
  const idle = laid.edits.flatMap((edit) => {
    if (edit.kind !== 'policy' || edit.after === null || !worlds.after.subjects(edit.after).isEmpty())
      return [];
    const pod = inventedPod(edit.after);
    return pod === null ? [] : [{ name: `${edit.after.ref.namespace}/${edit.after.ref.name}`, pod }];
  });
  const peopled =
    idle.length === 0
      ? worlds
      : overlay(world, { edits: [...laid.edits, ...idle.map(({ pod }) => pod)] }, keys);
  return { change, laid, worlds, peopled, invented: new Set(idle.map(({ name }) => name)) };
}
