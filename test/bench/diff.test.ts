import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

test('bench/diff.mjs measures a comparison of two directories', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/diff.mjs', '--quick'], {
    encoding: 'utf8',
    env: { ...process.env, NETPOL_ANALYZER: '' },
  });
  expect([status, stderr]).toEqual([0, '']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  // Four namespaces a side, the files of which are the same but for the policies that change.
  expect(lines[0]).toMatch(/^ +read 192 files, 97 of them different, in \d+\.\d{3} s$/);
  expect(lines.map((line) => line.trim().split(' ')[0])).toEqual([
    'read',
    'compared',
    'diff',
    'idle',
    'ratio',
    'run',
  ]);
});
