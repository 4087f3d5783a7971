import { describe, expect, test } from '@jest/globals';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { randomChange } from '../support/reference/arbitrary-change.ts';
import { portCells } from '../support/reference/cells.ts';
import { difference, type RefExternalRow, type RefRow } from '../support/reference/difference.ts';
import { type RefEndpoint, verdict } from '../support/reference/evaluator.ts';
import type { Protocol, RefCluster } from '../support/reference/objects.ts';
import { randomFrom } from '../support/reference/random.ts';
import { type RefUnit, unitsOf } from '../support/reference/units.ts';
import { clinic, makePod, policies, workload } from './clinic.ts';

describe('difference', () => {
  const pair = () => {
    const cluster = clinic();
    cluster.pods = cluster.pods.filter(({ metadata }) => ['desk', 'core'].includes(metadata.name));
    cluster.nodes = [];
    return cluster;
  };
  const desk = 'clinic/desk[Pod]';
  const core = 'clinic/core[Pod]';
  const lab = 'lab/desk[Pod]';

  test('nothing changes, nothing is said', () => {
    expect(difference(pair(), pair())).toMatchObject({ rows: [], external: [], isolation: [] });
  });

  test('a first policy isolates; what it blocks is implied', () => {
    const after = pair();
    after.policies = policies(
      '{podSelector: {matchLabels: {app: core}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 8001}]}]}',
    );
    const { rows, external, isolation } = difference(pair(), after);
    const others = { gained: [], undecided: [], grade: 'implied' };
    // All cells: cut at 8000, 8001, 9100, the ports that pods name; UDP and SCTP are whole.
    const rest = ['UDP/1', 'UDP/65535', 'SCTP/1', 'SCTP/65535'];
    const low = ['TCP/1', 'TCP/7999', 'TCP/8000'];
    const high = ['TCP/8002', 'TCP/9099', 'TCP/9100', 'TCP/9101', 'TCP/65535'];
    expect(rows).toEqual([
      { src: desk, dst: core, lost: [...low, ...high, ...rest], ...others },
      { src: lab, dst: core, lost: [...low, 'TCP/8001', ...high, ...rest], ...others },
      { src: 'internet', dst: core, lost: [...low, 'TCP/8001', ...high, ...rest], ...others },
    ]);
    expect(
      external.map(({ first, last, representative, dst }) => [first, last, representative, dst]),
    ).toEqual([
      ['0.0.0.0', '255.255.255.255', '0.0.0.0', core],
      ['0:0:0:0:0:0:0:0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '0:0:0:0:0:0:0:0', core],
    ]);
    expect(isolation).toEqual([
      {
        workload: core,
        direction: 'Ingress',
        isolated: { running: 1, planned: 0 },
        freed: { running: 0, planned: 0 },
      },
    ]);
  });

  test('a deleted allow withdraws; a block that cuts addresses is told per address cell', () => {
    const before = pair();
    before.policies = policies(
      `{podSelector: {matchLabels: {app: core}}, ingress: [{from: [{ipBlock: {cidr: 10.8.0.0/30}}], ports: [{port: 8001}]}]}
---
{podSelector: {matchLabels: {app: core}}}`,
    );
    const after = { ...before, policies: before.policies.slice(1) };
    const row = { lost: ['TCP/8001'], gained: [], undecided: [] };
    const { rows, external, isolation } = difference(before, after);
    expect(rows).toEqual([
      { src: desk, dst: core, ...row, grade: 'withdrawn' },
      { src: 'internet', dst: core, ...row, grade: 'withdrawn' },
    ]);
    expect(external).toEqual([
      { first: '10.8.0.0', last: '10.8.0.3', representative: '10.8.0.0', src: 'internet', dst: core, ...row },
    ]);
    expect(isolation).toEqual([]);
  });

  test('maybe is undecided, and so is everything under a foreign policy', () => {
    const before = pair();
    before.profile.ipBlockPods = 'unknown';
    before.policies = policies('{podSelector: {matchLabels: {app: core}}}');
    const after = { ...before };
    after.policies = policies(
      '{podSelector: {matchLabels: {app: core}}, ingress: [{from: [{ipBlock: {cidr: 10.8.0.1/32}}], ports: [{port: 1}]}]}',
    );
    const row = { src: desk, dst: core, lost: [], gained: [], undecided: ['TCP/1'], grade: null };
    expect(difference(before, after)).toMatchObject({ rows: [row], external: [], isolation: [] });
    const foreign = [{ kind: 'CiliumNetworkPolicy', namespace: 'clinic' }];
    const matching = { ...before.profile, ipBlockPods: 'matches' as const };
    const known = (cluster: RefCluster) => ({ ...cluster, foreign, profile: matching });
    expect(difference(known(before), known(after)).rows).toEqual([row]);
  });

  test('planned pods count with their replicas; a pod that comes or goes is not isolated or freed', () => {
    const before = { ...pair(), pods: [] };
    before.workloads = [workload('Deployment', 'three', { replicas: 3 })];
    const after = { ...before, policies: policies('{}'), pods: [makePod('clinic/new', {})] };
    const { rows, isolation } = difference(before, after);
    const three = 'clinic/three[Deployment]';
    expect(isolation).toEqual([
      {
        workload: three,
        direction: 'Ingress',
        isolated: { running: 0, planned: 3 },
        freed: { running: 0, planned: 0 },
      },
    ]);
    expect(rows.map(({ src, dst, lost, gained }) => [src, dst, lost.length, gained.length])).toEqual([
      [three, three, 6, 0],
      ['internet', three, 6, 0],
      ['clinic/new[Pod]', 'internet', 0, 6],
    ]);
  });

  test('what is left unasked because nothing changed would have been answered the same', () => {
    let [settled, changed] = [0, 0];
    for (let seed = 1000; seed < 1150; seed++) {
      const rng = randomFrom(seed);
      const before = randomCluster(rng);
      const { after } = randomChange(rng, before);
      // Nothing is known of a copy: every policy and every plugin is another one.
      const everything = difference(before, structuredClone(after));
      expect(difference(before, after)).toEqual(everything);
      changed += everything.rows.length;
      settled += after.policies.filter((policy) => before.policies.includes(policy)).length;
    }
    expect([changed > 500, settled > 150]).toEqual([true, true]);
  });

  test('a pod of which nothing but its address or its owner changed is asked again', () => {
    const every = ['TCP/1', 'TCP/65535', 'UDP/1', 'UDP/65535', 'SCTP/1', 'SCTP/65535'];
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'core', uid: 'u', controller: true };
    const [bare, server] = [makePod('clinic/desk', {}), makePod('clinic/core', { ips: ['10.8.0.2'] })];
    const before = { ...pair(), pods: [bare, server] };
    before.profile.standalonePods = 'not-governed';
    server.metadata.ownerReferences = [owner];
    before.policies = policies('{ingress: [{from: [{ipBlock: {cidr: 10.8.0.1/32}}]}]}');
    const dst = 'clinic/core[ReplicaSet]';
    const addressed = { ...bare, status: { ...bare.status, podIPs: [{ ip: '10.8.0.1' }] } };
    expect(difference(before, { ...before, pods: [addressed, server] }).rows).toEqual([
      { src: desk, dst, lost: [], gained: [], undecided: every, grade: null },
    ]);
    const left = { ...server, metadata: { ...server.metadata, ownerReferences: [] } };
    expect(difference(before, { ...before, pods: [bare, left] }).rows).toEqual([
      { src: desk, dst: core, lost: [], gained: [], undecided: every, grade: null },
      { src: 'internet', dst: core, lost: [], gained: every, undecided: [], grade: null },
    ]);
  });

  test('another plugin changes the answers of ends and policies that are the same', () => {
    const before = pair();
    before.profile = { ...before.profile, unselectedPods: 'open' };
    const after = { ...before, profile: { ...before.profile, unselectedPods: 'closed' as const } };
    const { rows, flows } = difference(before, after);
    expect(rows.filter(({ lost }) => lost.length > 0)).toHaveLength(rows.length);
    expect([rows.length, flows > 0]).toEqual([12, true]);
  });

  test('it agrees with the verdicts, pair by pair', () => {
    let changed = 0;
    for (let seed = 0; seed < 150; seed++) {
      const rng = randomFrom(seed);
      const before = { ...randomCluster(rng), foreign: [] };
      const { after } = randomChange(rng, before, ['policy', 'namespace']);
      const { rows, external } = difference(before, after);
      const cells = portCells([before, after]);
      const fates = (srcs: RefEndpoint[], dsts: RefEndpoint[], protocol: Protocol, port: number) => {
        const found = new Set<string>();
        for (const src of srcs) {
          for (const dst of dsts.filter((each) => JSON.stringify(each) !== JSON.stringify(src))) {
            const old = verdict(before, src, dst, protocol, port);
            const now = verdict(after, src, dst, protocol, port);
            if (old.must && !now.may) found.add('lost');
            else if (!old.may && now.must) found.add('gained');
            else if (old.must !== now.must || old.may !== now.may) found.add('undecided');
          }
        }
        return [...found].sort();
      };
      const listed = (row: RefRow | RefExternalRow | undefined, port: string) =>
        (['gained', 'lost', 'undecided'] as const).filter((what) => row?.[what].includes(port));
      const pods = (unit: RefUnit) => unit.running.map(({ key }) => ({ pod: key }));
      const units = unitsOf(before).filter(({ planned }) => planned === 0);
      for (const src of units) {
        for (const dst of units) {
          const { protocol, first, last } = rng.pick(cells);
          const port = rng.pick([first, last]);
          const row = rows.find((each) => each.src === src.id && each.dst === dst.id);
          const actual = fates(pods(src), pods(dst), protocol, port);
          expect(listed(row, `${protocol}/${port}`)).toEqual(actual);
          changed += actual.length;
        }
        for (const row of external.filter((each) => each.src === src.id || each.dst === src.id)) {
          const { protocol, first } = rng.pick(cells);
          const outside = [{ ip: row.representative }];
          const [srcs, dsts] = row.src === src.id ? [pods(src), outside] : [outside, pods(src)];
          const actual = fates(srcs, dsts, protocol, first);
          expect(listed(row, `${protocol}/${first}`)).toEqual(actual);
          changed += actual.length;
        }
      }
    }
    expect(changed).toBeGreaterThan(300);
  });
});
