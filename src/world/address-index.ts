import type { AddressRange } from '../model/policy.ts';

/** Addresses that share all but their last eight bits lie in one bucket: about the pods of one node. */
const bucketBits = 8n;

/** Things by their addresses, so that a range finds what lies in it without asking everything else. */
export class AddressIndex<T extends { readonly addresses: readonly bigint[] }> {
  private readonly buckets = new Map<bigint, T[]>();
  /** The buckets in order; null after one came or went. */
  private order: bigint[] | null = [];

  add(item: T): void {
    for (const key of bucketsOf(item)) {
      const bucket = this.buckets.get(key);
      if (bucket !== undefined) {
        bucket.push(item);
        continue;
      }
      this.buckets.set(key, [item]);
      this.order = null;
    }
  }

  delete(item: T): void {
    for (const key of bucketsOf(item)) {
      const bucket = this.buckets.get(key);
      const place = bucket?.indexOf(item) ?? -1;
      if (bucket === undefined || place < 0) continue;
      bucket.splice(place, 1);
      if (bucket.length > 0) continue;
      this.buckets.delete(key);
      this.order = null;
    }
  }

  has(address: bigint): boolean {
    return (
      this.buckets.get(address >> bucketBits)?.some(({ addresses }) => addresses.includes(address)) === true
    );
  }

  /** Visits what has an address in the range, once for each of its addresses there. */
  *within({ first, last }: AddressRange): Iterable<readonly [bigint, T]> {
    const order = this.inOrder();
    const end = last >> bucketBits;
    for (let i = placeOf(order, first >> bucketBits); i < order.length; i += 1) {
      const key = order[i] ?? end + 1n;
      if (key > end) return;
      for (const item of this.buckets.get(key) ?? []) {
        for (const address of item.addresses) {
          if (address >> bucketBits === key && address >= first && address <= last) yield [address, item];
        }
      }
    }
  }

  private inOrder(): readonly bigint[] {
    this.order ??= [...this.buckets.keys()].sort((a, b) => (a < b ? -1 : 1));
    return this.order;
  }
}

/** Most things have one address. */
function bucketsOf({ addresses }: { readonly addresses: readonly bigint[] }): Iterable<bigint> {
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
