import type { AddressBlock, AddressRange } from '../model/policy.ts';
import { formatAddress, inRange, wholeFour, wholeSix } from './addresses.ts';

/** The addresses that both ranges hold, or null. */
export function overlapOf(a: AddressRange, b: AddressRange): AddressRange | null {
  if (!overlaps(a, b)) return null;
  return { first: inRange(b.first, a) ? b.first : a.first, last: inRange(b.last, a) ? b.last : a.last };
}

/** Do they hold an address in common? */
export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** What is left of a range without the others, in order. */
export function without(range: AddressRange, others: readonly AddressRange[]): readonly AddressRange[] {
  const sorted = [...others].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const left: AddressRange[] = [];
  let from = range.first;
  for (const { first, last } of sorted) {
    if (first > range.last) break;
    if (first > from) left.push({ first: from, last: first - 1n });
    if (last + 1n > from) from = last + 1n;
  }
  if (from <= range.last) left.push({ first: from, last: range.last });
  return left;
}

/** The addresses of a block: its range without its excepts. */
export function piecesOf({ range, except }: AddressBlock): readonly AddressRange[] {
  return without(range, except);
}

/** An eighth of all addresses of its family or more, such as `0.0.0.0/0` or a half of it. */
export function isWide({ family, range }: AddressBlock): boolean {
  return sizeOf(range) >= 1n << (family === 4 ? 29n : 125n);
}

function sizeOf({ first, last }: AddressRange): bigint {
  return last - first + 1n;
}

/** A range as users write it, `10.0.1.0/24`; one that is no CIDR as `10.0.1.3-10.0.1.9`. */
export function rangeText(range: AddressRange): string {
  const size = sizeOf(range);
  const six = range.first > wholeFour.last;
  const base = six ? wholeSix.first : wholeFour.first;
  const isCidr = (size & (size - 1n)) === 0n && (range.first - base) % size === 0n;
  if (!isCidr) return `${formatAddress(range.first)}-${formatAddress(range.last)}`;
  const length = (six ? 128 : 32) - (size.toString(2).length - 1);
  return `${formatAddress(range.first)}/${length}`;
}
