import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openPicture } from '../../src/cli/picture.ts';
import { watchPlatform } from '../../src/cli/platform-watch.ts';
import type { ApiClient } from '../../src/cluster/api-client.ts';
import { type AskedConfig, askPlatform } from '../../src/cluster/platform-config.ts';
import { encodeSnapshot } from '../../src/cluster/snapshot.ts';
import { readServeConfig } from '../../src/config.ts';
import { nothingAsked } from '../../src/model/detected.ts';
import { unknownProfile } from '../../src/model/profile.ts';
import { type Settings, settingsSchema } from '../../src/review/settings.ts';
import { makeLog } from '../../src/webhook/decision-log.ts';
import { worldOf } from '../../src/world/build.ts';
import { puts, recordOf, worldWith } from '../support/build.ts';

function daemonSet(name: string, container: string): { readonly [key: string]: unknown } {
  const spec = { hostNetwork: true, containers: [{ name: container }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { namespace: 'kube-system', name },
    spec: { template: { metadata: { labels: {} }, spec } },
  };
}

const detect = settingsSchema.parse({});
const named = settingsSchema.parse({ platform: { profile: 'antrea' } });
const nothing: AskedConfig = { ...nothingAsked, unanswered: [] };

/** A watch over a cluster that the test changes. */
function watched(first: Settings = detect, answer = nothing) {
  const world = worldWith([daemonSet('cilium', 'cilium-agent')], unknownProfile);
  const cluster = { world, ready: false, settings: first, answer };
  const lines: unknown[] = [];
  let asked = 0;
  const watch = watchPlatform({
    ask: async () => {
      asked += 1;
      return cluster.answer;
    },
    world: () => cluster.world,
    ready: () => cluster.ready,
    absent: () => [],
    settings: () => cluster.settings,
    log: {
      info: (fields: unknown) => lines.push(fields),
      warn: (fields: unknown) => lines.push(fields),
    } as never,
  });
  return { cluster, watch, lines, asked: () => asked };
}

const answered = () => new Promise((resolve) => setImmediate(resolve));

describe('the platform of a live cluster', () => {
  test('is known once everything is listed and answered, and holds readiness until then', async () => {
    const { cluster, watch, lines, asked } = watched();
    const waiting = { name: 'platform', state: 'failed', note: 'not looked at yet' };
    expect(watch.check()).toEqual(waiting);
    await answered();
    expect(watch.check()).toEqual(waiting);
    cluster.ready = true;
    expect(watch.check()).toEqual({
      name: 'platform',
      state: 'ok',
      note: 'cilium: DaemonSet kube-system/cilium',
    });
    expect(asked()).toBe(1);
    expect(watch.detected()?.profile).toBe('cilium');
    expect(lines).toEqual([
      { profile: 'cilium', because: 'DaemonSet kube-system/cilium', answers: {}, used: true },
    ]);
  });

  test('shows in what is about to come, before the world has it', async () => {
    const { cluster, watch } = watched();
    const coming = puts([daemonSet('calico-node', 'calico-node')]);
    expect(watch.detected(coming)).toBe(null);
    await watch.asked;
    expect(watch.detected(coming)?.profile).toBe('calico');
    expect([watch.detected()?.profile, watch.check().note]).toEqual(['calico', 'not looked at yet']);
    cluster.world = worldOf(unknownProfile, coming);
    cluster.ready = true;
    expect(watch.check().note).toBe('calico: DaemonSet kube-system/calico-node');
  });

  test('is asked for again when everything is listed, where something was not answered before', async () => {
    const line = '/apis: the API server answers 500';
    const { cluster, watch, lines, asked } = watched(detect, { ...nothing, unanswered: [line] });
    await watch.asked;
    expect([asked(), lines]).toEqual([1, []]);
    cluster.ready = true;
    watch.detected();
    await answered();
    watch.detected();
    await answered();
    expect([asked(), lines.slice(-1)]).toEqual([2, [{ line }]]);
  });

  test('is looked at again when the settings are read anew, and not before', async () => {
    const { cluster, watch, asked } = watched();
    cluster.ready = true;
    watch.detected();
    await answered();
    expect(watch.detected()?.profile).toBe('cilium');
    cluster.world = worldWith([daemonSet('calico-node', 'calico-node')], unknownProfile);
    cluster.answer = { ...nothing, unanswered: ['/apis: the API server answers 403'] };
    await answered();
    expect([watch.detected()?.profile, asked()]).toEqual(['cilium', 1]);
    cluster.settings = settingsSchema.parse({ detail: 'names' });
    watch.detected();
    await answered();
    expect([watch.detected()?.profile, asked()]).toEqual(['calico', 2]);
  });

  test('is told and not used where the settings name one, and readiness does not wait for it', async () => {
    const { cluster, watch } = watched(named);
    expect(watch.check()).toEqual({
      name: 'platform',
      state: 'ok',
      note: 'antrea, as the settings say; detected not looked at yet',
    });
    cluster.ready = true;
    watch.detected();
    await answered();
    expect(watch.check().note).toBe(
      'antrea, as the settings say; detected cilium: DaemonSet kube-system/cilium',
    );
  });
});

describe('what is asked of the API server', () => {
  const body = (value: unknown) =>
    (async function* () {
      yield Buffer.from(JSON.stringify(value));
    })();

  function client(answers: Readonly<Record<string, readonly [number, unknown]>>): ApiClient {
    return {
      get: async (path) => {
        const [status, value] = answers[path] ?? [404, {}];
        return { status, headers: new Map(), body: body(value) };
      },
      write: async () => {
        throw new Error('nothing is written');
      },
    };
  }

  test('the groups and two ConfigMaps by name', async () => {
    const maps = '/api/v1/namespaces/kube-system/configmaps';
    const asked = await askPlatform(
      client({
        '/apis': [200, { groups: [{ name: 'apps' }, { name: 'cilium.io' }, {}] }],
        [`${maps}/cilium-config`]: [200, { data: { 'enable-policy': 'always', odd: 5 } }],
      }),
    );
    expect(asked).toEqual({
      groups: new Set(['apps', 'cilium.io']),
      ciliumConfig: new Map([['enable-policy', 'always']]),
      awsConfig: null,
      unanswered: [],
    });
  });

  test('what is refused or broken is told and leaves less known', async () => {
    const maps = '/api/v1/namespaces/kube-system/configmaps';
    const refused = client({ '/apis': [403, {}], [`${maps}/amazon-vpc-cni`]: [500, 'x'] });
    expect(await askPlatform(refused)).toEqual({
      ...nothingAsked,
      unanswered: [
        '/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni: the API server answers 500',
        '/apis: the API server answers 403',
      ],
    });
    const gone: ApiClient = { ...refused, get: () => Promise.reject(new Error('gone')) };
    expect((await askPlatform(gone)).unanswered).toHaveLength(3);
  });
});

describe('serve over a snapshot', () => {
  const objects = [daemonSet('cilium', 'cilium-agent')].map((each) => recordOf(each));
  const file = join(mkdtempSync(join(tmpdir(), 'netsluice-serve-')), 'saved');

  async function pictureOf(settings: Settings, path: string) {
    const read = readServeConfig({ cert: 'c', key: 'k', snapshot: [path] }, {});
    if ('problem' in read) throw new Error(read.problem);
    return openPicture(read.config, () => settings, makeLog('error'));
  }

  test('judges under the platform that was detected, or that the settings name', async () => {
    writeFileSync(
      file,
      encodeSnapshot({
        takenAt: '2026-11-21T18:00:00Z',
        version: '0.1.0',
        cluster: null,
        platform: { profile: 'cilium', answers: { unselectedPods: 'closed' }, because: 'DaemonSet x' },
        absent: ['Ingress'],
        redacted: false,
        objects,
      }),
    );
    const picture = await pictureOf(detect, file);
    if ('problem' in picture) throw new Error(picture.problem);
    const { id, unselectedPods, ipBlockPods } = picture.sight?.world().profile ?? unknownProfile;
    expect([id, unselectedPods, ipBlockPods]).toEqual(['cilium', 'closed', 'does-not-match']);
    expect(picture.checks?.()).toEqual([{ name: 'platform', state: 'ok', note: 'cilium: DaemonSet x' }]);
    expect(picture.kinds()).toEqual([
      { kind: 'snapshot', synced: true, note: '', objects: 1, degraded: false, ageSeconds: 0 },
    ]);
    expect(picture.sight?.freshness()).toEqual({ stale: [], absent: ['Ingress'] });
    const other = await pictureOf(named, file);
    expect('sight' in other && other.sight?.world().profile.id).toBe('antrea');
  });

  test('a broken one is one sentence', async () => {
    writeFileSync(file, Buffer.from([0x1f, 0x8b, 1, 2]));
    expect(await pictureOf(detect, file)).toEqual({
      problem: expect.stringMatching(/^The snapshot \S+ cannot be read: it is no snapshot of netsluice/),
    });
  });
});
