import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

interface Row {
  readonly metric: string;
  readonly met?: boolean;
}

/** `node bench/page.mjs` writes it anew. */
test('docs/performance.md says what the committed run says, misses and all', () => {
  const { status, stdout } = spawnSync(process.execPath, ['bench/page.mjs', '--print'], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(readFileSync('docs/performance.md', 'utf8')).toBe(stdout);
  const report = JSON.parse(readFileSync('bench/results/bench.json', 'utf8'));
  const rows: readonly Row[] = report.sections.flatMap(
    ({ rows: all }: { readonly rows: readonly Row[] }) => all,
  );
  const [, short = ''] = stdout.split('## What fell short\n');
  const [list = ''] = short.split('\n## ');
  const missed = rows.filter(({ met }) => met === false);
  expect(list.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(missed.length);
  for (const { metric } of missed) expect(list).toContain(metric);
});
