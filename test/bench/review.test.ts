import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

test('bench/review.mjs measures every example change against a handler that does nothing', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/review.mjs', '--quick'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  const lines = stdout.split('\n');
  expect(lines.filter((line) => / ms {2}examples\/changes\/\d\d-/.test(line))).toHaveLength(12);
  expect(lines.map((line) => /^\S+/.exec(line)?.[0]).filter((word) => word !== undefined)).toEqual([
    'review',
    'no-op',
    'ratio',
    'goal',
    'run',
  ]);
});
