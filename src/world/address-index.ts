import type { AddressRange } from '../model/policy.ts';
import { grown } from './grown.ts';

/** Addresses that share all but their last four bits lie in one bucket, so that looking through it costs little. */
const bucketBits = 4n;

/** Things by their addresses, so that a range finds what lies in it without asking everything else. */
export class AddressIndex<T> {
  private readonly addressesOf: (item: T) => readonly bigint[];
  private readonly buckets = new Map<bigint, T[]>();
  /** The buckets in order. */
  private readonly order: bigint[] = [];

  constructor(addressesOf: (item: T) => readonly bigint[]) {
    this.addressesOf = addressesOf;
  }

  add(item: T): void {
    for (const key of bucketsOf(this.addressesOf(item))) {
      const bucket = this.buckets.get(key);
      if (bucket !== undefined) {
        const now = grown(bucket, item);
        if (now !== bucket) this.buckets.set(key, now);
        continue;
      }
      this.buckets.set(key, [item]);
      if (key > (this.order.at(-1) ?? -1n)) this.order.push(key);
      else this.order.splice(placeOf(this.order, key), 0, key);
    }
  }

  delete(item: T): void {
    for (const key of bucketsOf(this.addressesOf(item))) {
      const bucket = this.buckets.get(key);
      const place = bucket?.indexOf(item) ?? -1;
      if (bucket === undefined || place < 0) continue;
      bucket.splice(place, 1);
      if (bucket.length > 0) continue;
      this.buckets.delete(key);
      this.order.splice(placeOf(this.order, key), 1);
    }
  }

  has(address: bigint): boolean {
    const bucket = this.buckets.get(address >> bucketBits);
    return bucket?.some((item) => this.addressesOf(item).includes(address)) === true;
  }

  /** Visits what has an address in the range, once for each of its addresses there. */
  *within({ first, last }: AddressRange): Iterable<readonly [bigint, T]> {
    const { order } = this;
    const end = last >> bucketBits;
    for (let i = placeOf(order, first >> bucketBits); i < order.length; i += 1) {
      const key = order[i] ?? end + 1n;
      if (key > end) return;
      for (const item of this.buckets.get(key) ?? []) {
        for (const address of this.addressesOf(item)) {
          if (address >> bucketBits === key && address >= first && address <= last) yield [address, item];
        }
      }
    }
  }
}

/** Most things have one address. */
function bucketsOf(addresses: readonly bigint[]): Iterable<bigint> {
  const [first] = addresses;
  if (first === undefined) return [];
  if (addresses.length === 1) return [first >> bucketBits];
  return new Set(addresses.map((address) => address >> bucketBits));
}

/** Place of the first bucket that is not before this one. */
function placeOf(order: readonly bigint[], key: bigint): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] ?? 0n) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
