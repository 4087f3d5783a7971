// Numbers that are the same in every run.

/** Deterministic numbers from 0 to 1 (mulberry32). @param {number} seed @returns {() => number} */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from 0 and below the bound. @param {() => number} random @param {number} below */
export const int = (random, below) => Math.floor(random() * below);

/** One of a list. @template T @param {() => number} random @param {readonly T[]} list @returns {T} */
export const oneOf = (random, list) => list[int(random, list.length)];

/** An IPv4 address as text. @param {number} value */
export const addressText = (value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
