import type { Change } from '../model/change.ts';
import type { Direction } from '../model/policy.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { Overlay } from '../world/overlay.ts';
import { groupBy } from './cells.ts';
import type { Evaluation } from './evaluation.ts';

/**
 * Units whose own side of a direction may have changed: those that a changed policy selects before or after, and
 * those that moved. Everything else about a pair of units stays as it was.
 */
export function touchedUnits(
  { before, after, moved }: Overlay,
  change: Change,
  direction: Direction,
): BitSet {
  const touched = moved.clone();
  for (const edit of change.edits) {
    if (edit.kind !== 'policy') continue;
    for (const [world, policy] of [[before, edit.before] as const, [after, edit.after] as const]) {
      if (policy === null) continue;
      const stray = policy.ignored.some((clause) => clause.direction === direction);
      const speaks = policy[direction] !== null || (stray && world.profile.strayDirections !== 'ignore');
      if (speaks) touched.addAll(world.subjects(policy));
    }
  }
  return touched;
}

/** Groups units that are governed alike on both sides of the change; a unit that moved stands alone. */
export function groupAlike(evaluation: Evaluation, units: BitSet, direction: Direction): readonly BitSet[] {
  const { moved } = evaluation.worlds;
  const key = (id: number): string => (moved.has(id) ? `moved ${id}` : evaluation.alikeKey(id, direction));
  return [...groupBy(units, key).values()];
}
