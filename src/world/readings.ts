import type { Clause, Peer } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import type { UnknownReason } from './unit.ts';
import type { Reading } from './world.ts';

/** The units that any peer of a clause matches, from the readings of its peers. */
export function clauseReading({ peers }: Clause, read: (peer: Peer) => Reading): 'any' | Reading {
  if (peers === 'any') return 'any';
  const readings = peers.map(read);
  const [only, second] = readings;
  if (only !== undefined && second === undefined) return only;
  const reasons = new Set<UnknownReason>(readings.flatMap((reading) => reading.reasons));
  const must = BitSet.union(readings.map((reading) => reading.must));
  const may = reasons.size === 0 ? must : BitSet.union(readings.map((reading) => reading.may));
  return { must, may, reasons: [...reasons] };
}
