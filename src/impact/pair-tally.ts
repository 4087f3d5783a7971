import { BitSet } from '../sets/bitset.ts';

/**
 * A set of (source, destination) pairs of small integers, exact and without listing them: rows hang on whichever end
 * of an added rectangle is the smaller one.
 */
export class PairTally {
  private readonly byDestination = new Map<number, BitSet>();
  private readonly bySource = new Map<number, BitSet>();

  /** Adds every pair of the rectangle. */
  add(sources: BitSet, destinations: BitSet): void {
    if (destinations.size <= sources.size) addRows(this.byDestination, destinations, sources);
    else addRows(this.bySource, sources, destinations);
  }

  /** How many different pairs. */
  get size(): number {
    let count = 0;
    for (const sources of this.byDestination.values()) count += sources.size;
    for (const [source, destinations] of this.bySource) {
      count += destinations.size;
      for (const [destination, sources] of this.byDestination) {
        if (sources.has(source) && destinations.has(destination)) count -= 1;
      }
    }
    return count;
  }

  /** How many pairs are in another tally too. */
  sharedWith(other: PairTally): number {
    let shared = 0;
    for (const [destination, sources] of other.byDestination)
      shared += sharedRow(sources, destination, this.byDestination.get(destination), this.bySource);
    for (const [source, all] of other.bySource) {
      const destinations = all.clone();
      for (const [destination, sources] of other.byDestination)
        if (sources.has(source)) destinations.delete(destination);
      shared += sharedRow(destinations, source, this.bySource.get(source), this.byDestination);
    }
    return shared;
  }
}

/** How many members of one key are in its own row, or in rows by member that hold the key. */
function sharedRow(
  members: BitSet,
  key: number,
  row: BitSet | undefined,
  byMember: ReadonlyMap<number, BitSet>,
): number {
  let shared = row?.and(members).size ?? 0;
  for (const [member, keys] of byMember)
    if (members.has(member) && keys.has(key) && row?.has(member) !== true) shared += 1;
  return shared;
}

function addRows(rows: Map<number, BitSet>, keys: BitSet, members: BitSet): void {
  keys.forEach((key) => {
    const row = rows.get(key) ?? new BitSet();
    row.addAll(members);
    rows.set(key, row);
  });
}
