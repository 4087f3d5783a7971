import type { Change } from '../model/change.ts';
import { BitSet } from '../sets/bitset.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { type Cohort, regroup } from './cohorts.ts';
import { SideWorld } from './side-world.ts';
import { type Traits, traitsKey, type Unit } from './unit.ts';
import type { World } from './world.ts';

/** The world before and after a change, over the same unit ids. The base is not touched. */
export interface Overlay {
  readonly before: World;
  readonly after: World;
  /** Units that exist on one side only, or that peers see differently on the two sides. */
  readonly moved: BitSet;
  /** The world below both sides. */
  readonly base: ClusterWorld;
  /** Units that the base does not know as they are here, or that a policy of the change selects; it governs all others. */
  readonly own: BitSet;
  /** Are there units that the base does not have? */
  readonly parted: boolean;
}

/**
 * Lays a change over the base. Costs what the change touches; for one policy that is its own namespace. `asked` are
 * label keys that somebody else will ask the worlds' pods for, beside the policies of the change.
 */
export function overlay(base: ClusterWorld, change: Change, asked: Iterable<string> = []): Overlay {
  const { replaced, cohorts } = regroup(base, change, asked);
  const below = new Map();
  const before = new SideWorld(base, change, 'before', below);
  const after = new SideWorld(base, change, 'after', below);
  for (const id of replaced) for (const side of [before, after]) side.override(id, null, null);
  const moved = BitSet.of(settleCohorts(base.table.idEnd, cohorts, before, after));
  for (const side of [before, after]) side.settle();
  const own = BitSet.of([...replaced, ...cohorts.map((_, index) => base.table.idEnd + index)]);
  own.addAll(selectedBy(change, before, after));
  for (const edit of change.edits) {
    if (edit.kind !== 'namespace') continue;
    const name = (edit.after ?? edit.before)?.name ?? '';
    const inside = before.unitsIn(name).or(after.unitsIn(name));
    own.addAll(inside);
    moved.addAll(inside);
  }
  return { before, after, moved, base, own, parted: cohorts.length > 0 };
}

/** Gives each cohort an id of its own on both sides; returns those of the cohorts that move. */
function* settleCohorts(
  firstId: number,
  cohorts: readonly Cohort[],
  before: SideWorld,
  after: SideWorld,
): Iterable<number> {
  for (const [index, cohort] of cohorts.entries()) {
    const id = firstId + index;
    const { members, planned, varying } = cohort;
    const unit = (traits: Traits | null, count: number): Unit | null =>
      traits === null ? null : { ...traits, id, members, planned: count, varying };
    before.override(id, unit(cohort.before, planned.before), cohort.origin);
    after.override(id, unit(cohort.after, planned.after), cohort.origin);
    if (cohort.origin !== null) continue;
    if (!sameSides(cohort.before, cohort.after) || planned.before !== planned.after) yield id;
  }
}

/** Units that a policy of the change selects, before or after. */
function selectedBy({ edits }: Change, before: World, after: World): BitSet {
  const sets = edits.flatMap((edit) =>
    edit.kind === 'policy'
      ? [
          edit.before === null ? new BitSet() : before.subjects(edit.before),
          edit.after === null ? new BitSet() : after.subjects(edit.after),
        ]
      : [],
  );
  return BitSet.union(sets);
}

function sameSides(before: Traits | null, after: Traits | null): boolean {
  return before !== null && after !== null && traitsKey(before) === traitsKey(after);
}
