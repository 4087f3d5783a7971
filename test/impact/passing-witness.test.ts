import { expect, test } from '@jest/globals';
import { compareConnections } from '../support/connections-check.ts';
import { literalProfile, type Pod, type RefCluster } from '../support/reference/objects.ts';
import { randomFrom } from '../support/reference/random.ts';
import { changeOf, profileOf, worldFor } from '../support/reference-world.ts';

test('a row that changed because a pod went has that pod as its witness', () => {
  const pod = (name: string, labels: Record<string, string>, ip: string): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'beta',
      uid: name,
      labels,
      ownerReferences: [{ apiVersion: 'x/v1', kind: 'Rollout', name: 'w', uid: 'w', controller: true }],
    },
    spec: { containers: [{ name: 'c' }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  });
  const going = pod('b', { x: 'y' }, '10.0.0.2');
  const before: RefCluster = {
    namespaces: [],
    nodes: [],
    workloads: [],
    foreign: [],
    profile: literalProfile,
    pods: [pod('a', {}, '10.0.0.1'), going],
    policies: [
      {
        metadata: { name: 'p', namespace: 'beta' },
        spec: {
          podSelector: { matchExpressions: [{ key: 'x', operator: 'Exists' }] },
          policyTypes: ['Ingress'],
          ingress: [{ ports: [{ port: 1 }] }],
        },
      },
    ],
  };
  const after = { ...before, pods: before.pods.slice(0, 1) };
  const change = changeOf([{ kind: 'Pod', before: going }], profileOf(before));
  expect(
    compareConnections(randomFrom(1), { name: 'pod goes', before, after, world: worldFor(before), change }),
  ).toBeGreaterThan(0);
});
