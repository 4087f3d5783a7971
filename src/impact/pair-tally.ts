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

  has(source: number, destination: number): boolean {
    return (
      this.byDestination.get(destination)?.has(source) === true ||
      this.bySource.get(source)?.has(destination) === true
    );
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

  /** Visits each pair once. */
  forEach(visit: (source: number, destination: number) => void): void {
    for (const [destination, sources] of this.byDestination) {
      sources.forEach((source) => {
        visit(source, destination);
      });
    }
    for (const [source, destinations] of this.bySource) {
      destinations.forEach((destination) => {
        if (this.byDestination.get(destination)?.has(source) !== true) visit(source, destination);
      });
    }
  }
}

function addRows(rows: Map<number, BitSet>, keys: BitSet, members: BitSet): void {
  keys.forEach((key) => {
    const row = rows.get(key) ?? new BitSet();
    row.addAll(members);
    rows.set(key, row);
  });
}
