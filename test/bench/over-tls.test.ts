import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';

interface Checked {
  readonly checked: number;
  readonly flows: number;
  readonly claimedChanged: number;
  readonly mismatches: number;
  readonly differentAnswers: number;
  readonly lost: number;
}

interface Told {
  readonly right: Checked;
  readonly wrongPolicies: Checked;
  readonly wrongAnswers: Checked;
  readonly lostObjects: Checked;
  readonly sameSchedule: boolean;
  readonly calls: number;
  readonly heldUp: number;
  readonly lags: object;
}

/** The bench over TLS itself runs with the quick bench; here its judges are judged. */
describe('the bench over TLS', () => {
  let told: Told;
  beforeAll(() => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['test/bench/over-tls-parts.mjs'], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    told = JSON.parse(stdout);
  }, 300_000);

  test('finds nothing wrong with right answers, half of whose flows are claimed to change', () => {
    expect(told.right).toMatchObject({ checked: 10, mismatches: 0, differentAnswers: 0, lost: 0 });
    expect(told.right.claimedChanged).toBeGreaterThanOrEqual(told.right.flows / 4);
  });

  test('finds claims that do not follow from the objects as they were sent', () => {
    expect(told.wrongPolicies.mismatches).toBeGreaterThan(0);
  });

  test('finds answers that the world of that moment does not give', () => {
    expect(told.wrongAnswers).toMatchObject({ mismatches: 0, differentAnswers: 10 });
  });

  test('finds an object that the world never heard of, and one that it kept', () => {
    expect(told.lostObjects.lost).toBe(2);
  });

  test('measures from when a call was due, however long one before it held the sender up', () => {
    expect(told.sameSchedule).toBe(true);
    expect(told.calls).toBeGreaterThan(20);
    // The call that took long, and those that were due meanwhile.
    expect(told.heldUp).toBeGreaterThan(5);
  });

  test('tells apart what waited for a list', () => {
    expect(told.lags).toEqual({
      steady: { p50: 10, p90: 10, p99: 10, max: 10, count: 2 },
      whileListing: { p50: 2100, p90: 2100, p99: 2100, max: 2100, count: 2 },
      relistMs: 2200,
    });
  });
});
