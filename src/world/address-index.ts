import type { AddressRange } from '../model/policy.ts';

/** Addresses that share all but their last eight bits lie in one bucket: about the pods of one node. */
const bucketBits = 8n;

/** Things by address, so that a range finds what lies in it without asking everything else. */
export class AddressIndex<T> {
  private readonly buckets = new Map<bigint, Map<bigint, Set<T>>>();
  /** The buckets in order; null after one came or went. */
  private order: bigint[] | null = [];

  add(address: bigint, item: T): void {
    const key = address >> bucketBits;
    const bucket = this.buckets.get(key);
    if (bucket === undefined) {
      this.buckets.set(key, new Map([[address, new Set([item])]]));
      this.order = null;
      return;
    }
    bucket.set(address, (bucket.get(address) ?? new Set()).add(item));
  }

  delete(address: bigint, item: T): void {
    const key = address >> bucketBits;
    const bucket = this.buckets.get(key);
    const items = bucket?.get(address);
    items?.delete(item);
    if (items?.size === 0) bucket?.delete(address);
    if (bucket?.size !== 0) return;
    this.buckets.delete(key);
    this.order = null;
  }

  /** Visits what has an address in the range, once for each of its addresses there. */
  *within({ first, last }: AddressRange): Iterable<readonly [bigint, T]> {
    this.order ??= [...this.buckets.keys()].sort((a, b) => (a < b ? -1 : 1));
    const end = last >> bucketBits;
    for (let i = this.from(first >> bucketBits); i < this.order.length; i += 1) {
      const key = this.order[i] ?? end + 1n;
      if (key > end) return;
      for (const [address, items] of this.buckets.get(key) ?? []) {
        if (address < first || address > last) continue;
        for (const item of items) yield [address, item];
      }
    }
  }

  /** Place of the first bucket that is not before this one. */
  private from(key: bigint): number {
    let low = 0;
    let high = this.order?.length ?? 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.order?.[middle] ?? 0n) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
