import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPicture } from '../../src/cli/picture.ts';
import { collectionPath, watchedKinds } from '../../src/cluster/kinds.ts';
import { decodeSnapshot } from '../../src/cluster/snapshot.ts';
import { readServeConfig } from '../../src/config.ts';
import { unknownProfile } from '../../src/model/profile.ts';
import { defaultSettings } from '../../src/review/settings.ts';
import { makeLog } from '../../src/webhook/decision-log.ts';
import { namespace, pod, policy } from '../support/build.ts';
import { type ApiObject, refuse, ScriptedApi } from '../support/scripted-api.ts';
import { folderWith, spawned } from './program.ts';

let api: ScriptedApi;
let folder = '';

const agent = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'cilium', namespace: 'kube-system' },
  spec: {
    template: {
      metadata: { labels: {} },
      spec: { hostNetwork: true, containers: [{ name: 'cilium-agent' }] },
    },
  },
};

beforeAll(async () => {
  api = new ScriptedApi();
  await api.start();
  for (const kind of watchedKinds) api.collection(collectionPath(kind));
  api.document('/apis', { groups: [{ name: 'cilium.io' }] });
  api.document('/version', { gitVersion: 'v1.36.0' });
  api.document('/api/v1/namespaces/kube-system/configmaps/cilium-config', {
    data: { 'enable-policy': 'always' },
  });
  const put = (path: string, object: unknown): void => api.put(path, object as ApiObject);
  put('/api/v1/namespaces', namespace('shop'));
  put('/api/v1/pods', pod('shop/db', { ips: ['10.1.2.3'] }));
  put('/apis/apps/v1/daemonsets', agent);
  put('/apis/networking.k8s.io/v1/networkpolicies', policy('shop/db', '{podSelector: {}}'));
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'c', cluster: { server: api.url } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
  });
  folder = folderWith({ config: text });
});

afterAll(() => api.stop());

test('serve judges by the plugin that it detects, and is ready only then', async () => {
  const read = readServeConfig({ cert: 'c', key: 'k', kubeconfig: `${folder}/config` }, {});
  if ('problem' in read) throw new Error(read.problem);
  const picture = await openPicture(read.config, () => defaultSettings, makeLog('error'));
  if ('problem' in picture) throw new Error(picture.problem);
  try {
    const check = () => picture.checks?.()[0];
    expect(check()).toEqual({ name: 'platform', state: 'failed', note: 'not looked at yet' });
    while (check()?.state !== 'ok') await pause(20);
    expect(check()?.note).toBe('cilium: DaemonSet kube-system/cilium, enable-policy in cilium-config');
    const { id, unselectedPods } = picture.sight?.world().profile ?? unknownProfile;
    expect([id, unselectedPods]).toEqual(['cilium', 'closed']);
    expect([...(picture.sight?.world().records('Pod') ?? [])].map(({ name }) => name)).toEqual(['db']);
  } finally {
    picture.stop();
  }
}, 60_000);

describe('a snapshot of a live cluster', () => {
  test('holds its objects and its network plugin, by which it is judged afterwards', async () => {
    const file = `${folder}/live.snapshot`;
    const { code, err } = await spawned(['snapshot', '--kubeconfig', `${folder}/config`, '-o', file]);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(
        '; network plugin: cilium (DaemonSet kube-system/cilium, enable-policy in cilium-config)\n',
      ),
    ]);
    const snapshot = decodeSnapshot(readFileSync(file));
    if ('problem' in snapshot) throw new Error(snapshot.problem);
    expect(snapshot.objects.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'DaemonSet cilium',
      'Namespace shop',
      'NetworkPolicy db',
      'Pod db',
    ]);
    expect([snapshot.platform, snapshot.absent]).toEqual([
      {
        profile: 'cilium',
        answers: { unselectedPods: 'closed' },
        because: 'DaemonSet kube-system/cilium, enable-policy in cilium-config',
      },
      [],
    ]);
    // Cilium that closes every pod: egress of a pod that no policy isolates is blocked.
    const { out } = await spawned(['trace', 'shop/db', 'internet', '443', '--snapshot', file]);
    expect(out.split('\n')[0]).toBe('shop/db -> internet on 443/TCP is blocked');
  });

  test('tells what was denied, and ends with 3 where verdicts rest on it', async () => {
    api.script('list', '/api/v1/nodes', ...Array.from({ length: 9 }, () => refuse(403)));
    const file = `${folder}/part.snapshot`;
    const { code, err } = await spawned(['snapshot', '--kubeconfig', `${folder}/config`, '-o', file]);
    expect([code, err]).toEqual([3, expect.stringContaining('; not there or not to be listed: Node\n')]);
    const again = await spawned(['trace', 'shop/db', 'internet', '443', '--snapshot', file]);
    expect([again.code, again.out.split('\n').at(-2)]).toEqual([3, 'not examined: Node could not be listed']);
  });
});
