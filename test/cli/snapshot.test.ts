import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ageOf, duration, durationText } from '../../src/cli/open-snapshot.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../../src/cluster/snapshot.ts';
import { folderWith, netsluice, spawned } from './program.ts';

const folder = folderWith({});
const saved = join(folder, 'shop.snapshot');
const shop = ['-f', 'examples/shop'];

function read(file: string): Snapshot {
  const snapshot = decodeSnapshot(readFileSync(file));
  if ('problem' in snapshot) throw new Error(snapshot.problem);
  return snapshot;
}

beforeAll(async () => {
  const { code, err } = await spawned(['snapshot', ...shop, '--name', 'shop-test', '-o', saved]);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(
      /^netsluice: saved \d+ objects, \d+ bytes, to \S+shop\.snapshot; network plugin: unknown \(no DaemonSet runs a known network plugin\)\n$/,
    ),
  ]);
});

describe('netsluice snapshot', () => {
  test('writes a file that only its owner may read, with what it was told', () => {
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    const { cluster, redacted, version, absent, takenAt } = read(saved);
    expect({ cluster, redacted, version, absent }).toEqual({
      cluster: 'shop-test',
      redacted: false,
      version: '0.1.0',
      absent: [],
    });
    expect(Math.abs(Date.now() - Date.parse(takenAt))).toBeLessThan(600_000);
  });

  test('--redact of a saved one keeps its time and its name', async () => {
    const file = join(folder, 'redacted.snapshot');
    const { code, err } = await spawned(['snapshot', '--snapshot', saved, '--redact', '-o', file]);
    expect([code, err]).toEqual([0, expect.stringContaining('objects, redacted, ')]);
    const [before, after] = [read(saved), read(file)];
    expect([after.takenAt, after.cluster, after.redacted]).toEqual([before.takenAt, 'shop-test', true]);
    expect(after.objects.length).toBe(before.objects.length);
    expect(after.objects.filter(({ name }) => name === 'web' || name === 'shop')).toEqual([]);
  });

  test('what cannot be read is told, the rest is saved, and the code says it', async () => {
    const file = join(folder, 'part.snapshot');
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\nx: [1\n';
    const { code, err } = await spawned(['snapshot', '-f', '-', '-o', file], {}, text);
    expect([code, err.split('\n').length, err]).toEqual([
      3,
      3,
      expect.stringContaining('netsluice: not read: -:'),
    ]);
    expect(read(file).objects.map(({ name }) => name)).toEqual(['a']);
  });

  test.each([
    [['--snapshot', 'a', '-f', 'b'], '--snapshot and -f exclude each other'],
    [['--snapshot', 'a', '--context', 'b'], '--snapshot and --context exclude each other'],
    [['--name', 'x'.repeat(101)], '--name must be one line of at most 100 characters'],
    [['--max-age', '3 days'], 'It must be a duration such as 90s, 30m, 12h or 7d.'],
  ])('%j is wrong usage', async (args, said) => {
    const { code, err } = await spawned(['snapshot', ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(said)]);
  });

  test('a place that cannot be written to', async () => {
    const { code, err } = await spawned(['snapshot', ...shop, '-o', join(folder, 'none', 'x')]);
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/^netsluice: The snapshot cannot be written: ENOENT/),
    ]);
  });
});

describe('a snapshot answers as the manifests do', () => {
  const settings = ['--settings', 'examples/contracts.yaml'];

  test.each([
    [['trace', 'shop/web', 'shop/cart', '8080']],
    [['trace', 'shop/cart', 'internet', '443', '-o', 'json']],
    [['connections', '-o', 'json']],
    [['policies-for', 'shop/cart']],
    [['pods-for', 'shop/default-deny', '-o', 'json']],
    [['test', ...settings]],
  ])('%j', async (command) => {
    const [whole, again] = await Promise.all([
      spawned([...command, ...shop]),
      spawned([...command, '--snapshot', saved]),
    ]);
    expect(again).toEqual(whole);
    expect(whole.err).toBe('');
  });

  test('rollout, by a file or by manifests', async () => {
    const rollout = ['rollout', '--enforce', 'restricted', '--snapshot'];
    expect(await netsluice([...rollout, saved])).toEqual(await netsluice([...rollout, 'examples/shop']));
  });
});

describe('lint lays manifests over a snapshot', () => {
  const policy = (app: string): string =>
    JSON.stringify({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'new', namespace: 'shop' },
      spec: {
        podSelector: { matchLabels: { app } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 8080 }] }],
      },
    });
  const rulesIn = async (app: string, ...more: string[]): Promise<readonly unknown[]> => {
    const { code, out } = await spawned(['lint', '-f', '-', '-o', 'json', ...more], {}, policy(app));
    const { findings, skipped } = JSON.parse(out) as {
      findings: { rule: string }[];
      skipped: { rule: string }[];
    };
    const named = (list: { rule: string }[]) => list.some(({ rule }) => rule === 'policy-selects-no-pods');
    return [code, named(findings) ? 'found' : named(skipped) ? 'skipped' : 'silent'];
  };

  test('so that rules about what exists are asked, and asked over all of it', async () => {
    expect(await rulesIn('nobody')).toEqual([0, 'skipped']);
    expect(await rulesIn('nobody', '--snapshot', saved)).toEqual([0, 'found']);
    expect(await rulesIn('cart', '--snapshot', saved)).toEqual([0, 'silent']);
  });

  test('and ends with 3 where it cannot be read', async () => {
    const { code, err } = await spawned(
      ['lint', '-f', '-', '--snapshot', 'examples/shop'],
      {},
      policy('cart'),
    );
    expect([code, err]).toEqual([3, expect.stringContaining('The snapshot examples/shop cannot be read: ')]);
  });
});

describe('age', () => {
  const now = Date.parse('2026-11-21T18:00:00Z');
  const taken = (takenAt: string): Snapshot => ({ ...read(saved), takenAt });

  test('is told after a day, and a problem where the snapshot is older than may be', () => {
    expect(ageOf('a', taken('2026-11-21T17:00:00Z'), now, null)).toBeNull();
    expect(ageOf('a', taken('2026-11-22T17:00:00Z'), now, 1)).toBeNull();
    expect(ageOf('a', taken('2026-11-18T17:00:00Z'), now, null)).toBe(
      'a was taken 3d ago, at 2026-11-18T17:00:00Z; the cluster may have changed since',
    );
    expect(ageOf('a', taken('2026-11-21T17:00:00Z'), now, 600_000)).toEqual({
      problem:
        'a was taken 1h ago, at 2026-11-21T17:00:00Z, which is more than --max-age 10m; take it again.',
    });
  });

  test('as text', () => {
    expect(['90s', '30m', '12h', '7d'].map(duration)).toEqual([90_000, 1_800_000, 43_200_000, 604_800_000]);
    expect([0, 999, 90_000, 7_200_000, 604_800_000].map(durationText)).toEqual([
      '0s',
      '0s',
      '1m',
      '2h',
      '7d',
    ]);
    for (const text of ['', '5', 'h', '-1h', '1.5h', '1w'])
      expect(() => duration(text)).toThrow('a duration such as');
  });

  test('on the command line', async () => {
    const old = join(folder, 'old.snapshot');
    writeFileSync(old, encodeSnapshot(taken('2020-01-01T00:00:00Z')));
    const ask = ['policies-for', 'shop/cart', '--snapshot', old];
    const told = await spawned(ask);
    expect([told.code, told.err]).toEqual([
      0,
      expect.stringMatching(
        /was taken \d+d ago, at 2020-01-01T00:00:00Z; the cluster may have changed since\n$/,
      ),
    ]);
    const refused = await spawned([...ask, '--max-age', '7d']);
    expect([refused.code, refused.out, refused.err]).toEqual([
      3,
      '',
      expect.stringMatching(/which is more than --max-age 7d; take it again\.\n$/),
    ]);
  });
});

describe('what is no snapshot', () => {
  test.each([
    ['a missing file', join(folder, 'none'), 'there is no such file'],
    ['manifests', 'examples/shop/shop.yaml', 'it is no snapshot of netsluice: it holds no JSON'],
  ])('%s', async (_title, file, said) => {
    const { code, err } = await spawned(['trace', 'a/b', 'c/d', '80', '--snapshot', file]);
    expect([code, err]).toEqual([
      3,
      `netsluice: The snapshot ${file} cannot be read: ${said}.${file.endsWith('none') ? '' : ' Take one with netsluice snapshot -o FILE.'}\n`,
    ]);
  });

  test('test wants one of manifests and snapshot', async () => {
    const settings = ['--settings', 'examples/contracts.yaml'];
    for (const more of [[], ['-f', 'examples/shop', '--snapshot', saved]]) {
      const { code, err } = await netsluice(['test', ...settings, ...more]);
      expect([code, err]).toEqual([2, expect.stringContaining('one of the two')]);
    }
  });
});
