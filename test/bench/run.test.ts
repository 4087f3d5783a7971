import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface Section {
  readonly id: string;
  readonly rows: readonly { readonly metric: string; readonly met?: boolean }[];
  readonly checks: readonly { readonly what: string; readonly value: number; readonly held: boolean }[];
  readonly failed?: string;
}

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, ['bench/run.mjs', ...args], { encoding: 'utf8' });
}

const sectionsHere = ['difference', 'review', 'growth', 'cold-start', 'naive-peer'];

/** Milliseconds are not looked at: what is asserted is the same on every machine. */
test('the quick bench runs its sections in order, and every counter is what it is to be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-bench-test-'));
  try {
    // What goes over TLS has a test of its own.
    const only = sectionsHere.flatMap((id) => ['--only', id]);
    const { status, stderr } = bench('--quick', ...only, '--output', folder);
    const report = JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8'));
    const sections: readonly Section[] = report.sections;
    expect(sections.filter(({ failed }) => failed !== undefined)).toEqual([]);
    expect(sections.flatMap(({ checks }) => checks).filter(({ held }) => !held)).toEqual([]);
    expect([status, stderr.includes('Error')]).toEqual([0, false]);
    expect(sections.map(({ id }) => id)).toEqual(sectionsHere);
    const checks = new Map(
      sections.flatMap(({ checks: all }) => all.map(({ what, value }) => [what, value])),
    );
    expect(checks.get('growth of classes (pods × 10, equal classes)')).toBe(1);
    expect(checks.get('growth of steps (pods × 10, equal classes)')).toBeLessThanOrEqual(1.1);
    // The naive peer asks about each pair of pods, and counts as many as netsluice: that something changed.
    const counted = ['lost', 'gained'].map((fate) =>
      checks.get(`flows ${fate} at 75-5-5:mixed, the peer’s count`),
    );
    expect(counted).toEqual([447, 0]);
    expect(Object.keys(report.machine)).toEqual(
      expect.arrayContaining(['netsluice', 'node', 'v8', 'cpu', 'cores', 'load', 'loadAtEnd']),
    );
    // A goal is for the large clusters alone.
    expect(sections.flatMap(({ rows }) => rows).filter(({ met }) => met !== undefined)).toEqual([]);
    const markdown = readFileSync(join(folder, 'bench.md'), 'utf8');
    for (const { metric } of sections.flatMap(({ rows }) => rows)) expect(markdown).toContain(`| ${metric}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 300_000);

test('a section that is not there is named, with those that are', () => {
  const { status, stderr } = bench('--only', 'speed');
  const sections =
    'antrea, cluster, cold-start, crowded, difference, growth, naive-peer, netpol-analyzer, over-tls, review, rules';
  expect([status, stderr]).toEqual([2, `no section speed; there are ${sections}\n`]);
});
