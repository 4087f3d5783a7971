import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { blocksOf, type Chain } from '../../src/certificates/chain.ts';
import { bundlesIn, configurationPath } from '../../src/certificates/configuration.ts';
import { type Keeper, secretPath, serviceNames, startKeeper } from '../../src/certificates/keeper.ts';
import { standardTimes, type Times } from '../../src/certificates/plan.ts';
import { rotateAnnotation, storedIn } from '../../src/certificates/stored.ts';
import { SteppedClock } from '../cluster/stepped-clock.ts';
import { ObjectStore } from '../support/object-store.ts';

const names = serviceNames('netsluice', 'netsluice-system');
const secret = secretPath('netsluice-system', 'netsluice-tls');
const configuration = configurationPath('netsluice');
const minute = 60_000;

const entries = ['policies.netsluice.dev', 'namespaces.netsluice.dev'].map((name) => ({
  name,
  clientConfig: { service: { name: 'netsluice', namespace: 'netsluice-system', path: '/validate' } },
  rules: [{ operations: ['CREATE'], scope: 'Namespaced' }],
  failurePolicy: 'Ignore',
}));

const running: Keeper[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((keeper) => keeper.stop()));
});

interface Replica {
  readonly keeper: Keeper;
  readonly log: string[];
  readonly lead: (leads: boolean) => void;
}

/** A cluster as the chart leaves it: an empty Secret, and a configuration without any `caBundle`. */
function scene(times: Times = standardTimes, begin = Date.parse('2026-03-01T12:00:00Z')) {
  const store = new ObjectStore();
  const clock = new SteppedClock();
  const started = clock.now();
  const jumps = { ms: 0 };
  const wall = () => new Date(begin + jumps.ms + clock.now() - started);
  store.put(secret, { kind: 'Secret', metadata: { name: 'netsluice-tls', labels: { app: 'x' } } });
  store.put(configuration, { metadata: { name: 'netsluice', generation: 1 }, webhooks: entries });
  const replica = (leads = true): Replica => {
    const log: string[] = [];
    const state = { leads };
    const keeper = startKeeper({
      ...{ objects: store, clock, wall, names, times },
      namespace: 'netsluice-system',
      secret: 'netsluice-tls',
      configuration: 'netsluice',
      leadership: { leading: () => state.leads, stop: async () => undefined },
      log: { info: (message) => log.push(message), warn: (message) => log.push(`warn: ${message}`) },
    });
    running.push(keeper);
    clock.loops += 1;
    const lead = (value: boolean) => {
      state.leads = value;
    };
    return { keeper, log, lead };
  };
  const stored = () => storedIn(store.object(secret), names, wall());
  const bundles = () => bundlesIn(store.object(configuration)).map(blocksOf);
  const writes = () => store.writes.map(({ path }) => (path === secret ? 'secret' : 'bundle'));
  const annotate = (annotations: object) => {
    const object = store.object(secret) as { metadata: object };
    store.put(secret, { ...object, metadata: { ...object.metadata, annotations } });
  };
  /** What is in use now. */
  const served = (): Chain => {
    const { current } = stored();
    if (current === null) throw new Error('nothing can be served');
    return current.chain;
  };
  return { store, clock, wall, jumps, replica, stored, bundles, writes, annotate, served };
}

describe('the keeper', () => {
  test('fills an empty Secret, publishes the authority in every entry, then rests', async () => {
    const { store, clock, replica, bundles, writes, served } = scene();
    const { log } = replica();
    await clock.pass(0);
    expect(writes()).toEqual(['secret', 'bundle']);
    expect(bundles()).toEqual([[served().authority], [served().authority]]);
    const object = store.object(secret) as unknown as { data: object };
    expect(Object.keys(object.data).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    await clock.pass(3 * minute);
    expect(writes()).toEqual(['secret', 'bundle']);
    expect(log).toEqual([
      'a new certificate was made, as none could be used',
      'the caBundle of the webhook configuration was written',
    ]);
  });

  test('touches nothing else: labels, other data, rules and fields of a later API stay as they are', async () => {
    const { store, clock, replica } = scene();
    const odd = {
      metadata: { name: 'netsluice', annotations: { a: 'b' } },
      webhooks: [{ ...entries[0], later: [1] }],
    };
    store.put(configuration, odd);
    store.put(secret, { type: 'Opaque', metadata: { labels: { app: 'x' } }, data: { other: 'eA==' } });
    replica();
    await clock.pass(0);
    const caBundle = expect.any(String);
    const version = { resourceVersion: expect.any(String) };
    expect(store.object(configuration)).toEqual({
      metadata: { ...odd.metadata, ...version },
      webhooks: [{ ...entries[0], later: [1], clientConfig: { ...entries[0]?.clientConfig, caBundle } }],
    });
    expect(store.object(secret)).toEqual({
      type: 'Opaque',
      metadata: { labels: { app: 'x' }, annotations: {}, ...version },
      data: { other: 'eA==', 'ca.crt': caBundle, 'tls.crt': caBundle, 'tls.key': caBundle },
    });
  });

  test('one that does not lead writes nothing', async () => {
    const { clock, replica, writes } = scene();
    replica(false);
    await clock.pass(2 * minute);
    expect(writes()).toEqual([]);
  });

  test('renews after two thirds: both authorities published, five minutes, switch; the old one stays until its leaf ends', async () => {
    const { clock, jumps, replica, bundles, writes, served, stored } = scene();
    replica();
    await clock.pass(0);
    const first = served();
    jumps.ms = 61 * 86_400_000;
    await clock.pass(5_000);
    const next = stored().next?.chain;
    expect(bundles()).toEqual(Array(2).fill([first.authority, next?.authority]));
    await clock.pass(5 * minute - 1);
    expect(served()).toEqual(first);
    await clock.pass(1);
    expect(served()).toEqual(next);
    expect(bundles()).toEqual(Array(2).fill([next?.authority, first.authority]));
    expect(writes()).toEqual(['secret', 'bundle', 'secret', 'bundle', 'secret', 'bundle']);
    jumps.ms = 90 * 86_400_000;
    await clock.pass(5_000);
    expect(bundles()).toEqual(Array(2).fill([next?.authority]));
    expect(stored().previous).toEqual([]);
  });

  test('case 72: a clock that is ahead for a while leaves nothing behind that does not hold yet', async () => {
    const { clock, jumps, replica, served, stored } = scene();
    replica();
    await clock.pass(0);
    const first = served();
    jumps.ms = 61 * 86_400_000;
    await clock.pass(minute);
    expect(stored().next).not.toBeNull();
    jumps.ms = 0;
    await clock.pass(3 * minute);
    expect(served()).toEqual(first);
    expect(stored().next).toBeNull();
  });

  test('case 72: after a suspend past the end of everything a new one is in force at once', async () => {
    const { clock, jumps, replica, served, bundles, stored } = scene();
    replica();
    await clock.pass(0);
    const first = served();
    jumps.ms = 800 * 86_400_000;
    await clock.pass(5_000);
    expect(served()).not.toEqual(first);
    expect(bundles()).toEqual(Array(2).fill([served().authority]));
    expect(stored().problem).toBeNull();
  });

  test('a wish on the Secret begins a rotation once, and is taken away', async () => {
    const { store, clock, replica, annotate, served, stored } = scene();
    const { log } = replica();
    await clock.pass(0);
    const first = served();
    annotate({ [rotateAnnotation]: 'now', other: 'kept' });
    await clock.pass(5_000);
    expect(stored().next).not.toBeNull();
    expect(store.object(secret)?.metadata['annotations']).toEqual({ other: 'kept' });
    await clock.pass(5 * minute);
    expect([served() === first, stored().next, stored().previous.map(({ pem }) => pem)]).toEqual([
      false,
      null,
      [first.authority],
    ]);
    await clock.pass(3 * minute);
    expect(log.filter((line) => line.startsWith('the next certificate'))).toEqual([
      'the next certificate was made; its authority is published before it is used',
      'the next certificate is in use',
    ]);
  });

  test('case 80: a changed caBundle is restored within seconds, said once, and starts the wait anew', async () => {
    const { store, clock, replica, annotate, bundles, served, stored } = scene();
    const { log } = replica();
    await clock.pass(0);
    const first = served();
    annotate({ [rotateAnnotation]: 'now' });
    await clock.pass(3 * minute);
    const wanted = bundles();
    store.put(configuration, { metadata: { name: 'netsluice' }, webhooks: [entries[0]] });
    await clock.pass(5_000);
    expect(bundles()).toEqual([wanted[0]]);
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: somebody else changed the caBundle; it is restored',
    ]);
    await clock.pass(4 * minute);
    expect(served()).toEqual(first);
    await clock.pass(minute);
    expect(stored().current?.chain).not.toEqual(first);
  });

  test('case 80: a deleted configuration is not made again, and is filled when it comes back', async () => {
    const { store, clock, replica, bundles, served } = scene();
    replica();
    await clock.pass(0);
    await store.remove(configuration);
    await clock.pass(2 * minute);
    expect(store.paths()).toEqual([secret]);
    store.put(configuration, { metadata: { name: 'netsluice' }, webhooks: entries });
    await clock.pass(5_000);
    expect(bundles()).toEqual(Array(2).fill([served().authority]));
  });

  test('case 100: a Secret that a former installation left is adopted where it fits', async () => {
    const former = scene();
    former.replica();
    await former.clock.pass(0);
    const left = former.store.object(secret);
    const { store, clock, replica, bundles, writes } = scene();
    store.put(secret, left as object);
    replica();
    await clock.pass(0);
    expect(writes()).toEqual(['bundle']);
    expect(bundles()).toEqual(Array(2).fill([former.served().authority]));
  });

  test('case 100: one that names another Service is replaced; its authority stays known while a leaf may be served', async () => {
    const { store, clock, replica, bundles, served, stored } = scene();
    const former = scene();
    former.replica();
    await former.clock.pass(0);
    const left = former.store.object(secret) as unknown as { data: Record<string, string> };
    store.put(secret, { metadata: {}, data: { ...left.data, 'tls.key': 'bm9uc2Vuc2U=' } });
    replica();
    await clock.pass(0);
    expect(stored().problem).toBeNull();
    expect(bundles()).toEqual(Array(2).fill([served().authority, former.served().authority]));
  });

  test('case 89: the next leader goes on where a killed one stopped, and waits anew', async () => {
    const { clock, replica, annotate, served, stored } = scene();
    const first = replica();
    await clock.pass(0);
    const old = served();
    annotate({ [rotateAnnotation]: 'now' });
    await clock.pass(4 * minute);
    const next = stored().next?.chain;
    first.lead(false);
    replica();
    await clock.pass(5 * minute - 1);
    expect(served()).toEqual(old);
    await clock.pass(1_001);
    expect(served()).toEqual(next);
    expect(next).toBeDefined();
  });

  test('case 89: two leaders at once still make one chain, and both keep quiet about it', async () => {
    const { clock, replica, bundles, served, writes, annotate, stored } = scene();
    const [a, b] = [replica(), replica()];
    await clock.pass(2_000);
    expect(bundles()).toEqual(Array(2).fill([served().authority]));
    annotate({ [rotateAnnotation]: 'now' });
    await clock.pass(6 * minute);
    expect(stored().previous).toHaveLength(1);
    expect(bundles()).toEqual(Array(2).fill([served().authority, stored().previous[0]?.pem]));
    expect([...a.log, ...b.log].filter((line) => line.startsWith('warn'))).toEqual([]);
    expect(writes().filter((each) => each === 'secret').length).toBeLessThanOrEqual(6);
  });

  test.each(['read', 'replace'] as const)(
    'a refused %s says once what to allow, and goes on when it is',
    async (verb) => {
      const { store, clock, replica, served } = scene();
      for (let time = 0; time < 4; time += 1) store.refusals.push({ verb, status: 403 });
      const { keeper, log } = replica();
      await clock.pass(0);
      const problem =
        'The certificate cannot be kept: refused with 403. ' +
        'Allow this service account to get and update that Secret and that webhook configuration.';
      expect(keeper.problem()).toBe(problem);
      await clock.pass(2 * minute);
      expect(keeper.problem()).toBeNull();
      expect(served().leaf).toContain('BEGIN CERTIFICATE');
      expect(log.filter((line) => !line.startsWith('a new') && !line.startsWith('the caBundle'))).toEqual([
        `warn: ${problem}`,
        'the certificate can be kept again',
      ]);
    },
  );

  test('a Secret that somebody deleted is asked for, and filled as soon as it is there', async () => {
    const { store, clock, replica, served } = scene();
    const { keeper } = replica();
    await clock.pass(0);
    await store.remove(secret);
    await clock.pass(5_000);
    expect(keeper.problem()).toBe(
      'The certificate cannot be kept: there is no Secret netsluice-tls; make an empty one in netsluice-system.',
    );
    store.put(secret, { metadata: {} });
    await clock.pass(minute);
    expect([keeper.problem(), served().key.slice(0, 27)]).toEqual([null, '-----BEGIN PRIVATE KEY-----']);
  });

  test('a conflict is tried again after a moment and is no problem', async () => {
    const { store, clock, replica, served } = scene();
    store.refusals.push({ verb: 'replace', status: 409 });
    const { keeper, log } = replica();
    await clock.pass(1_000);
    expect([keeper.problem(), log.length]).toEqual([null, 2]);
    expect(served()).toBeDefined();
  });
});

/** One handshake as the API server makes it: only the bundle is trusted, and the name is checked. */
async function handshake(bundle: string, { leaf, key }: Chain): Promise<string> {
  const server = createServer({ cert: leaf, key });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const outcome = await new Promise<string>((resolve) => {
    const socket: TLSSocket = connect(
      { host: '127.0.0.1', port, ca: bundle, servername: 'netsluice.netsluice-system.svc' },
      () => {
        resolve(socket.authorized ? 'trusted' : String(socket.authorizationError));
        socket.destroy();
      },
    );
    socket.on('error', (error) => resolve(error.message));
  });
  server.close();
  await once(server, 'close');
  return outcome;
}

test('case 79: at every minute of rotation after rotation, API servers and replicas that lag four minutes still agree', async () => {
  // Lives so short that several rotations and forgettings fall into less than an hour, so that real TLS, which
  // knows only the real time, takes every leaf.
  const times = { authorityLifeMs: 600 * minute, leafLifeMs: 40 * minute, overlapMs: 5 * minute };
  const { store, clock, replica, served } = scene(times, Date.now());
  replica();
  await clock.pass(0);
  const history: { bundle: string; chain: Chain }[] = [];
  for (let at = 0; at < 56; at += 1) {
    history.push({ bundle: bundlesIn(store.object(configuration))[0] ?? '', chain: served() });
    await clock.pass(minute);
  }
  expect(new Set(history.map(({ chain }) => chain.leaf)).size).toBeGreaterThan(2);
  const tried = new Map<string, Promise<string>>();
  for (let at = 4; at < history.length; at += 1) {
    for (const [bundleLag, leafLag] of [
      [0, 0],
      [4, 0],
      [0, 4],
      [4, 4],
    ] as const) {
      const [then, that] = [history[at - bundleLag], history[at - leafLag]];
      if (then === undefined || that === undefined) continue;
      const key = then.bundle + that.chain.leaf;
      if (!tried.has(key)) tried.set(key, handshake(then.bundle, that.chain));
      expect([at, bundleLag, leafLag, await tried.get(key)]).toEqual([at, bundleLag, leafLag, 'trusted']);
    }
  }
  const first = history[0];
  const last = history.at(-1);
  if (first === undefined || last === undefined) throw new Error('nothing was looked at');
  // The old authority is really gone at the end.
  expect(await handshake(last.bundle, first.chain)).not.toBe('trusted');
}, 60_000);
