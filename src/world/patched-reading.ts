import type { BitSet } from '../sets/bitset.ts';
import type { Said } from './kept-reading.ts';
import type { UnknownReason } from './unit.ts';
import type { Reading } from './world.ts';

/** A reading of the base, corrected for units of which `say` tells what the peer says now; null where they are gone. */
export function patchedReading(below: Reading, patched: BitSet, say: (unit: number) => Said | null): Reading {
  const must = below.must.andNot(patched);
  let may = below.may === below.must ? must : below.may.andNot(patched);
  const reasons = new Set<UnknownReason>(below.reasons);
  patched.forEach((id) => {
    const said = say(id);
    if (said === null || said.value === 'no') return;
    if (said.value === 'maybe') {
      reasons.add(said.reason);
      if (may === must) may = must.clone();
    } else must.add(id);
    if (may !== must) may.add(id);
  });
  return { must, may, reasons: [...reasons] };
}
