import { expect, test } from '@jest/globals';
import { freshnessOf, KindStatus } from '../../src/cluster/freshness.ts';
import { watchedKinds } from '../../src/cluster/kinds.ts';

const clock = { now: () => 0, random: () => 0, sleep: async () => undefined };
const log = { info: () => undefined, warn: () => undefined };

function absentIf(state: 'absent' | 'denied'): readonly string[] {
  const statuses = watchedKinds.map((kind) => {
    const status = new KindStatus(kind, clock, log, () => undefined);
    if (kind.need === 'required') status.synced();
    else status.refused(state, 'no');
    return status;
  });
  return freshnessOf(statuses, 0).absent;
}

test('an API that not every cluster has is no gap where it is not there, and one where it may not be read', () => {
  expect(absentIf('absent')).not.toContain('Monitor');
  expect(absentIf('absent')).not.toContain('HTTPRoute');
  expect(absentIf('absent')).toContain('RoleBinding');
  expect(absentIf('denied')).toEqual(expect.arrayContaining(['Monitor', 'HTTPRoute', 'RoleBinding']));
});
