import { BitSet } from '../sets/bitset.ts';
import type { Budget } from './budget.ts';
import type { Side } from './side.ts';

/** One step per split, and one more for every 64 words of the set. */
const unitsPerStep = 2048;

/**
 * Cuts a set of units into cells within which every given set either holds all units or none: the coarsest
 * partition that all of them respect. Stops where the budget ends and then returns null.
 */
export function partition(
  universe: BitSet,
  sets: Iterable<BitSet>,
  budget: Budget,
): readonly BitSet[] | null {
  let cells: BitSet[] = universe.isEmpty() ? [] : [universe];
  for (const set of new Set(sets)) {
    const next: BitSet[] = [];
    for (const cell of cells) {
      if (!budget.spend(1 + Math.floor(cell.capacity / unitsPerStep))) return null;
      if (!cell.intersects(set)) {
        next.push(cell);
        continue;
      }
      next.push(cell.and(set));
      const rest = cell.andNot(set);
      if (!rest.isEmpty()) next.push(rest);
    }
    cells = next;
  }
  return cells;
}

/** Cuts a set by a key that each unit has. */
export function groupBy(units: BitSet, keyOf: (unit: number) => string): Map<string, BitSet> {
  const groups = new Map<string, BitSet>();
  units.forEach((id) => {
    const key = keyOf(id);
    const group = groups.get(key) ?? new BitSet();
    group.add(id);
    groups.set(key, group);
  });
  return groups;
}

/** The sets that tell the other ends of a side apart. */
export function* memberSets({ entries }: Side): Iterable<BitSet> {
  for (const { members } of entries) {
    if (members === 'any') continue;
    yield members.may;
    if (members.reasons.length > 0) yield members.must;
  }
}

/** The least member; cells are uniform, so any member stands for all. */
export function representative(cell: BitSet): number {
  return cell.first();
}
