import { createCipheriv, createHash } from 'node:crypto';
import { familyOf, formatAddress, parseAddress, parseCidr } from '../sets/addresses.ts';

/**
 * Replaces addresses by others of the same family so that two addresses share exactly as many leading bits afterwards
 * as before: what lies in a block lies in the block's replacement, and what does not does not. Each bit is turned or
 * not by what a cipher makes of the bits before it, the construction of Crypto-PAn (Xu, Fan, Ammar, Moon 2002).
 */
export interface AddressVeil {
  /** Null where the text is no address. */
  address(text: string): string | null;
  /** Null where the text is no CIDR. */
  block(text: string): string | null;
}

/** Blocks that stay where they are; addresses within those that are `open` stay as they are too. */
const special: readonly { readonly block: string; readonly inside: 'open' | 'veiled' }[] = [
  { block: '0.0.0.0/8', inside: 'open' },
  { block: '10.0.0.0/8', inside: 'veiled' },
  { block: '100.64.0.0/10', inside: 'veiled' },
  { block: '127.0.0.0/8', inside: 'open' },
  { block: '169.254.0.0/16', inside: 'open' },
  { block: '172.16.0.0/12', inside: 'veiled' },
  { block: '192.0.2.0/24', inside: 'veiled' },
  { block: '192.168.0.0/16', inside: 'veiled' },
  { block: '198.51.100.0/24', inside: 'veiled' },
  { block: '203.0.113.0/24', inside: 'veiled' },
  { block: '224.0.0.0/4', inside: 'veiled' },
  { block: '::/127', inside: 'open' },
  { block: '::ffff:0:0/96', inside: 'veiled' },
  { block: '2001:db8::/32', inside: 'veiled' },
  { block: '3fff::/20', inside: 'veiled' },
  { block: 'fc00::/7', inside: 'veiled' },
  // Where AWS hands out the credentials of a machine: a rule asks for it.
  { block: 'fd00:ec2::254/128', inside: 'open' },
  { block: 'fe80::/10', inside: 'open' },
  { block: 'ff00::/8', inside: 'veiled' },
];

interface SpecialBlock {
  readonly first: bigint;
  readonly length: number;
  readonly inside: 'open' | 'veiled';
}

interface Family {
  readonly bits: 32 | 128;
  /** Where the family lies on the line of addresses. */
  readonly base: bigint;
  readonly special: readonly SpecialBlock[];
}

const families = { 4: familyFrom(4), 6: familyFrom(6) } as const;

function familyFrom(family: 4 | 6): Family {
  const base = family === 4 ? 0n : 1n << 32n;
  const blocks = special.flatMap(({ block, inside }) => {
    const parsed = parseCidr(block);
    if (parsed === null || parsed.family !== family) return [];
    return [{ first: parsed.range.first - base, length: Number(block.split('/')[1]), inside }];
  });
  return { bits: family === 4 ? 32 : 128, base, special: blocks };
}

/** @param secret Decides everything; who has it can undo it. */
export function addressVeil(secret: Uint8Array): AddressVeil {
  const key = createHash('sha256').update('netsluice addresses').update(secret).digest();
  const known = new Map<bigint, bigint>();
  const turned = (address: bigint): bigint => {
    const found = known.get(address) ?? veiled(address, key);
    known.set(address, found);
    return found;
  };
  return {
    address: (text) => {
      const parsed = parseAddress(text);
      return parsed === null ? null : formatAddress(turned(parsed));
    },
    block: (text) => blockText(text, turned),
  };
}

/** Bits behind the length stay clear where they were, and set where they were. */
function blockText(text: string, turned: (address: bigint) => bigint): string | null {
  const [written = '', length = ''] = text.split('/');
  const address = parseAddress(written);
  const parsed = parseCidr(text);
  if (address === null || parsed === null) return null;
  const { base } = families[familyOf(address)];
  const size = parsed.range.last - parsed.range.first + 1n;
  const image = turned(address) - base;
  const first = image - (image % size);
  if (address === parsed.range.first) return `${formatAddress(base + first)}/${length}`;
  const host = image % size;
  return `${formatAddress(base + first + (host === 0n ? 1n : host))}/${length}`;
}

function veiled(address: bigint, key: Buffer): bigint {
  const { bits, base, special: blocks } = families[familyOf(address)];
  const value = address - base;
  const kept = Math.max(...blocks.map((block) => keptBits(value, bits, block)));
  return base + (value ^ (cipherBits(value, bits, key) & ((1n << BigInt(bits - kept)) - 1n)));
}

/** How many leading bits must stay so that the special block stays where it is, with and without this address in it. */
function keptBits(value: bigint, bits: number, { first, length, inside }: SpecialBlock): number {
  const difference = value ^ first;
  const shared = difference === 0n ? bits : bits - difference.toString(2).length;
  if (shared >= length) return inside === 'open' ? bits : length;
  // The first bit that differs stays too: it leads away from the block.
  return shared + 1;
}

/** For each bit what the cipher makes of the bits before it. */
function cipherBits(value: bigint, bits: 32 | 128, key: Buffer): bigint {
  const blocks = Buffer.alloc(bits * 16);
  const bytes = Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex');
  for (let i = 0; i < bits; i += 1) {
    const at = i * 16;
    bytes.copy(blocks, at, 0, Math.ceil(i / 8));
    if (i % 8 !== 0) {
      const last = at + (i >> 3);
      blocks[last] = (blocks[last] ?? 0) & (0xff << (8 - (i % 8)));
    }
    // 128 bits leave no room for the length: the key is another one for each family, the length lies on the last byte.
    blocks[at + 15] = (blocks[at + 15] ?? 0) ^ i;
  }
  const cipher = createCipheriv('aes-128-ecb', bits === 32 ? key.subarray(0, 16) : key.subarray(16), null);
  const out = cipher.update(blocks);
  let text = '0b';
  for (let i = 0; i < bits; i += 1) text += (out[i * 16] ?? 0) > 127 ? '1' : '0';
  return BigInt(text);
}
