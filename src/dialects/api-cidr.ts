import { parseAddress, wholeSix } from '../sets/addresses.ts';
import { type ApiRejection, invalid, type Spot } from './api-rejection.ts';

/** A CIDR as the API server's own lenient parser reads it, which takes leading zeros for decimal. */
export interface LenientCidr {
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly length: number;
  readonly leadingZeros: boolean;
  readonly mapped: boolean;
}

/** 2^32 in `sets/addresses.ts`: where IPv6 begins. */
const sixStart = wholeSix.first;
const mappedPrefix = 0xffffn;

export function lenientCidr(text: string): LenientCidr | null {
  const slash = text.indexOf('/');
  const lengthText = text.slice(slash + 1);
  // The bound keeps hostile text from the parsers; no CIDR is as long, leading zeros included.
  if (slash < 0 || text.length > 100 || !/^\d+$/.test(lengthText)) return null;
  const host = text.slice(0, slash);
  const parsed = host.includes(':') ? addressSix(host) : addressFour(host);
  const length = Number(lengthText);
  if (parsed === null || length > parsed.bits) return null;
  return { ...parsed, length, leadingZeros: parsed.leadingZeros || lengthText !== String(length) };
}

type Parsed = Omit<LenientCidr, 'length'>;

function addressFour(text: string): Parsed | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,8}$/.test(part) && Number(part) <= 255))
    return null;
  const address = parts.reduce((sum, part) => (sum << 8n) | BigInt(Number(part)), 0n);
  const leadingZeros = parts.some((part) => part !== String(Number(part)));
  return { bits: 32, address, leadingZeros, mapped: false };
}

function addressSix(text: string): Parsed | null {
  const line = parseAddress(text);
  if (line === null) return null;
  const address = line - sixStart;
  return { bits: 128, address, leadingZeros: false, mapped: address >> 32n === mappedPrefix };
}

/** "must be a strict subset of `cidr`": "!cidrIPNet.Contains(exceptCIDR.IP) || cidrMaskLen >= exceptMaskLen". */
export function isStrictlyInside(inner: LenientCidr, outer: LenientCidr): boolean {
  if (inner.bits !== outer.bits || outer.length >= inner.length) return false;
  const shift = BigInt(outer.bits - outer.length);
  return inner.address >> shift === outer.address >> shift;
}

/** What the server says of the text by itself. The strict part came with 1.36; before, it only warned. */
export function cidrFaults(spot: Spot, text: string): readonly ApiRejection[] {
  const cidr = lenientCidr(text);
  if (cidr === null) {
    const help = text.includes('/') ? '' : `write ${text}/32 for one IPv4 address`;
    const known = /^[0-9.]+$/.test(text) ? help : '';
    return [invalid(spot, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)', known)];
  }
  const strict = strictFault(cidr);
  if (strict === null) return [];
  return [{ ...invalid(spot, text, strict, helpFor(cidr, text)), since: '1.36' }];
}

function strictFault(cidr: LenientCidr): string | null {
  if (cidr.leadingZeros) return 'must not have leading 0s in IP or prefix length';
  if (cidr.mapped) return 'must not have an IPv4-mapped IPv6 address';
  return hostBits(cidr) === 0n ? null : 'must not have bits set beyond the prefix length';
}

function hostBits({ bits, address, length }: LenientCidr): bigint {
  return address & ((1n << BigInt(bits - length)) - 1n);
}

function helpFor(cidr: LenientCidr, text: string): string {
  if (cidr.bits !== 32 || cidr.leadingZeros) return '';
  const [host = ''] = text.split('/');
  const network = fourText(cidr.address - hostBits(cidr));
  return `write ${network}/${cidr.length} for the range, or ${host}/32 for the one address`;
}

function fourText(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 255n)).join('.');
}
