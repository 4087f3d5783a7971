import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { collectionPath, watchedKinds } from '../../src/cluster/kinds.ts';
import { namespace, pod, policy } from '../support/build.ts';
import { type ApiObject, refuse, ScriptedApi } from '../support/scripted-api.ts';
import { folderWith, spawned } from './program.ts';

let api: ScriptedApi;
let config = '';

beforeAll(async () => {
  api = new ScriptedApi();
  await api.start();
  for (const kind of watchedKinds) api.collection(collectionPath(kind));
  api.document('/apis', { groups: [] });
  api.document('/version', { gitVersion: 'v1.36.0' });
  const put = (path: string, object: unknown): void => api.put(path, object as ApiObject);
  put('/api/v1/namespaces', namespace('shop'));
  for (const name of ['web', 'db']) put('/api/v1/pods', pod(`shop/${name}`));
  put(
    '/apis/networking.k8s.io/v1/networkpolicies',
    policy('shop/db', '{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}'),
  );
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'c', cluster: { server: api.url } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
  });
  config = `${folderWith({ config: text })}/config`;
});

afterAll(() => api.stop());

describe('a live cluster', () => {
  test('answers each of the commands', async () => {
    const live = ['--kubeconfig', config, '--context', 'test'];
    expect(await spawned(['trace', 'shop/web', 'shop/db', '5432', ...live])).toEqual({
      code: 0,
      err: '',
      out: `shop/web -> shop/db on 5432/TCP is allowed
egress of shop/web: allowed, no policy isolates it
ingress of shop/db: allowed, 1 policy selects it
  shop/db admits it by ingress[0]
`,
    });
    const connections = await spawned(['connections', ...live]);
    expect([connections.code, connections.out.split('\n').slice(0, 3)]).toEqual([
      0,
      ['internet', '  -> shop/db: 5432/TCP', '  -> shop/web: all ports'],
    ]);
    expect((await spawned(['policies-for', 'shop/db', ...live])).out.split('\n')[2]).toBe(
      '    shop/db: 1 clause',
    );
    expect((await spawned(['pods-for', 'shop/db', ...live])).out.split('\n')[1]).toBe(
      '  shop/db[Pod] (1 pod): db',
    );
  });

  test('is what a plan is laid over', async () => {
    const folder = folderWith({
      'deny.yaml': JSON.stringify(policy('shop/db', '{podSelector: {matchLabels: {app: db}}}')),
    });
    const args = ['-f', folder, '--kubeconfig', config, '--context', 'test', '--no-config', '-o', 'json'];
    const { code, out } = await spawned(['plan', ...args]);
    const { headline, changes } = JSON.parse(out);
    expect([code, headline]).toEqual([
      0,
      'blocks 2 connections (internet -> shop/db:5432/TCP, +1) (undeclared ports only)',
    ]);
    expect(changes.map(({ src, dst }: { src: string; dst: string }) => `${src} ${dst}`)).toEqual([
      'ip:0.0.0.0-255.255.255.255 shop/db[Pod]',
      'ip:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff shop/db[Pod]',
      'shop/web[Pod] shop/db[Pod]',
    ]);
  });

  test('what may not be listed is told and ends with 3, but not what no verdict rests on', async () => {
    const flow = ['trace', 'shop/web', 'shop/db', '5432', '--kubeconfig', config];
    // However often it is asked again meanwhile.
    const refused = Array.from({ length: 50 }, () => refuse(403));
    api.script('list', '/api/v1/services', ...refused);
    expect((await spawned(flow)).code).toBe(0);
    api.script('list', '/api/v1/nodes', ...refused);
    const partial = await spawned(flow);
    expect([partial.code, partial.out.split('\n').at(-2)]).toEqual([
      3,
      'not examined: Node could not be listed',
    ]);
    const nobody = await spawned(['trace', 'a/b', 'a/c', '1', '--kubeconfig', '/nowhere']);
    expect([nobody.code, nobody.out]).toEqual([3, '']);
    expect(nobody.err).toMatch(/^netsluice: The kubeconfig \/nowhere cannot be read: /);
  });
});
