import ipaddr from 'ipaddr.js';
import type { AddressRange } from '../model/policy.ts';

/**
 * Both address families on one line of integers, so that IPv4 sorts before IPv6: an IPv4 address lies at its 32-bit
 * value, an IPv6 address at 2^32 plus its 128-bit value. Ranges include both ends.
 */
const sixStart = 1n << 32n;

export const wholeFour: AddressRange = { first: 0n, last: sixStart - 1n };
export const wholeSix: AddressRange = { first: sixStart, last: sixStart + (1n << 128n) - 1n };

export function familyOf(address: bigint): 4 | 6 {
  return address < sixStart ? 4 : 6;
}

/** Reads an address, or returns null. An IPv4-mapped IPv6 address is an IPv6 address like any other. */
export function parseAddress(text: string): bigint | null {
  const four = parseFour(text);
  if (four !== null) return BigInt(four);
  if (!ipaddr.IPv6.isValid(text)) return null;
  const six = ipaddr.IPv6.parse(text);
  return six.zoneId === undefined ? bytesToLine(six.toByteArray()) : null;
}

/** Reads four decimal numbers without leading zeros. Clusters have very many addresses of this form. */
function parseFour(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    const byte = Number(part);
    if (!(byte >= 0 && byte <= 255) || String(byte) !== part) return null;
    value = value * 256 + byte;
  }
  return value;
}

/** Reads `address/length`; host bits are masked off, as network plugins do. Null where it is no CIDR. */
export function parseCidr(text: string): { readonly family: 4 | 6; readonly range: AddressRange } | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? null : parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (address === null || !/^\d{1,3}$/.test(lengthText)) return null;
  const family = familyOf(address);
  const bits = family === 4 ? 32 : 128;
  const length = Number(lengthText);
  if (length > bits) return null;
  const base = family === 4 ? 0n : sixStart;
  const size = 1n << BigInt(bits - length);
  const first = ((address - base) / size) * size + base;
  return { family, range: { first, last: first + size - 1n } };
}

export function formatAddress(address: bigint): string {
  const six = familyOf(address) === 6;
  let rest = six ? address - sixStart : address;
  const bytes = new Array<number>(six ? 16 : 4);
  for (let i = bytes.length - 1; i >= 0; i -= 1) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return ipaddr.fromByteArray(bytes).toString();
}

export function inRange(address: bigint, { first, last }: AddressRange): boolean {
  return address >= first && address <= last;
}

/** The ranges of CIDRs that are known to be right. */
export function rangesOf(...cidrs: readonly string[]): readonly AddressRange[] {
  return cidrs.flatMap((text) => parseCidr(text)?.range ?? []);
}

/** Cuts both families at every boundary of the given ranges: within one atom all of them agree. */
export function addressAtoms(ranges: Iterable<AddressRange>): readonly AddressRange[] {
  const starts = new Set<bigint>([wholeFour.first, wholeSix.first]);
  for (const { first, last } of ranges) {
    starts.add(first);
    if (last < wholeSix.last) starts.add(last + 1n);
  }
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map((first, i) => ({ first, last: (sorted[i + 1] ?? wholeSix.last + 1n) - 1n }));
}

function bytesToLine(bytes: readonly number[]): bigint {
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return bytes.length === 4 ? value : sixStart + value;
}
