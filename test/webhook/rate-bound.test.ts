import { describe, expect, test } from '@jest/globals';
import { makeRateBound } from '../../src/webhook/rate-bound.ts';

function boundAt() {
  let now = 0;
  const bound = makeRateBound({ monotonic: () => now });
  const asks = (address: string, times: number): number => {
    let admitted = 0;
    for (let i = 0; i < times; i += 1) if (bound.admits(address)) admitted += 1;
    return admitted;
  };
  return { asks, wait: (ms: number) => (now += ms) };
}

describe('direct callers are bounded', () => {
  test('a thousand at once, then 200 a second', () => {
    const { asks, wait } = boundAt();
    expect(asks('10.0.0.1', 1500)).toBe(1000);
    wait(1000);
    expect(asks('10.0.0.1', 500)).toBe(200);
    wait(60_000);
    expect(asks('10.0.0.1', 1500)).toBe(1000);
  });

  test('one that floods does not take from others', () => {
    const { asks } = boundAt();
    expect(asks('10.0.0.1', 5000)).toBe(1000);
    expect(asks('10.0.0.2', 10)).toBe(10);
  });

  test('only so many addresses are remembered, the latest ones', () => {
    const { asks } = boundAt();
    expect(asks('first', 1000)).toBe(1000);
    for (let i = 0; i < 999; i += 1) asks(`10.0.${i >> 8}.${i & 255}`, 1);
    expect(asks('first', 1)).toBe(0);
    for (let i = 0; i < 1000; i += 1) asks(`10.1.${i >> 8}.${i & 255}`, 1);
    expect(asks('first', 1)).toBe(1);
  });
});
