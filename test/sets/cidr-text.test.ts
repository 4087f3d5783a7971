import { describe, expect, test } from '@jest/globals';
import { hostBits, lenientCidr, networkText, singleText } from '../../src/sets/cidr-text.ts';

describe('how a CIDR is written', () => {
  test.each([
    ['172.16.32.5/27', '172.16.32.0/27', '172.16.32.5/32', 5n],
    ['10.0.0.0/8', '10.0.0.0/8', '10.0.0.0/32', 0n],
    ['010.000.0.1/08', '10.0.0.0/8', '10.0.0.1/32', 1n],
    ['0.0.0.0/0', '0.0.0.0/0', '0.0.0.0/32', 0n],
    ['2001:DB8:0:0::1/64', '2001:db8::/64', '2001:db8::1/128', 1n],
    ['::/0', '::/0', '::/128', 0n],
  ])('%s lies in %s', (text, network, single, spare) => {
    const cidr = lenientCidr(text);
    if (cidr === null) throw new Error('it is a CIDR');
    expect([networkText(cidr), singleText(cidr), hostBits(cidr)]).toEqual([network, single, spare]);
  });

  test.each(['10.0.0.0', '10.0.0/8', '10.0.0.0/33', '::/129', 'shop/8', '/8', `${'0'.repeat(200)}.0.0.0/8`])(
    '%s is none',
    (text) => {
      expect(lenientCidr(text)).toBeNull();
    },
  );
});
