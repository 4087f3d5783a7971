import { describe, expect, test } from '@jest/globals';
import { randomCluster, randomFlow } from '../support/reference/arbitrary.ts';
import { applyEdits, randomChange } from '../support/reference/arbitrary-change.ts';
import { difference } from '../support/reference/difference.ts';
import { verdict } from '../support/reference/evaluator.ts';
import { list } from '../support/reference/objects.ts';
import { randomFrom } from '../support/reference/random.ts';
import { clinic, ownedPod, workload } from './clinic.ts';

describe('generators', () => {
  test('the same seed gives the same cluster, flow and change', () => {
    const make = (seed: number) => {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      return JSON.stringify([cluster, randomFlow(rng, cluster), randomChange(rng, cluster)]);
    };
    expect(make(7)).toBe(make(7));
    expect(make(7)).not.toBe(make(8));
  });

  test('every shape, verdict and edit occurs', () => {
    const seen = new Map<string, number>();
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    const shape = (where: string, value: unknown) => {
      const empty = Array.isArray(value)
        ? value.length === 0
        : value !== null && Object.keys(value ?? 0).length === 0;
      count(
        `${where}: ${value === undefined ? 'absent' : value === null ? 'null' : empty ? 'empty' : 'full'}`,
      );
    };
    for (let seed = 0; seed < 400; seed++) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      for (const { spec } of cluster.policies) {
        shape('podSelector', spec?.podSelector);
        shape('policyTypes', spec?.policyTypes);
        shape('ingress', spec?.ingress);
        shape('egress', spec?.egress);
        for (const clause of list(spec?.ingress)) shape('from', clause.from);
        for (const clause of list(spec?.egress)) shape('to', clause.to);
        for (const clause of [...list(spec?.ingress), ...list(spec?.egress)]) {
          shape('ports', clause.ports);
          for (const peer of [...list(clause.from), ...list(clause.to)]) {
            if (peer.ipBlock) shape('except', peer.ipBlock.except);
            if (peer.podSelector) shape('matchLabels', peer.podSelector.matchLabels);
            if (peer.podSelector) shape('matchExpressions', peer.podSelector.matchExpressions);
          }
        }
      }
      for (const pod of cluster.pods) count(`phase ${pod.status?.phase}`);
      for (let i = 0; i < 5; i++) {
        const { src, dst, protocol, port } = randomFlow(rng, cluster);
        count(verdict(cluster, src, dst, protocol, port).verdict);
      }
      const { edits, after } = randomChange(rng, cluster);
      expect(after).toEqual(applyEdits(cluster, edits));
      count(`${edits.length} edits`);
      for (const { kind, before, after: now } of edits) {
        count(`${kind} ${before === undefined ? 'created' : now === undefined ? 'deleted' : 'updated'}`);
      }
      const { rows, isolation } = difference(cluster, after);
      for (const row of rows) {
        for (const what of ['lost', 'gained', 'undecided'] as const) if (row[what].length > 0) count(what);
        count(`grade ${row.grade}`);
      }
      if (isolation.length > 0) count('isolation');
    }
    const lists = [
      'policyTypes',
      'ingress',
      'egress',
      'from',
      'to',
      'ports',
      'except',
      'matchLabels',
      'matchExpressions',
    ];
    const wanted = [
      ...['podSelector', ...lists].flatMap((where) =>
        ['absent', 'null', 'empty', 'full'].map((s) => `${where}: ${s}`),
      ),
      ...['Running', 'Pending', 'Succeeded', 'Failed'].map((phase) => `phase ${phase}`),
      ...['allowed', 'blocked', 'unknown', 'lost', 'gained', 'undecided', 'isolation'],
      ...['grade withdrawn', 'grade implied', '1 edits', '2 edits', '3 edits', '4 edits'],
      ...['NetworkPolicy', 'Pod', 'Deployment'].flatMap((k) =>
        ['created', 'updated', 'deleted'].map((how) => `${k} ${how}`),
      ),
      ...['Namespace created', 'Namespace updated'],
    ];
    expect(wanted.filter((what) => (seen.get(what) ?? 0) < 5)).toEqual([]);
  });

  test('a Deployment whose template changes takes its live pods along', () => {
    const before = { ...clinic(), pods: [], workloads: [workload('Deployment', 'api', {})] };
    ownedPod(before, 'api-1-x', 'ReplicaSet', 'api-1', '1');
    const [old] = before.workloads;
    const template = { metadata: { labels: { app: 'new' } }, spec: { containers: [{ name: 'c' }] } };
    const after = applyEdits(before, [
      { kind: 'Deployment', before: old!, after: { ...old!, spec: { template } } },
    ]);
    const [pod] = after.pods;
    expect(pod?.metadata.name).toBe('api-1-x');
    expect(pod?.metadata.labels).toEqual({ app: 'new', 'pod-template-hash': '1' });
    expect(pod?.spec.containers).toEqual([{ name: 'c' }]);
  });
});
