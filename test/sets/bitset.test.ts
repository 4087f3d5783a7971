import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BitSet } from '../../src/sets/bitset.ts';

const ids = fc.uniqueArray(fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 5000 })), {
  maxLength: 140,
});
const sorted = (list: Iterable<number>): number[] => [...list].sort((a, b) => a - b);

describe('bit sets are sets', () => {
  test('every operation agrees with plain sets and leaves its operands alone', () => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const [left, right] = [BitSet.of(a), BitSet.of(b)];
        const [plain, other] = [new Set(a), new Set(b)];
        expect(left.or(right).toArray()).toEqual(sorted(new Set([...a, ...b])));
        expect(left.and(right).toArray()).toEqual(sorted(a.filter((id) => other.has(id))));
        expect(left.andNot(right).toArray()).toEqual(sorted(a.filter((id) => !other.has(id))));
        const only = sorted([...a.filter((id) => !other.has(id)), ...b.filter((id) => !plain.has(id))]);
        expect(left.differing(right, 40)).toEqual(only.length <= 40 ? only : null);
        expect(left.intersects(right)).toBe(a.some((id) => other.has(id)));
        expect(BitSet.union([left, right, new BitSet()]).size).toBe(new Set([...plain, ...other]).size);
        expect(left.toArray()).toEqual(sorted(a));
        expect(right.toArray()).toEqual(sorted(b));
      }),
      { numRuns: 2000 },
    );
  });

  test('members are found by name, and the least of them first', () => {
    const names = Int32Array.from({ length: 5001 }, (_, id) => id >>> 1);
    fc.assert(
      fc.property(ids, fc.nat(80), (list, most) => {
        const set = BitSet.of(list);
        expect(set.renamed(names).toArray()).toEqual(sorted(new Set(list.map((id) => id >>> 1))));
        expect(set.firstFew(most)).toEqual(sorted(list).slice(0, most));
      }),
    );
  });

  test('members come and go', () => {
    fc.assert(
      fc.property(ids, ids, (added, removed) => {
        const set = new BitSet();
        const plain = new Set<number>();
        for (const id of added) {
          set.add(id);
          plain.add(id);
        }
        const copy = set.clone();
        for (const id of removed) {
          set.delete(id);
          plain.delete(id);
        }
        expect(set.toArray()).toEqual(sorted(plain));
        expect(set.size).toBe(plain.size);
        expect(set.isEmpty()).toBe(plain.size === 0);
        expect(set.first()).toBe(sorted(plain)[0] ?? -1);
        expect(copy.toArray()).toEqual(sorted(added));
      }),
    );
  });
});
