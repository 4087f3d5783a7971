import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { collectionPath, watchedKinds } from '../../src/cluster/kinds.ts';
import { namespace, pod, policy } from '../support/build.ts';
import { type ApiObject, refuse, ScriptedApi } from '../support/scripted-api.ts';
import { folderWith, netsluice, spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

const namespaces = '/api/v1/namespaces';
const pods = '/api/v1/pods';
const policies = '/apis/networking.k8s.io/v1/networkpolicies';

let api: ScriptedApi;

beforeAll(async () => {
  api = new ScriptedApi();
  await api.start();
  for (const kind of watchedKinds) api.collection(collectionPath(kind));
  api.document('/apis', { groups: [] });
  api.document('/version', { gitVersion: 'v1.36.0' });
  const put = (path: string, object: unknown): void => api.put(path, object as ApiObject);
  for (const name of ['shop', 'lab', 'kube-system', 'netsluice']) put(namespaces, namespace(name));
  put(namespaces, namespace('strict', { 'netsluice.dev/enforce': 'restricted' }));
  for (const name of ['shop', 'lab', 'kube-system', 'netsluice', 'strict'])
    put(pods, pod(`${name}/web`, { labels: { app: 'web' } }));
  const stray = '{podSelector: {}, policyTypes: [Ingress], egress: [{}]}';
  for (const name of ['shop/stray', 'shop/other', 'lab/stray', 'kube-system/stray', 'netsluice/stray'])
    put(policies, policy(name, stray));
  put(
    policies,
    policy(
      'shop/nobody',
      '{podSelector: {matchExpressions: [{key: a, operator: Exists}, {key: a, operator: DoesNotExist}]}}',
    ),
  );
  put(
    policies,
    policy(
      'shop/good',
      '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}',
    ),
  );
  // An open ingress is an error of the restricted level only.
  for (const name of ['strict/open', 'lab/open'])
    put(policies, policy(name, '{podSelector: {}, ingress: [{}]}'));
});

afterAll(() => api.stop());

function kubeconfig(): string {
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'c', cluster: { server: api.url } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
  });
  return `${folderWith({ config: text })}/config`;
}

const settings = `exempt: {namespaces: [lab]}
waivers: [{rule: rules-without-policy-type, namespace: shop, name: other, reason: known, until: 2999-12-31}]
`;

const fix = '1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it';

describe('netsluice rollout', () => {
  test('lists what would be rejected, by namespace and rule, with the fix', async () => {
    const folder = folderWith({ 's.yaml': settings });
    const args = [
      '--kubeconfig',
      kubeconfig(),
      '--settings',
      `${folder}/s.yaml`,
      '--own-namespace',
      'netsluice',
    ];
    const { code, out } = await netsluice(['rollout', '--enforce', 'baseline', ...args]);
    expect([code, ...out.split('\n')]).toEqual([
      1,
      'shop: 2 policies',
      '  selector-contradiction (1)',
      '    nobody: a and !a never hold together, so it selects no pod; drop one of the requirements',
      '  rules-without-policy-type (1)',
      `    stray: ${fix}`,
      'strict: 1 policy',
      '  rule-open-to-any-peer (1)',
      '    open: everybody, inside and outside the cluster, gets in on all ports; name the peers in from',
      '3 of 5 policies would be rejected if they were created now with enforce=baseline; 4 more in namespaces where nothing is enforced',
      'What is there stays: its findings are old until it affects more pods.',
      '',
    ]);
  });

  test('tells the same as JSON', async () => {
    const { code, out } = await spawned(['rollout', '--enforce', 'restricted', '-o', 'json'], {
      KUBECONFIG: kubeconfig(),
    });
    const document: unknown = JSON.parse(out);
    expect(schemaProblems('rollout-v1', document)).toEqual([]);
    expect(document).toMatchObject({
      schema: 'rollout/v1',
      enforce: 'restricted',
      summary: { policies: 8, rejected: 7, notEnforced: { exempt: 0, off: 1 } },
      gaps: [],
    });
    expect(code).toBe(1);
    const [lab] = (document as { namespaces: { namespace: string; rules: object[] }[] }).namespaces;
    expect(lab?.rules[1]).toMatchObject({
      rule: 'rules-without-policy-type',
      policies: [{ name: 'stray', key: 'egress', at: 'spec.egress', text: fix, affected: 0 }],
    });
  });

  test('ends with 0 where there is none', async () => {
    const folder = folderWith({ 'good.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n' });
    expect(await netsluice(['rollout', '--enforce', 'baseline', '--snapshot', folder])).toEqual({
      code: 0,
      err: '',
      out: '0 of 0 policies would be rejected if they were created now with enforce=baseline\n',
    });
  });

  test('what is not known is told, and ends with 3', async () => {
    const always = Array.from({ length: 500 }, () => refuse(403));
    api.script('list', '/api/v1/services', ...always);
    const denied = await netsluice(['rollout', '--enforce', 'baseline', '--kubeconfig', kubeconfig()]);
    expect([denied.code, denied.out.split('\n').at(-2)]).toEqual([
      3,
      'not known: Service could not be listed; rules that need it rejected nothing',
    ]);
    api.script('list', pods, ...always);
    const blind = await netsluice(['rollout', '--enforce', 'baseline', '--kubeconfig', kubeconfig()]);
    expect([blind.code, blind.out, blind.err]).toEqual([
      3,
      '',
      'netsluice: The cluster cannot be read: pods: listing pods: the API server answers 403 (scripted 403).\n',
    ]);
    const nobody = await netsluice(['rollout', '--enforce', 'baseline', '--kubeconfig', '/nowhere']);
    expect([nobody.code, nobody.out]).toEqual([3, '']);
    expect(nobody.err).toMatch(/^netsluice: The kubeconfig \/nowhere cannot be read: /);
  });

  test('wrong usage ends with 2', async () => {
    expect((await netsluice(['rollout'])).code).toBe(2);
    const high = await netsluice(['rollout', '--enforce', 'high']);
    expect([high.code, high.err]).toEqual([
      2,
      "error: option '--enforce <LEVEL>' argument 'high' is invalid. Allowed choices are baseline, restricted.\n",
    ]);
  });
});
