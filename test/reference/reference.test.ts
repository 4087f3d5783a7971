import { describe, expect, test } from '@jest/globals';
import { formatAddress, parseAddress, parseBlock } from '../support/reference/addresses.ts';
import { verdict } from '../support/reference/evaluator.ts';
import { unitsOf } from '../support/reference/units.ts';
import { ADDRESS_SCENES } from './address-scenes.ts';
import { clinic, ownedPod, played, policies, workload } from './clinic.ts';
import { SCENES } from './scenes.ts';

const ALL = [...SCENES, ...ADDRESS_SCENES];

describe('addresses', () => {
  test.each([
    ['10.0.0.255', 'v4', 0x0a0000ffn],
    ['::', 'v6', 0n],
    ['::1', 'v6', 1n],
    ['fd00::', 'v6', 0xfd00n << 112n],
    ['FD00:0:0:0::9', 'v6', (0xfd00n << 112n) + 9n],
    ['::ffff:10.0.0.1', 'v6', 0xffff0a000001n],
    ['1:2:3:4:5:6:7:8', 'v6', 0x00010002000300040005000600070008n],
  ])('%s', (text, family, value) => {
    const address = parseAddress(text);
    expect(address).toEqual({ family: family === 'v4' ? 4 : 6, value });
    expect(parseAddress(formatAddress(address))).toEqual(address);
  });

  test('blocks ignore host bits', () => {
    expect(parseBlock('10.0.0.13/29')).toEqual({
      family: 4,
      first: 0x0a000008n,
      last: 0x0a00000fn,
      prefix: 29,
    });
    expect(parseBlock('fd00::9/127').first).toBe((0xfd00n << 112n) + 8n);
  });

  test.each(['10.0.0', '10.0.0.256', '1::2::3', '1:2:3', 'fd00::g', '1:2:3:4:5:6:7:8:9'])(
    '%s is no address',
    (text) => {
      expect(() => parseAddress(text)).toThrow(/^not an IPv/);
    },
  );
});

describe('verdicts', () => {
  test.each(ALL)('$title', (scene) => {
    const { expected, actual } = played(scene);
    expect(actual).toEqual(expected);
  });

  test('there are enough of them', () => {
    expect(ALL.flatMap(({ expect: lines }) => lines.trim().split('\n')).length).toBeGreaterThan(100);
  });

  test('a completed pod does not exist', () => {
    const ask = () => verdict(clinic(), { pod: 'clinic/past' }, { pod: 'clinic/desk' }, 'TCP', 80);
    expect(ask).toThrow('there is no live pod clinic/past');
  });

  test('the readings under a foreign policy are those of the analysed policies', () => {
    const cluster = clinic();
    cluster.foreign = [{ kind: 'GlobalNetworkPolicy', namespace: null }];
    const ask = () => verdict(cluster, { pod: 'lab/desk' }, { pod: 'clinic/desk' }, 'TCP', 80);
    expect(ask()).toEqual({ verdict: 'unknown', must: true, may: true });
    cluster.policies = policies('{}');
    expect(ask()).toEqual({ verdict: 'unknown', must: false, may: false });
  });
});

describe('units', () => {
  test('pods are grouped by workload, with and without the objects in between', () => {
    const cluster = { ...clinic(), pods: [] };
    cluster.workloads = [
      workload('ReplicaSet', 'api-1', {}, ['Deployment', 'api']),
      workload('ReplicaSet', 'roll-1', {}, ['Rollout', 'roll']),
      workload('ReplicaSet', 'alone', {}),
      workload('Job', 'night-7', {}, ['CronJob', 'nightly']),
      workload('Job', 'once-7', {}),
    ];
    ownedPod(cluster, 'a', 'ReplicaSet', 'api-1', '1');
    ownedPod(cluster, 'b', 'ReplicaSet', 'roll-1', '1');
    ownedPod(cluster, 'c', 'ReplicaSet', 'alone');
    ownedPod(cluster, 'd', 'Job', 'night-7');
    ownedPod(cluster, 'e', 'Job', 'once-7');
    ownedPod(cluster, 'f', 'ReplicaSet', 'gone-77', '77');
    ownedPod(cluster, 'g', 'ReplicaSet', 'gone-77');
    ownedPod(cluster, 'h', 'Job', 'dusk-29390400');
    ownedPod(cluster, 'i', 'SparkApplication', 'spark');
    expect(unitsOf(cluster).map(({ id, running }) => [id, ...running.map(({ key }) => key)])).toEqual([
      ['clinic/api[Deployment]', 'clinic/a'],
      ['clinic/roll[Rollout]', 'clinic/b'],
      ['clinic/alone[ReplicaSet]', 'clinic/c'],
      ['clinic/nightly[CronJob]', 'clinic/d'],
      ['clinic/once-7[Job]', 'clinic/e'],
      ['clinic/gone[Deployment]', 'clinic/f'],
      ['clinic/gone-77[ReplicaSet]', 'clinic/g'],
      ['clinic/dusk[CronJob]', 'clinic/h'],
      ['clinic/spark[SparkApplication]', 'clinic/i'],
    ]);
  });

  test('templates without live pods are planned', () => {
    const cluster = { ...clinic(), pods: [] };
    const done = workload('Job', 'done', {});
    done.status = { conditions: [{ type: 'Complete', status: 'True' }] };
    const host = workload('DaemonSet', 'host', {});
    host.spec.template!.spec.hostNetwork = true;
    cluster.workloads = [
      workload('Deployment', 'three', { replicas: 3 }),
      workload('StatefulSet', 'zero', { replicas: 0 }),
      workload('Deployment', 'plain', {}),
      workload('DaemonSet', 'agent', {}),
      workload('ReplicaSet', 'three-1', { replicas: 3 }, ['Deployment', 'three']),
      workload('Job', 'night-7', {}, ['CronJob', 'nightly']),
      done,
      host,
    ];
    expect(
      unitsOf(cluster).map(({ id, planned, plannedPods }) => [
        id,
        planned,
        plannedPods.map(({ key }) => key),
      ]),
    ).toEqual([
      [
        'clinic/three[Deployment]',
        3,
        ['clinic/three[Deployment]#planned0', 'clinic/three[Deployment]#planned1'],
      ],
      ['clinic/zero[StatefulSet]', 1, ['clinic/zero[StatefulSet]#planned0']],
      ['clinic/plain[Deployment]', 1, ['clinic/plain[Deployment]#planned0']],
      ['clinic/agent[DaemonSet]', 1, ['clinic/agent[DaemonSet]#planned0']],
    ]);
  });
});
