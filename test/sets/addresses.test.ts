import { describe, expect, test } from '@jest/globals';
import {
  addressAtoms,
  familyOf,
  formatAddress,
  inRange,
  parseAddress,
  parseCidr,
  wholeFour,
  wholeSix,
} from '../../src/sets/addresses.ts';

function range(text: string) {
  const parsed = parseCidr(text);
  if (parsed === null) throw new Error(`no CIDR: ${text}`);
  return parsed.range;
}

describe('addresses', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '255.255.255.255',
    '::',
    '2001:db8::1',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ])('%s is read and written back', (text) => {
    expect(formatAddress(parseAddress(text) ?? -1n)).toBe(text);
  });

  test.each(['', '10.1.2', '10.1.2.256', '010.1.2.3', '1', '0x7f.1.1.1', 'fe80::1%eth0', ':::', 'shop'])(
    '%s is none',
    (text) => {
      expect(parseAddress(text)).toBeNull();
    },
  );

  test('IPv4 lies before IPv6 on the line, and the two never meet', () => {
    expect(familyOf(parseAddress('255.255.255.255') ?? -1n)).toBe(4);
    expect(familyOf(parseAddress('::') ?? -1n)).toBe(6);
    expect((parseAddress('255.255.255.255') ?? 0n) + 1n).toBe(parseAddress('::'));
    expect(parseAddress('::ffff:10.0.0.1')).not.toBe(parseAddress('10.0.0.1'));
  });
});

describe('CIDRs', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['10.0.0.7/30', '10.0.0.4', '10.0.0.7'],
    ['203.0.113.5/32', '203.0.113.5', '203.0.113.5'],
    ['2001:db8::/126', '2001:db8::', '2001:db8::3'],
  ])('%s goes from %s to %s; host bits are masked', (text, first, last) => {
    const { first: low, last: high } = range(text);
    expect([formatAddress(low), formatAddress(high)]).toEqual([first, last]);
  });

  test('/0 is a whole family', () => {
    expect(range('0.0.0.0/0')).toEqual(wholeFour);
    expect(range('::/0')).toEqual(wholeSix);
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0.0/8x', '/8', '10.0.0.0/'])(
    '%s is none',
    (text) => {
      expect(parseCidr(text)).toBeNull();
    },
  );
});

describe('atoms', () => {
  test('cover both families without gap or overlap, and no boundary lies inside one', () => {
    const blocks = [
      '10.0.0.0/8',
      '10.1.0.0/16',
      '0.0.0.0/0',
      '2001:db8::/32',
      'ffff::/16',
      '255.255.255.255/32',
    ].map(range);
    const atoms = addressAtoms(blocks);
    expect(atoms[0]?.first).toBe(wholeFour.first);
    expect(atoms.at(-1)?.last).toBe(wholeSix.last);
    for (const [i, atom] of atoms.entries()) {
      expect(atom.first <= atom.last).toBe(true);
      if (i > 0) expect(atom.first).toBe((atoms[i - 1]?.last ?? -1n) + 1n);
      for (const block of blocks) expect(inRange(atom.first, block)).toBe(inRange(atom.last, block));
    }
    expect(atoms.some(({ first }) => first === wholeSix.first)).toBe(true);
  });
});
