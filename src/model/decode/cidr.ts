import ipaddr from 'ipaddr.js';
import { fail, type Place, textAt } from './value.ts';

const expected = 'it must be a CIDR, for example "10.9.8.0/24" or "2001:db8::/64"';

export interface Cidr {
  readonly text: string;
  readonly bytes: readonly number[];
  readonly length: number;
}

/** Reads a CIDR. Host bits may be set: API servers accept them with a warning, and network plugins mask them. */
export function cidrAt(place: Place): Cidr {
  const text = textAt(place) ?? '';
  const slash = text.indexOf('/');
  const lengthText = text.slice(slash + 1);
  // 43 characters are the longest IPv6 CIDR; the bound keeps hostile text from the parser.
  if (slash < 0 || text.length > 60 || !/^\d{1,4}$/.test(lengthText)) fail(place, expected);
  const bytes = addressBytes(place, text.slice(0, slash));
  const bits = bytes.length * 8;
  const length = Number(lengthText);
  if (length > bits) fail(place, `the prefix length must be from 0 to ${bits}`);
  if (lengthText !== String(length)) fail(place, 'the prefix length must not have leading zeros');
  return { text, bytes, length };
}

function addressBytes(place: Place, text: string): readonly number[] {
  // Asked of an IPv6 address, the library makes an error and drops it, which costs more than all the rest.
  if (!text.includes(':') && ipaddr.IPv4.isValidFourPartDecimal(text)) return text.split('.').map(Number);
  if (/^[0-9.]+$/.test(text) && text.split('.').some((part) => /^0[0-9]/.test(part))) {
    fail(place, 'its numbers must not have leading zeros, which some programs read as octal');
  }
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) fail(place, expected);
  const six = ipaddr.IPv6.parse(text);
  if (six.zoneId !== undefined) fail(place, 'it must not name a zone');
  if (six.isIPv4MappedAddress()) fail(place, 'it must be written as IPv4, not as IPv4 mapped into IPv6');
  return six.toByteArray();
}

/** "must be a strict subset of `cidr`": the same family, inside, and a longer prefix. */
export function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  if (inner.bytes.length !== outer.bytes.length || inner.length <= outer.length) return false;
  return outer.bytes.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, outer.length - index * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) === ((inner.bytes[index] ?? 0) & mask);
  });
}
