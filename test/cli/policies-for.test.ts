import { describe, expect, test } from '@jest/globals';
import { pod, policy, workload } from '../support/build.ts';
import { folderWith, spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

const manifests = (objects: readonly unknown[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

const small = manifests([
  pod('shop/web-1', { labels: { app: 'web' }, owner: 'StatefulSet/web' }),
  pod('shop/web-2', { labels: { app: 'web', canary: 'yes' }, owner: 'StatefulSet/web' }),
  workload('Deployment', 'shop/checkout', 3),
  pod('shop/host', { spec: { hostNetwork: true }, node: 'n1' }),
  policy('shop/deny', '{podSelector: {}}'),
  policy(
    'shop/canary',
    '{podSelector: {matchLabels: {canary: "yes"}}, policyTypes: [Egress], egress: [{}, {}]}',
  ),
  policy('shop/slip', '{podSelector: {matchLabels: {app: chekout}}}'),
]);

const run = (...args: string[]) => spawned([...args, '-f', '-'], {}, small);

describe('netsluice policies-for', () => {
  test('lists the policies of each direction, and those that nearly select the pod', async () => {
    expect(await run('policies-for', 'shop/checkout')).toEqual({
      code: 0,
      err: '',
      out: `shop/checkout
  ingress: isolated, 1 policy selecting it
    shop/deny: no clause, admits nothing
  egress: open, no policy selects it
  nearly: shop/slip selects app=chekout, and here is app=checkout
`,
    });
  });

  test('tells pods apart that other policies select', async () => {
    const { out } = await run('policies-for', 'shop/web');
    expect(out).toBe(`shop/web-1
  ingress: isolated, 1 policy selecting it
    shop/deny: no clause, admits nothing
  egress: open, no policy selects it
shop/web-2
  ingress: isolated, 1 policy selecting it
    shop/deny: no clause, admits nothing
  egress: isolated, 1 policy selecting it
    shop/canary: 2 clauses
`);
  });

  test('as JSON says the same in the published shape', async () => {
    const { code, out } = await run('policies-for', 'pod:shop/web-2', '-o', 'json');
    const document: unknown = JSON.parse(out);
    expect(schemaProblems('policies-for-v1', document)).toEqual([]);
    expect([code, document]).toEqual([
      0,
      {
        schema: 'policies-for/v1',
        of: 'pod:shop/web-2',
        groups: [
          {
            pods: ['shop/web-2'],
            ingress: { isolated: true, policies: [{ policy: 'shop/deny', clauses: 0, certain: true }] },
            egress: { isolated: true, policies: [{ policy: 'shop/canary', clauses: 2, certain: true }] },
            nearly: [],
          },
        ],
        notes: [],
        problems: [],
        partial: null,
      },
    ]);
  });

  test('says what no policy can select', async () => {
    expect((await run('policies-for', 'shop/host')).out).toBe(
      'note: no policy selects pods of the node network\n',
    );
    const odd = await run('policies-for', 'internet');
    expect([odd.code, odd.err]).toEqual([
      2,
      'netsluice: Policies select pods: name one as pod:ns/name, or a workload as ns/workload, not internet.\n',
    ]);
    const gone = await run('policies-for', 'shop/chekout');
    expect([gone.code, gone.err]).toEqual([
      2,
      'netsluice: There is no workload shop/chekout; did you mean checkout?\n',
    ]);
  });
});

describe('netsluice pods-for', () => {
  test('lists the workloads and pods that a policy selects', async () => {
    expect(await run('pods-for', 'shop/deny')).toEqual({
      code: 0,
      err: '',
      out: `shop/deny selects every pod of its namespace for ingress: 2 pods, 3 planned
  shop/checkout[Deployment] (3 planned pods)
  shop/web[StatefulSet] (2 pods): web-1, web-2
`,
    });
  });

  test('names what it nearly selects, where it selects nothing', async () => {
    expect((await run('pods-for', 'shop/slip')).out).toBe(`shop/slip selects app=chekout for ingress: no pod
nearest miss: 3 pods with app=checkout, and it asks for app=chekout
`);
    const { out } = await run('pods-for', 'shop/slip', '-o', 'json');
    const document: unknown = JSON.parse(out);
    expect(schemaProblems('pods-for-v1', document)).toEqual([]);
    expect(document).toEqual({
      schema: 'pods-for/v1',
      policy: 'shop/slip',
      selector: 'app=chekout',
      directions: ['ingress'],
      workloads: [],
      nearest: { asked: 'app=chekout', found: 'app=checkout', pods: 3 },
      problems: [],
      partial: null,
    });
  });

  test('as JSON says the same in the published shape', async () => {
    const { out } = await run('pods-for', 'shop/canary', '-o', 'json');
    const document: unknown = JSON.parse(out);
    expect(schemaProblems('pods-for-v1', document)).toEqual([]);
    expect(document).toMatchObject({
      selector: 'canary=yes',
      directions: ['egress'],
      workloads: [{ id: 'shop/web[StatefulSet]', pods: ['shop/web-2'], planned: 0 }],
      nearest: null,
    });
  });

  test('a policy that is not there ends with 2, one that cannot be read with 3', async () => {
    const gone = await run('pods-for', 'shop/dney');
    expect([gone.code, gone.err]).toEqual([
      2,
      'netsluice: There is no NetworkPolicy shop/dney; did you mean deny?\n',
    ]);
    const odd = await run('pods-for', 'deny');
    expect([odd.code, odd.err]).toEqual([2, 'netsluice: "deny" is no policy: write ns/name.\n']);
    const folder = folderWith({
      'bad.yaml': `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: bad, namespace: shop }
spec: { podSelector: 7 }
`,
    });
    const bad = await spawned(['pods-for', 'shop/bad', '-f', folder]);
    expect([bad.code, bad.out]).toEqual([3, '']);
    expect(bad.err.split('\n').length).toBe(3);
  });
});
