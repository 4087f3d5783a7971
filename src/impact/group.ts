import type { Direction } from '../model/policy.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { SideChange } from './causes.ts';
import { allAllowed, type Entry, type Side } from './side.ts';

/** The two sides of a change. */
export type When = 'before' | 'after';

/** Units that are governed alike in one direction, before and after. */
export interface Group {
  readonly units: BitSet;
  readonly direction: Direction;
  /** The member that stands for all. */
  readonly first: number;
  readonly moved: boolean;
  readonly sides: Readonly<Record<When, Side>>;
  /**
   * The clauses that only one of the sides has: whom none of them matches is decided alike before and after. Null where
   * more than clauses differs or the pods move, so that everybody may be concerned.
   */
  readonly differing: readonly Entry[] | null;
}

/** A side that nothing governs, before or after. */
export function openChange(direction: Direction): SideChange {
  const open: Side = {
    direction,
    governing: { governors: [], key: '', isolated: false, doubt: null },
    entries: [],
  };
  const nothing = { before: () => 'no' as const, after: () => 'no' as const };
  return {
    before: open,
    after: open,
    readings: { before: allAllowed, after: allAllowed },
    match: nothing,
    ports: { before: [], after: [] },
  };
}
