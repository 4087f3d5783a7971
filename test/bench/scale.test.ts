import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** Figures mean nothing here: the benches must run. */
test.each([
  ['difference.mjs', /^150\/10\/10: \d+ units, built in [\d.]+ s, heap -?\d+ MiB\nwhole {6}p50/],
  ['rules.mjs', /^(?:whole|difference|[a-z0-9-]+) +-?[\d.]+ +[\d.]+\n/],
])('bench/%s runs over a small cluster', (file, printed) => {
  const out = execFileSync(process.execPath, [`bench/${file}`, '150/10/10', '--changes', '6'], {
    encoding: 'utf8',
  });
  expect(out).toMatch(printed);
});
