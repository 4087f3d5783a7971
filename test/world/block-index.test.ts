import { expect, test } from '@jest/globals';
import { parseAddress, parseCidr } from '../../src/sets/addresses.ts';
import { BlockIndex } from '../../src/world/block-index.ts';
import { splittingBlock } from '../../src/world/splitting-block.ts';

function keyed(text: string) {
  const cidr = parseCidr(text);
  if (cidr === null) throw new Error(`${text} is no CIDR`);
  return splittingBlock({ key: text, block: { ...cidr, except: [], text } });
}

const blocks = ['10.0.0.0/8', '10.1.2.3/32', '0.0.0.0/1', 'fd00::/64', 'fd00::/8', '::/0', 'fd00::1/128'].map(
  keyed,
);

/** An IPv6 address lies above all IPv4 addresses on the line, which must not shift the last ones out of a block. */
test.each([
  ['10.1.2.3', ['0.0.0.0/1', '10.0.0.0/8', '10.1.2.3/32']],
  ['127.255.255.255', ['0.0.0.0/1']],
  ['128.0.0.0', []],
  ['fd00::1', ['::/0', 'fd00::/64', 'fd00::/8', 'fd00::1/128']],
  ['fd00::ffff:ffff:ffff:ffff', ['::/0', 'fd00::/64', 'fd00::/8']],
  ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['::/0', 'fd00::/8']],
  ['::a01:203', ['::/0']],
])('%s lies in %j', (text, keys) => {
  const index = new BlockIndex();
  for (const block of blocks) index.retain(block);
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  expect(
    index
      .around([address])
      .map(({ key }) => key)
      .sort(),
  ).toEqual(keys);
});
