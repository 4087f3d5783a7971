import type { Change } from '../model/change.ts';
import { BitSet } from '../sets/bitset.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { regroup } from './cohorts.ts';
import { SideWorld } from './side-world.ts';
import { type Traits, traitsKey, type Unit } from './unit.ts';
import type { World } from './world.ts';

/** The world before and after a change, over the same unit ids. The base is not touched. */
export interface Overlay {
  readonly before: World;
  readonly after: World;
  /** Units that exist on one side only, or that peers see differently on the two sides. */
  readonly moved: BitSet;
}

/** Lays a change over the base. Costs what the change touches; for one policy that is its own namespace. */
export function overlay(base: ClusterWorld, change: Change): Overlay {
  const { replaced, cohorts } = regroup(base, change);
  const before = new SideWorld(base, change, 'before');
  const after = new SideWorld(base, change, 'after');
  const moved = new BitSet();
  for (const id of replaced) for (const side of [before, after]) side.override(id, null);
  let next = base.unitIdEnd;
  for (const cohort of cohorts) {
    const id = next++;
    const unit = (side: 'before' | 'after'): Unit | null => {
      const traits = cohort[side];
      return traits === null
        ? null
        : { ...traits, id, members: cohort.members, planned: cohort.planned[side] };
    };
    before.override(id, unit('before'));
    after.override(id, unit('after'));
    if (!sameSides(cohort.before, cohort.after) || cohort.planned.before !== cohort.planned.after)
      moved.add(id);
  }
  for (const side of [before, after]) side.settle();
  for (const edit of change.edits) {
    if (edit.kind !== 'namespace') continue;
    const name = (edit.after ?? edit.before)?.name ?? '';
    for (const side of [before, after]) moved.addAll(side.unitsIn(name));
  }
  return { before, after, moved };
}

function sameSides(before: Traits | null, after: Traits | null): boolean {
  return before !== null && after !== null && traitsKey(before) === traitsKey(after);
}
