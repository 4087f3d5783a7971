import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { encodeSnapshot } from '../../src/cluster/snapshot.ts';
import { type Json, pod, policy, recordOf, service, workload } from '../support/build.ts';
import { folderWith, spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

const manifests = (objects: readonly unknown[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

const all = { TCP: ['1-65535'], UDP: ['1-65535'], SCTP: ['1-65535'] };
const none = { TCP: [], UDP: [], SCTP: [] };
const tcp = (...ports: string[]) => ({ ...none, TCP: ports });

const workloads = [
  workload('Deployment', 'shop/web', 2, { ports: ['8080'] }),
  workload('StatefulSet', 'shop/db', 1, { ports: ['5432'] }),
];
const guard = policy('shop/guard', '{podSelector: {matchLabels: {app: db}}}');
const allow = (port: number): Json =>
  policy(
    'shop/allow',
    `{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: ${port}}]}]}`,
  );

/** The JSON of the difference between two lists of objects, checked against its schema. */
async function between(before: readonly Json[], after: readonly Json[], more: readonly string[] = []) {
  const folder = folderWith({ 'before.yaml': manifests(before), 'after.yaml': manifests(after) });
  const { code, out, err } = await spawned([
    'diff',
    join(folder, 'before.yaml'),
    join(folder, 'after.yaml'),
    '-o',
    'json',
    ...more,
  ]);
  const document = JSON.parse(out);
  expect(schemaProblems('diff-v1', document)).toEqual([]);
  return { code, err, document };
}

const web = 'shop/web[Deployment]';
const db = 'shop/db[StatefulSet]';
const witness = (src: string, dst: string, port: number) => ({ src, dst, protocol: 'TCP', port });

describe('netsluice diff', () => {
  test('a clause that moves to another port blocks and opens one connection', async () => {
    const { code, document } = await between(
      [...workloads, guard, allow(5432)],
      [...workloads, guard, allow(5433)],
    );
    expect([code, document]).toEqual([
      0,
      {
        schema: 'diff/v1',
        headline: 'blocks 1 connection (shop/web -> shop/db:5432/TCP), opens 1 inside their namespaces',
        summary: {
          opened: 1,
          blocked: { critical: 0, withdrawn: 1, implied: 0 },
          undecided: 0,
          added: 0,
          removed: 0,
          isolated: { ingress: 0, egress: 0 },
          freed: { ingress: 0, egress: 0 },
        },
        changes: [
          {
            src: web,
            dst: db,
            before: { allow: tcp('5432') },
            after: { allow: tcp('5433') },
            blocked: tcp('5432'),
            opened: tcp('5433'),
            grade: 'withdrawn',
            because: [
              { policy: 'shop/allow', direction: 'ingress', clause: 0, effect: 'allows' },
              { policy: 'shop/allow', direction: 'ingress', clause: 0, effect: 'stops-allowing' },
            ],
            witness: witness('pod:shop/web#1', 'pod:shop/db#1', 5432),
          },
        ],
        undecided: [],
        isolation: [],
        workloads: { added: [], removed: [] },
        problems: [],
        partial: null,
      },
    ]);
  });

  test('a first policy isolates; what it blocks is implied, and the internet is one connection', async () => {
    const { document } = await between(workloads, [...workloads, guard]);
    expect(document.summary).toEqual({
      opened: 0,
      blocked: { critical: 0, withdrawn: 0, implied: 2 },
      undecided: 0,
      added: 0,
      removed: 0,
      isolated: { ingress: 1, egress: 0 },
      freed: { ingress: 0, egress: 0 },
    });
    expect(document.isolation).toEqual([
      { id: db, direction: 'ingress', effect: 'isolated', pods: 0, planned: 1, keepsNone: true },
    ]);
    const isolates = [{ policy: 'shop/guard', direction: 'ingress', clause: null, effect: 'isolates' }];
    const lost = {
      dst: db,
      before: { allow: all },
      after: { allow: none },
      blocked: all,
      grade: 'implied',
      because: isolates,
    };
    expect(document.changes).toEqual([
      { src: 'ip:0.0.0.0-255.255.255.255', ...lost, witness: witness('ip:192.0.2.1', 'pod:shop/db#1', 5432) },
      {
        src: 'ip:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        ...lost,
        witness: witness('ip:2001:db8::1', 'pod:shop/db#1', 5432),
      },
      { src: web, ...lost, witness: witness('pod:shop/web#1', 'pod:shop/db#1', 5432) },
    ]);
  });

  test('a policy that goes frees', async () => {
    const { document } = await between([...workloads, guard], workloads);
    expect(document.headline).toBe('frees 1 workload (1 planned) for ingress');
    expect(document.summary.opened).toBe(2);
    expect(document.changes[2].because).toEqual([
      { policy: 'shop/guard', direction: 'ingress', clause: null, effect: 'frees' },
    ]);
  });

  test('workloads that come and go have one empty side, and are counted for themselves', async () => {
    const cron = workload('CronJob', 'shop/report', null, { labels: { app: 'web' } });
    const { document } = await between(
      [...workloads, guard, allow(5432)],
      [...workloads, cron, guard, allow(5432)],
    );
    expect(document.workloads).toEqual({ added: ['shop/report[CronJob]'], removed: [] });
    expect(document.headline).toBe('adds 1 workload with 6 connections');
    expect([document.summary.added, document.summary.opened]).toEqual([6, 0]);
    const row = document.changes.find(
      ({ dst, src }: { dst: string; src: string }) => dst === db && src.includes('report'),
    );
    expect(row).toEqual({
      src: 'shop/report[CronJob]',
      dst: db,
      before: { allow: none },
      after: { allow: tcp('5432') },
      opened: tcp('5432'),
      because: [],
      witness: witness('pod:shop/report#1', 'pod:shop/db#1', 5432),
    });
    const back = await between([...workloads, cron, guard, allow(5432)], [...workloads, guard, allow(5432)]);
    expect(back.document.headline).toBe('removes 1 workload with 6 connections');
    expect(back.document.summary.blocked).toEqual({ critical: 0, withdrawn: 0, implied: 0 });
  });

  test('a label of a template moves a workload out of a policy', async () => {
    const relabelled = workload('StatefulSet', 'shop/db', 1, {
      labels: { app: 'database' },
      ports: ['5432'],
    });
    const { document } = await between([...workloads, guard], [workloads[0] ?? {}, relabelled, guard]);
    expect(document.headline).toBe('frees 1 workload (1 planned) for ingress');
  });

  test('a rollout that gives every pod another name is no change', async () => {
    const pods = (suffix: string): Json[] =>
      [1, 2].map((n) => pod(`shop/web-${suffix}-${n}`, { labels: { app: 'web' }, owner: 'StatefulSet/web' }));
    const { document } = await between([...pods('a'), guard], [...pods('b'), guard]);
    expect([document.headline, document.changes]).toEqual(['changes no connection', []]);
  });

  test('what is lost of DNS is critical', async () => {
    const resolver = [
      workload('Deployment', 'kube-system/coredns', 2, {
        labels: { 'k8s-app': 'kube-dns' },
        ports: ['53/UDP', '53'],
      }),
      service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->53/UDP', '53->53/TCP']),
    ];
    const deny = policy('shop/deny', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}');
    const { document } = await between([...workloads, ...resolver], [...workloads, ...resolver, deny]);
    expect(document.summary.blocked.critical).toBe(1);
    const row = document.changes.find(({ grade }: { grade?: string }) => grade === 'critical');
    expect([row.dst, row.witness]).toEqual([
      'kube-system/coredns[Deployment]',
      { src: 'pod:shop/web#1', dst: 'pod:kube-system/coredns#1', protocol: 'TCP', port: 53 },
    ]);
  });

  test('what nobody can tell is undecided', async () => {
    const cidr = policy(
      'shop/cidr',
      '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 5432}]}]}',
    );
    const { document } = await between([...workloads, guard], [...workloads, guard, cidr]);
    expect(document.undecided).toEqual([
      {
        src: web,
        dst: db,
        before: { allow: none },
        after: { allow: none, unknown: tcp('5432') },
        reason: 'address-unknown',
      },
    ]);
    expect(document.summary).toMatchObject({ undecided: 1, opened: 1 });
    const ignored = await between(
      [...workloads, guard],
      [...workloads, guard, cidr],
      ['--ip-block-pods', 'ignore'],
    );
    expect(ignored.document.undecided).toEqual([]);
    expect(ignored.document.changes.map(({ src }: { src: string }) => src)).toEqual([
      'ip:10.0.0.0-10.255.255.255',
    ]);
  });

  test('rows are about pods where that is asked for', async () => {
    const { document } = await between(workloads, [...workloads, guard], ['--unit', 'pod']);
    const ends = document.changes.map(({ src, dst }: { src: string; dst: string }) => `${src} -> ${dst}`);
    expect(ends.slice(2)).toEqual(['shop/web#1[Pod] -> shop/db#1[Pod]', 'shop/web#2[Pod] -> shop/db#1[Pod]']);
  });

  test('equal states differ in nothing, in whatever form', async () => {
    const folder = folderWith({
      'a.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...workloads, guard] }),
      'b.yaml': manifests([guard, ...workloads]),
    });
    const [a, b] = [join(folder, 'a.json'), join(folder, 'b.yaml')];
    expect(await spawned(['diff', a, b, '--fail-on-change'])).toEqual({
      code: 0,
      out: 'changes no connection\n',
      err: '',
    });
  });

  test('a change ends with 1 where it is asked to; what cannot be read with 3', async () => {
    const folder = folderWith({
      'a.yaml': manifests(workloads),
      'b.yaml': manifests([...workloads, guard]),
      'bad.yaml': 'kind: Pod\n  apiVersion: v1\n',
    });
    const at = (name: string): string => join(folder, name);
    expect((await spawned(['diff', at('a.yaml'), at('b.yaml')])).code).toBe(0);
    expect((await spawned(['diff', at('a.yaml'), at('b.yaml'), '--fail-on-change'])).code).toBe(1);
    const bad = await spawned(['diff', at('a.yaml'), at('bad.yaml'), '--fail-on-change']);
    expect([bad.code, bad.err]).toEqual([3, expect.stringMatching(/not read: .*bad\.yaml:\d+: /)]);
    expect(bad.out).toContain('removes 2 workloads');
    const missing = await spawned(['diff', at('a.yaml'), at('none.yaml')]);
    expect([missing.code, missing.out]).toEqual([3, '']);
    expect(missing.err).toContain('none.yaml cannot be read: there is no such file.');
    expect((await spawned(['diff', '-', '-'])).code).toBe(2);
  });

  test('snapshots are states too', async () => {
    const saved = encodeSnapshot({
      takenAt: '2026-06-15T12:00:00Z',
      version: '0.0.0',
      cluster: null,
      platform: null,
      absent: ['Node'],
      redacted: false,
      objects: [...workloads, guard].map(recordOf),
    });
    const folder = folderWith({ 'now.yaml': manifests([...workloads, guard, allow(5432)]) });
    writeFileSync(join(folder, 'then.snapshot'), saved);
    const { code, out } = await spawned([
      'diff',
      join(folder, 'then.snapshot'),
      join(folder, 'now.yaml'),
      '-o',
      'json',
    ]);
    expect([code, JSON.parse(out)]).toMatchObject([
      3,
      { headline: 'opens 1 inside their namespaces', partial: 'Node, which could not be listed' },
    ]);
  });

  test('a directory may be empty: everything comes', async () => {
    const folder = folderWith({ 'a.yaml': manifests(workloads) });
    mkdirSync(join(folder, 'empty'));
    const { code, out } = await spawned(['diff', join(folder, 'empty'), join(folder, 'a.yaml')]);
    expect([code, out.split('\n')[0]]).toEqual([0, 'adds 2 workloads with 7 connections']);
  });

  test('for a person it says what, because of what, and how to see it', async () => {
    const folder = folderWith({
      'a.yaml': manifests([...workloads, guard, allow(5432)]),
      'b.yaml': manifests([...workloads, guard, allow(5433)]),
    });
    const { out } = await spawned(['diff', join(folder, 'a.yaml'), join(folder, 'b.yaml')]);
    expect(out).toBe(`blocks 1 connection (shop/web -> shop/db:5432/TCP), opens 1 inside their namespaces

blocked:
  shop/web -> shop/db: 5432/TCP
      because shop/allow ingress[0] allows it no more
      see pod:shop/web#1 pod:shop/db#1 5432/TCP

opened:
  shop/web -> shop/db: 5433/TCP
      because shop/allow ingress[0] allows it
`);
  });

  test('as Markdown it is the body of a comment, never too long', async () => {
    const many = Array.from({ length: 60 }, (_, n) =>
      workload('Deployment', `shop/a-rather-long-name-for-a-workload-${n}`, 1),
    );
    const peers = many.map((_, n) =>
      policy(
        `shop/p${n}`,
        `{podSelector: {matchLabels: {app: a-rather-long-name-for-a-workload-${n}}}, ingress: [{from: [{podSelector: {}}], ports: [{port: ${8000 + n}}]}]}`,
      ),
    );
    const folder = folderWith({ 'a.yaml': manifests(many), 'b.yaml': manifests([...many, ...peers]) });
    const { out } = await spawned(['diff', join(folder, 'a.yaml'), join(folder, 'b.yaml'), '-o', 'markdown']);
    expect(out.split('\n').slice(0, 2)).toEqual(['<!-- netsluice:diff -->', '### NetworkPolicy changes']);
    expect(out.length).toBeLessThan(60_000);
    expect(out.match(/<details>/g)?.length).toBe(out.match(/<\/details>/g)?.length);
  });
});
