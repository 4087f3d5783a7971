import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AddressRange } from '../../src/model/policy.ts';
import { inRange, parseAddress, parseCidr } from '../../src/sets/addresses.ts';
import { isWide, overlapOf, overlaps, piecesOf, rangeText, without } from '../../src/sets/ranges.ts';

function range(cidr: string): AddressRange {
  const parsed = parseCidr(cidr);
  if (parsed === null) throw new Error(cidr);
  return parsed.range;
}

const small = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 12 }))
  .map(([first, size]) => ({
    first: BigInt(first),
    last: BigInt(first + size),
  }));
const points = Array.from({ length: 60 }, (_, i) => BigInt(i));

describe('ranges', () => {
  test('an overlap holds what both hold', () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        const both = overlapOf(a, b);
        expect(overlaps(a, b)).toBe(both !== null);
        for (const point of points)
          expect(both !== null && inRange(point, both)).toBe(inRange(point, a) && inRange(point, b));
      }),
    );
  });

  test('what is left without others holds all the rest, in order', () => {
    fc.assert(
      fc.property(small, fc.array(small, { maxLength: 4 }), (whole, others) => {
        const left = without(whole, others);
        for (const point of points) {
          const wanted = inRange(point, whole) && !others.some((other) => inRange(point, other));
          expect(left.some((part) => inRange(point, part))).toBe(wanted);
        }
        left.forEach((part, i) => {
          expect(part.first <= part.last).toBe(true);
          expect(i === 0 || (left[i - 1]?.last ?? 0n) < part.first).toBe(true);
        });
      }),
    );
  });

  test.each(['10.0.1.0/24', '10.0.1.9/32', '0.0.0.0/0', '2001:db8::/32', '::/0', 'fd00::1/128'])(
    '%s is written as it was',
    (cidr) => {
      expect(rangeText(range(cidr))).toBe(cidr);
    },
  );

  test('a range that is no block is written by its ends', () => {
    const [first] = without(range('10.0.0.0/24'), [range('10.0.0.0/32')]);
    expect(rangeText(first ?? range('::/0'))).toBe('10.0.0.1-10.0.0.255');
  });

  test.each([
    ['0.0.0.0/0', true],
    ['32.0.0.0/3', true],
    ['32.0.0.0/4', false],
    ['2000::/3', true],
    ['2001:db8::/32', false],
  ])('%s is wide: %s', (cidr, wide) => {
    expect(isWide({ family: cidr.includes(':') ? 6 : 4, range: range(cidr), except: [], text: cidr })).toBe(
      wide,
    );
  });

  test('a block is its range without its excepts', () => {
    const block = {
      family: 4,
      range: range('10.0.0.0/30'),
      except: [range('10.0.0.1/32')],
      text: '',
    } as const;
    expect(piecesOf(block).map(rangeText)).toEqual(['10.0.0.0/32', '10.0.0.2/31']);
  });
});

describe('addresses of four numbers', () => {
  test.each([
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '-1.2.3.4',
    '-0.2.3.4',
    '1e1.2.3.4',
    '1..3.4',
    ' 1.2.3.4',
    '0x1.2.3.4',
    '+1.2.3.4',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test('all others are their number', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        const wanted = BigInt(a) * 2n ** 24n + BigInt(b) * 2n ** 16n + BigInt(c) * 2n ** 8n + BigInt(d);
        expect(parseAddress(`${a}.${b}.${c}.${d}`)).toBe(wanted);
      }),
    );
  });
});
