/** A small seeded source of randomness: the same seed always gives the same sequence. */
export interface Rng {
  /** An integer from 0 to n - 1. */
  int(n: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the choices; throws if there is none. */
  pick<const T>(choices: readonly T[]): T;
  /** Each of the choices with the given probability, in their order. */
  some<const T>(choices: readonly T[], probability: number): T[];
  /** From low to high (both included) results of the function. */
  many<T>(low: number, high: number, make: (index: number) => T): T[];
}

/** mulberry32 over a 32-bit seed. */
export function randomFrom(seed: number): Rng {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (n: number) => Math.floor(next() * n);
  return {
    int,
    chance: (probability) => next() < probability,
    pick: (choices) => {
      if (choices.length === 0) throw new Error('there is nothing to pick from');
      return choices[int(choices.length)] as (typeof choices)[number];
    },
    some: (choices, probability) => choices.filter(() => next() < probability),
    many: (low, high, make) => Array.from({ length: low + int(high - low + 1) }, (_, i) => make(i)),
  };
}
