import { formatAddress, parseAddress, wholeSix } from './addresses.ts';

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

/** The bits that are set beyond the prefix length. */
export function hostBits({ bits, address, length }: LenientCidr): bigint {
  return address & ((1n << BigInt(bits - length)) - 1n);
}

/** The network that the CIDR lies in, in the one way of writing it that every reader takes alike. */
export function networkText(cidr: LenientCidr): string {
  return `${addressText(cidr, cidr.address - hostBits(cidr))}/${cidr.length}`;
}

/** The one address that is written, as a CIDR of its own. */
export function singleText(cidr: LenientCidr): string {
  return `${addressText(cidr, cidr.address)}/${cidr.bits}`;
}

function addressText({ bits }: LenientCidr, address: bigint): string {
  return formatAddress(bits === 32 ? address : address + sixStart);
}
