import { hostBits, type LenientCidr, lenientCidr, networkText } from '../sets/cidr-text.ts';
import { type ApiRejection, invalid, type Spot } from './api-rejection.ts';

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

function helpFor(cidr: LenientCidr, text: string): string {
  if (cidr.bits !== 32 || cidr.leadingZeros) return '';
  const [host = ''] = text.split('/');
  return `write ${networkText(cidr)} for the range, or ${host}/32 for the one address`;
}
