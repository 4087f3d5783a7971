import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';

interface Told {
  readonly name: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly digest: string;
  readonly twice: number;
  readonly differing: number;
  readonly bytesPerPod: { readonly json: number; readonly protobuf: number };
  readonly profiles: readonly string[];
  readonly pods: Readonly<Record<string, unknown>>;
}

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, ['bench/describe-cluster.mjs', ...args], { encoding: 'utf8' });
}

function told(...args: readonly string[]): readonly Told[] {
  const { status, stdout, stderr } = run(...args);
  expect([status, stderr]).toEqual([0, '']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('generated clusters', () => {
  test('the typical one holds what a company runs, and both encodings of it give its records', () => {
    const [typical] = told('typical-small');
    expect(typical).toMatchObject({
      counts: {
        Namespace: 100,
        Node: 25,
        Pod: 1500,
        NetworkPolicy: 100,
        Deployment: 298,
        StatefulSet: 99,
        DaemonSet: 1,
        Job: 99,
        Service: 99,
      },
      twice: 0,
      differing: 0,
      pods: {
        hostNetwork: 25,
        withoutLabels: 4,
        owners: ['DaemonSet', 'Job', 'ReplicaSet', 'StatefulSet', 'none'],
        // Every pod has an address of its own, but for those on the network of their node.
        addresses: 1475,
      },
    });
    const size = typical?.bytesPerPod ?? { json: 0, protobuf: 0 };
    expect(Math.round(size.json / 1000)).toBe(9);
    expect(size.protobuf).toBeLessThan(size.json);
  });

  test('the same seed gives the same cluster, another seed another', () => {
    const digest = (seed: string) => told('100-10-20:typical', '--seed', seed)[0]?.digest;
    const [first, again, other] = [digest('3'), digest('3'), digest('4')];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test.each([
    '200-10-40:3-1-1-2-3-4-2',
    '97-7-20:5-500-0-1-0-2-0',
    '60-4-8:15-0-0-1-4-15-3',
    '40-4-8:0-0-2-1-1-0-0',
  ])('every policy of %s is what the seven numbers say', (name) => {
    const [cluster] = told(name);
    const [size = '', profile] = name.split(':');
    const [pods, namespaces, policies] = size.split('-').map(Number);
    expect(cluster).toMatchObject({
      counts: { Pod: pods, Namespace: namespaces, NetworkPolicy: policies },
      profiles: [profile],
      differing: 0,
    });
  });

  test('the named ones, all policies of which can be read', () => {
    const { status, stdout } = run('--named');
    expect(status).toBe(0);
    const sizes = stdout.split('\n').flatMap((line) => {
      if (line === '') return [];
      const { name, pods, namespaces, policies, readable } = JSON.parse(line);
      expect(readable).toBe(Math.min(200, policies));
      return [[name, pods, namespaces, policies]];
    });
    expect(sizes.filter(([name]) => !String(name).includes('/'))).toEqual([
      ['typical', 150_000, 10_000, 10_000],
      ['typical-small', 1_500, 100, 100],
      ['antrea', 100_000, 25_000, 75_000],
      ['dense', 3_500, 1_000, 12_000],
      ['one-namespace', 10_000, 1, 10_000],
      ['adversarial', 150_000, 50, 5_000],
      ['excepts', 15_000, 1_000, 1_000],
      ['many-ports', 15_000, 1_000, 1_000],
      ['everything', 15_000, 1_000, 1_000],
    ]);
  });

  test.each([
    ['150k-10k-10k', 'it needs one colon after the three sizes'],
    ['1-2:mixed', 'it has 2 sizes in place of three'],
    ['1.5-2-3:mixed', 'a size is no whole number like 500, 150k or 1.5m'],
    ['5-0-1:mixed', 'it has no namespace'],
    ['9-3-1:usual', '"usual" is neither a word nor seven numbers'],
    ['9-3-1:1-2-3', '"1-2-3" is neither a word nor seven numbers'],
    ['9-3-1:1-1-x-1-1-1-1', 'one of the seven is no whole number'],
    ['9-3-1:4-0-0-0-0-0-0', '4 pods cannot be selected in a namespace of 3'],
    ['9-3-1:1-0-0-1-4-1-0', '4 namespaces cannot be selected among 3'],
    ['9-3-1:1-9k-0-1-1-1-0', 'a clause with 9000 entries does not fit into an object'],
  ])('%s names no cluster: %s', (name, why) => {
    const { status, stderr } = run(name);
    expect(status).toBe(1);
    expect(stderr).toContain(`"${name}" names no cluster: ${why}.`);
    expect(stderr).toContain('for example 150k-10k-10k:3-1-0-1-1-3-0');
  });
});
