/** Address arithmetic for the reference: an address is a family and a number, a block is a closed interval. */
export interface Address {
  family: 4 | 6;
  value: bigint;
}

export interface Block {
  family: 4 | 6;
  first: bigint;
  last: bigint;
  prefix: number;
}

const bits = (family: 4 | 6) => (family === 4 ? 32 : 128);

/** The highest address of a family. */
export const highest = (family: 4 | 6) => (1n << BigInt(bits(family))) - 1n;

function parseV4(text: string): number {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new Error(`not an IPv4 address: ${text}`);
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** The groups of one side of `::`, each as four hexadecimal digits; the last may be an IPv4 address. */
function groups(text: string): string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) {
      const value = parseV4(group).toString(16).padStart(8, '0');
      return [value.slice(0, 4), value.slice(4)];
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) throw new Error(`not an IPv6 group: ${group}`);
    return [group.padStart(4, '0')];
  });
}

function parseV6(text: string): bigint {
  const [head = '', tail, ...more] = text.split('::');
  const left = groups(head);
  const right = groups(tail ?? '');
  const gap = 8 - left.length - right.length;
  if (more.length > 0 || gap < 0 || (tail === undefined && gap !== 0)) {
    throw new Error(`not an IPv6 address: ${text}`);
  }
  return BigInt(`0x${left.join('')}${'0000'.repeat(gap)}${right.join('')}`);
}

/** The same texts come again and again. */
function remembered<V>(read: (text: string) => V): (text: string) => V {
  const known = new Map<string, V>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const value = read(text);
    // Random addresses are few; only a caller with a great many of its own ever fills this.
    if (known.size > 10_000) known.clear();
    known.set(text, value);
    return value;
  };
}

/** Reads an address; `::ffff:10.0.0.1` is IPv6 and is not the same address as `10.0.0.1`. Throws on bad text. */
export const parseAddress = remembered(
  (text): Readonly<Address> =>
    text.includes(':') ? { family: 6, value: parseV6(text) } : { family: 4, value: BigInt(parseV4(text)) },
);

/** Reads a CIDR; host bits are ignored, as the API server's parser does. Throws on bad text. */
export const parseBlock = remembered((text): Readonly<Block> => {
  const [base = '', length = ''] = text.split('/');
  const { family, value } = parseAddress(base);
  const prefix = Number(length);
  if (length === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > bits(family)) {
    throw new Error(`not a CIDR: ${text}`);
  }
  const size = 1n << BigInt(bits(family) - prefix);
  const first = (value / size) * size;
  return { family, first, last: first + size - 1n, prefix };
});

export function inBlock(block: Block, address: Address): boolean {
  return block.family === address.family && block.first <= address.value && address.value <= block.last;
}

/** Writes an address; IPv6 as eight groups without compression. */
export function formatAddress(address: Address): string {
  const [width, count, radix] = address.family === 4 ? [8n, 4, 10] : [16n, 8, 16];
  const parts: string[] = [];
  let rest = address.value;
  for (let i = 0; i < count; i++) {
    parts.unshift((rest & ((1n << width) - 1n)).toString(radix));
    rest >>= width;
  }
  return parts.join(address.family === 4 ? '.' : ':');
}
