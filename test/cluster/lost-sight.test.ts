import dns from 'node:dns';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { liveKinds } from '../../src/cli/live-kinds.ts';
import { makeThrowawayAuthority } from '../../src/cli/throwaway-certificate.ts';
import { createClient } from '../../src/cluster/client.ts';
import { collectionPath, watchedKinds } from '../../src/cluster/kinds.ts';
import { type LiveView, startLiveView } from '../../src/cluster/live.ts';
import { accountIn } from '../../src/cluster/pod-account.ts';
import { readSurroundings } from '../../src/config.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { review } from '../../src/review/review.ts';
import { makeMetrics } from '../../src/webhook/metrics.ts';
import { checksOf, checksText, isReady } from '../../src/webhook/readiness.ts';
import { worldOf } from '../../src/world/build.ts';
import { denyIngress, shopObjects } from '../review/shop.ts';
import { contextOf, type Json, policy, request } from '../support/build.ts';
import { policyRule, selectedPods } from '../support/injected-rules.ts';
import { type ApiObject, plainClient, refuse, ScriptedApi } from '../support/scripted-api.ts';
import { FakeClock } from './fake-clock.ts';

const pods = '/api/v1/pods';
const paths = watchedKinds.map(collectionPath);

let api: ScriptedApi;
let clock: FakeClock;
let live: LiveView;
let world: ReturnType<typeof worldOf>;
let logged: string[];
let metrics: ReturnType<typeof makeMetrics>;

beforeEach(async () => {
  api = new ScriptedApi();
  await api.start();
  for (const path of paths) api.collection(path);
  for (const object of shopObjects()) api.put(pathOf(object), object as unknown as ApiObject);
  api.document('/apis', { groups: [] });
  clock = new FakeClock();
  logged = [];
  world = worldOf(genericProfile);
  const log = (level: string) => (message: string, fields: Readonly<Record<string, unknown>>) => {
    logged.push([level, message, ...['kind', 'message'].flatMap((key) => fields[key] ?? [])].join(' '));
  };
  live = startLiveView({
    client: plainClient(api),
    clock,
    log: { info: log('info'), warn: log('warn') },
    sink: {
      apply: (events) => world.apply(events),
      *applyAside(events) {
        yield;
        world.apply(events);
      },
    },
  });
  metrics = makeMetrics('test');
  metrics.watchData({ kinds: () => liveKinds(live), caughtUp: async () => undefined });
  await until(() => live.ready());
  for (const path of paths) await api.watching(path);
});

afterEach(async () => {
  metrics.close();
  await live.stop();
  await api.stop();
});

function pathOf(object: Json): string {
  const kind = watchedKinds.find(({ record }) => record === object['kind']);
  if (kind === undefined) throw new Error(`${String(object['kind'])} is not watched`);
  return collectionPath(kind);
}

/** Lets the event loop turn until it is so; the test's own time-out is the ceiling. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Bookmarks come on every watch but that of `except`, until nothing else is stale. */
async function bookmarkAll(except?: string): Promise<void> {
  await until(() => {
    for (const path of paths) if (path !== except) api.bookmark(path);
    return live.freshness().stale.length <= (except === undefined ? 0 : 1);
  });
}

/** What a rule about pods, which is certain, does to a policy in the shop. */
function judged() {
  const rule = policyRule({
    needs: ['Pod'],
    finds: (input) => [{ happens: [`${selectedPods(input).length} pods are hit`] }],
  });
  const { decision, message, warnings } = review(
    request({ after: policy('shop/p', denyIngress) }),
    contextOf(world, {
      rules: [rule],
      settings: { modes: { enforce: 'baseline' } },
      freshness: live.freshness(),
    }),
  );
  return { decision, told: message ?? warnings[0] };
}

function readiness() {
  return checksOf({
    data: { kinds: () => liveKinds(live), caughtUp: async () => undefined },
    waitingFor: () => null,
    certificateProblem: () => null,
    selfDialProblem: () => null,
    settingsProblem: () => null,
    callsNote: () => '',
    draining: () => false,
    more: () => [],
  });
}

const lineOf = (name: string) =>
  checksText(readiness())
    .split('\n')
    .find((line) => line.includes(` ${name} `));

async function series(name: string): Promise<string | undefined> {
  return (await metrics.registry.metrics()).split('\n').find((line) => line.startsWith(`netsluice_${name} `));
}

const rejected = { decision: 'rejected', told: '[test-rule] 7 pods are hit; mend it\nref 3f9c1a2b' };

test('case 66: RBAC that is taken away while running degrades the kind and leaves readiness alone; only warnings are left', async () => {
  expect([judged(), lineOf('watch pods')]).toEqual([rejected, '[+] watch pods ok']);
  expect(await series('watch_degraded{kind="pods"}')).toBe('netsluice_watch_degraded{kind="pods"} 0');
  api.script('watch', pods, refuse(403));
  api.script('list', pods, ...Array.from({ length: 7 }, () => refuse(403)));
  api.drop(pods);
  const denied = 'listing pods: the API server answers 403 (scripted 403)';
  await until(() => clock.isAwaited(30_000));
  expect([isReady(readiness()), lineOf('watch pods')]).toEqual([
    true,
    `[!] watch pods degraded: denied (${denied})`,
  ]);
  expect(logged.filter((line) => line.includes('denied'))).toEqual([
    'warn kind is denied pods watching pods: the API server answers 403 (scripted 403)',
  ]);
  expect(await series('watch_degraded{kind="pods"}')).toBe('netsluice_watch_degraded{kind="pods"} 1');
  // What was seen up to now stays right for as long as any picture does: 150 s.
  expect(judged()).toEqual(rejected);
  clock.advance(151_000);
  await bookmarkAll(pods);
  await until(() => clock.isAwaited(30_000));
  expect(judged()).toEqual({
    decision: 'admitted',
    told: '[test-rule] 7 pods are hit; mend it (data 3 min old)',
  });
  expect([isReady(readiness()), lineOf('watch pods')]).toEqual([
    true,
    `[!] watch pods degraded: denied, stale: last heard of 151 s ago (${denied})`,
  ]);
  // The right comes back, and with it everything else.
  clock.advance(30_000);
  await until(() => lineOf('watch pods') === '[+] watch pods ok');
  await bookmarkAll();
  expect([judged(), lineOf('watch pods')]).toEqual([rejected, '[+] watch pods ok']);
  expect(await series('watch_degraded{kind="pods"}')).toBe('netsluice_watch_degraded{kind="pods"} 0');
});

test('case 67: an API server that restarts is found again within 30 s, without a list, and the first answer is right', async () => {
  const port = Number(new URL(api.url).port);
  const lists = api.requests.filter(({ query }) => !('watch' in query)).length;
  clock.slept.length = 0;
  await api.stop();
  // Everything is refused for a while; each wait is at most 30 s, however long it lasts.
  clock.chance = 0.999;
  await until(() => clock.slept.length >= 40 || clock.isAwaited(0.999 * 30_000));
  expect(Math.max(0, ...clock.slept)).toBeLessThanOrEqual(30_000);
  expect([isReady(readiness()), judged()]).toEqual([true, rejected]);
  await api.start(port);
  api.put(pods, {
    metadata: { name: 'new', namespace: 'shop', labels: { app: 'new' } },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running' },
  });
  clock.advance(30_000);
  for (const path of paths) await api.watching(path);
  const eight = { ...rejected, told: rejected.told.replace('7 pods', '8 pods') };
  await until(() => judged().told === eight.told);
  expect(judged()).toEqual(eight);
  expect(api.requests.filter(({ query }) => !('watch' in query)).length).toBe(lists);
});

test('case 68: while etcd has no leader ages rise, nothing is rejected by them, and all recovers alone', async () => {
  const age = async () => Number((await series('snapshot_age_seconds{kind="pods"}'))?.split(' ')[1]);
  expect(await age()).toBe(0);
  clock.advance(100_000);
  expect([await age(), judged()]).toEqual([100, rejected]);
  // The silent watches are dialled again, are accepted, and still say nothing.
  for (const path of paths) await api.watching(path);
  clock.advance(51_000);
  expect(await age()).toBe(151);
  expect(judged()).toEqual({
    decision: 'admitted',
    told: '[test-rule] 7 pods are hit; mend it (data 3 min old)',
  });
  expect([isReady(readiness()), lineOf('watch pods')?.slice(0, 42)]).toEqual([
    true,
    '[!] watch pods degraded: live, stale: last',
  ]);
  await bookmarkAll();
  expect([await age(), judged(), lineOf('watch pods')]).toEqual([0, rejected, '[+] watch pods ok']);
});

test('case 93: inside a pod the API server is found by its address; no name is ever looked up', async () => {
  const authority = await makeThrowawayAuthority('cluster');
  const pair = await authority.issue({ commonName: 'kube-apiserver', ip: ['127.0.0.1'] });
  const asked: string[] = [];
  const server = createServer(pair, (incoming, response) => {
    asked.push(`${incoming.url} ${incoming.headers.authorization}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const root = mkdtempSync(join(tmpdir(), 'netsluice-test-'));
  const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(account, { recursive: true });
  writeFileSync(join(account, 'ca.crt'), authority.cert);
  writeFileSync(join(account, 'token'), 'of-the-pod');
  const lookup = jest.spyOn(dns, 'lookup');
  const port = String((server.address() as AddressInfo).port);
  try {
    const surroundings = readSurroundings({
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: port,
    });
    const client = await createClient({
      kubeconfig: null,
      context: null,
      account: accountIn(surroundings, account),
    });
    const response = await client.get(
      '/api/v1/pods',
      {},
      { signal: AbortSignal.timeout(20_000), accept: 'application/json' },
    );
    expect([response.status, asked, lookup.mock.calls]).toEqual([
      200,
      ['/api/v1/pods Bearer of-the-pod'],
      [],
    ]);
    for await (const _ of response.body);
  } finally {
    lookup.mockRestore();
    server.closeAllConnections();
    server.close();
    rmSync(root, { recursive: true });
  }
});
