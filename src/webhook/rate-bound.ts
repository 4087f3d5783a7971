import type { Clock } from './clock.ts';

/** What one address may ask in a row, and how fast that fills up again. An API server applying a directory stays below. */
const BURST = 1000;
const PER_SECOND = 200;

/** Addresses that are remembered; beyond them the one that asked longest ago starts anew. */
const ADDRESSES_MAX = 1000;

export interface RateBound {
  /** Takes one request of the address; false when it asked too much. */
  readonly admits: (address: string) => boolean;
}

/**
 * Bounds how much of the webhook's time one caller takes. Any pod may connect; without client certificates nothing but
 * the address tells an API server from one that floods.
 */
export function makeRateBound(clock: Pick<Clock, 'monotonic'>): RateBound {
  const buckets = new Map<string, { tokens: number; at: number }>();

  function admits(address: string): boolean {
    const now = clock.monotonic();
    const known = buckets.get(address);
    // Taken out and put back last: the map's order is the order of use.
    buckets.delete(address);
    const filled = known === undefined ? BURST : known.tokens + ((now - known.at) / 1000) * PER_SECOND;
    const tokens = Math.min(BURST, filled);
    buckets.set(address, { tokens: Math.max(0, tokens - 1), at: now });
    if (buckets.size > ADDRESSES_MAX) {
      const [oldest] = buckets.keys();
      if (oldest !== undefined) buckets.delete(oldest);
    }
    return tokens >= 1;
  }

  return { admits };
}
