import { describe, expect, test } from '@jest/globals';
import { folderWith, spawned } from './program.ts';

const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: registry.example/web}]}}
`;
const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
`;

async function told(files: Readonly<Record<string, string>>, ...args: string[]): Promise<string[]> {
  const { out } = await spawned(['lint', '-f', folderWith(files), '-o', 'compact', ...args]);
  return out.split('\n').flatMap((line) => {
    const [, where, rest] = /([\w-]+\.yaml:\d+:\d+): (.*default-deny.*)$/.exec(line) ?? [];
    return where === undefined ? [] : [`${where} ${rest}`];
  });
}

describe('a namespace with pods and without any policy', () => {
  const said =
    'info namespace-missing-default-deny: no policy selects any pod of shop, so 2 planned pods are open both ways; add a default-deny; netsluice generate default-deny -n shop writes one';

  test('is told on the Namespace, wherever it stands', async () => {
    expect(await told({ 'a.yaml': web, 'b.yaml': namespace })).toEqual([
      `b.yaml:3:18 ${said} (Namespace shop)`,
    ]);
  });

  test('is told on its first workload where the Namespace is not in the input', async () => {
    expect(await told({ 'a.yaml': web })).toEqual([`a.yaml:3:34 ${said} (Deployment shop/web)`]);
  });

  test.each([
    ['it has a policy', { 'a.yaml': web, 'b.yaml': policy }, []],
    ['nothing is known of its pods', { 'b.yaml': namespace }, []],
    ['it is of the system', { 'a.yaml': web.replaceAll('shop', 'kube-system') }, []],
    ['the settings switch the rule off', { 'a.yaml': web }, ['rules: {namespace-missing-default-deny: off}']],
    ['the settings exempt it', { 'a.yaml': web }, ['exempt: {namespaces: [shop]}']],
  ])('is silent where %s', async (_, files, [settings]) => {
    const file = `${folderWith({ 'settings.yaml': settings ?? '{}' })}/settings.yaml`;
    expect(await told(files, '--settings', file)).toEqual([]);
  });
});
