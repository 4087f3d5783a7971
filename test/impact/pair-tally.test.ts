import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PairTally } from '../../src/impact/pair-tally.ts';
import { BitSet } from '../../src/sets/bitset.ts';

const ends = fc.uniqueArray(fc.nat(9), { maxLength: 6 });
const rectangles = fc.array(fc.tuple(ends, ends), { maxLength: 6 });

function tallied(list: readonly (readonly [readonly number[], readonly number[]])[]) {
  const tally = new PairTally();
  const pairs = new Set<string>();
  for (const [sources, destinations] of list) {
    tally.add(BitSet.of(sources), BitSet.of(destinations));
    for (const source of sources)
      for (const destination of destinations) pairs.add(`${source} ${destination}`);
  }
  return { tally, pairs };
}

test('pairs are counted once, whichever end of their rectangles was the smaller one', () => {
  fc.assert(
    fc.property(rectangles, rectangles, (some, others) => {
      const [a, b] = [tallied(some), tallied(others)];
      expect([a.tally.size, b.tally.size]).toEqual([a.pairs.size, b.pairs.size]);
      const shared = [...a.pairs].filter((pair) => b.pairs.has(pair)).length;
      expect([a.tally.sharedWith(b.tally), b.tally.sharedWith(a.tally)]).toEqual([shared, shared]);
    }),
    { numRuns: 1000 },
  );
});
