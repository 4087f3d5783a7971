import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { collectionPath, resourceName, watchedKinds } from '../../src/cluster/kinds.ts';
import { type LiveView, startLiveView } from '../../src/cluster/live.ts';
import type { WorldEvent } from '../../src/model/objects.ts';
import { recordName } from '../../src/model/objects.ts';
import { type ApiObject, plainClient, refuse, ScriptedApi } from '../support/scripted-api.ts';
import { FakeClock } from './fake-clock.ts';

const pods = '/api/v1/pods';
const services = '/api/v1/services';
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ciliumPolicies = '/apis/cilium.io/v2/ciliumnetworkpolicies';
const paths = watchedKinds.map(collectionPath);

let api: ScriptedApi;
let clock: FakeClock;
let live: LiveView | null;
let world: Map<string, WorldEvent>;
let applied: WorldEvent[];
let batches: number[];
let aside: number[] = [];
let logged: string[];

beforeEach(async () => {
  api = new ScriptedApi();
  await api.start();
  for (const path of paths) api.collection(path);
  api.document('/apis', { groups: [] });
  clock = new FakeClock();
  world = new Map();
  applied = [];
  batches = [];
  aside = [];
  logged = [];
  live = null;
});

afterEach(async () => {
  await live?.stop();
  await api.stop();
});

function start(before?: Promise<void>): LiveView {
  const log = (message: string, fields: Readonly<Record<string, unknown>>): void => {
    logged.push(`${message} ${fields['kind'] ?? ''}`.trim());
  };
  live = startLiveView({
    ...{ client: plainClient(api), clock, log: { info: log, warn: log }, sink },
    ...(before === undefined ? {} : { before }),
  });
  return live;
}

const sink = {
  apply,
  *applyAside(events: readonly WorldEvent[]): IterableIterator<void> {
    yield;
    aside.push(events.length);
    apply(events);
  },
};

/** A world of one map: what a real one would hold. */
function apply(events: readonly WorldEvent[]): void {
  batches.push(events.length);
  applied.push(...events);
  for (const event of events) {
    if (event.type === 'put') {
      const { namespace, name } = recordName(event.object);
      world.set(`${event.object.kind}/${namespace ?? ''}/${name}`, event);
    } else world.delete(`${event.kind}/${event.namespace ?? ''}/${event.name}`);
  }
}

/** Lets the event loop turn until it is so; the test's own time-out is the ceiling. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

function known(kind: string): readonly string[] {
  return [...world.keys()].filter((key) => key.startsWith(`${kind}/`)).sort();
}

function pod(name: string, labels: Readonly<Record<string, string>> = {}): ApiObject {
  return { metadata: { name, namespace: 'shop', labels }, status: { phase: 'Running' } };
}

function installCilium(): void {
  api.document('/apis', { groups: [{ name: 'cilium.io', preferredVersion: { version: 'v2' } }] });
  const resources = [
    { name: 'ciliumnetworkpolicies', verbs: ['list', 'watch'] },
    { name: 'ciliumnetworkpolicies/status', verbs: ['get'] },
    { name: 'ciliumidentities', verbs: ['list', 'watch'] },
  ];
  api.document('/apis/cilium.io/v2', { resources });
  api.collection(ciliumPolicies);
  api.put(ciliumPolicies, { metadata: { name: 'deny', namespace: 'shop' } });
}

describe('readiness', () => {
  test('comes when every kind has reached the world', async () => {
    api.put(pods, pod('a'));
    const view = start();
    expect(view.ready()).toBe(false);
    expect(view.missing().slice(0, 3)).toEqual([
      'policy APIs: not asked for yet',
      'namespaces: not listed yet',
      'pods: not listed yet',
    ]);
    await until(() => view.ready());
    expect(view.missing()).toEqual([]);
    expect(known('Pod')).toEqual(['Pod/shop/a']);
    expect(view.freshness()).toEqual({ stale: [], absent: [] });
  });

  test('does not wait for optional kinds that do not exist or are denied; they count as absent', async () => {
    api.removeCollection('/apis/discovery.k8s.io/v1/endpointslices');
    api.script('list', services, ...Array.from({ length: 9 }, () => refuse(403)));
    const view = start();
    await until(() => view.ready());
    expect(view.freshness()).toEqual({ stale: [], absent: ['Service', 'EndpointSlice'] });
    expect(logged).toContain('kind is absent endpointslices.discovery.k8s.io');
    expect(logged).toContain('kind is denied services');
  });

  test('waits for a required kind that is denied, and says so', async () => {
    api.script('list', pods, ...Array.from({ length: 7 }, () => refuse(403)));
    const view = start();
    await until(() => view.missing().length === 1 && view.missing()[0] !== 'pods: not listed yet');
    expect(view.missing()).toEqual(['pods: listing pods: the API server answers 403 (scripted 403)']);
    await until(() => clock.isAwaited(30_000));
    clock.advance(30_000);
    await until(() => view.ready());
  });

  test('gives an optional kind that fails 60 s, and a required one no end', async () => {
    // More failures than come in the turns this test takes.
    api.script('list', services, ...Array.from({ length: 20_000 }, () => refuse(500)));
    const view = start();
    const failing = 'services: listing services: the API server answers 500 (scripted 500)';
    await until(() => view.missing().join() === failing);
    clock.advance(59_000);
    expect(view.missing()).toEqual([failing]);
    clock.advance(1_000);
    expect(view.ready()).toBe(true);
    expect(view.freshness().absent).toEqual(['Service']);
  });

  test('stays, once it was there, when RBAC is taken away', async () => {
    const view = start();
    await until(() => view.ready());
    await api.watching(pods);
    api.script('watch', pods, refuse(403));
    api.script('list', pods, ...Array.from({ length: 9 }, () => refuse(403)));
    api.drop(pods);
    await until(() => logged.includes('kind is denied pods'));
    expect(view.ready()).toBe(true);
    expect(view.freshness()).toEqual({ stale: [], absent: [] });
    const line = 'pods: denied (listing pods: the API server answers 403 (scripted 403))';
    await until(() => view.describe().includes(line));
  });
});

describe('freshness', () => {
  test('a kind is stale when nothing came for 150 s, and fresh again with a bookmark', async () => {
    const view = start();
    await until(() => view.ready());
    for (const path of paths) await api.watching(path);
    // The watch is renewed after 90 s of silence, but that alone tells nothing.
    clock.advance(89_000);
    for (const path of paths) if (path !== pods) api.bookmark(path);
    await until(() =>
      view.stats().every(({ resource, ageSeconds }) => resource === 'pods' || ageSeconds === 0),
    );
    clock.advance(61_000);
    expect(view.freshness().stale).toEqual([]);
    clock.advance(1_000);
    expect(view.freshness().stale).toEqual([{ kind: 'Pod', ageSeconds: 151 }]);
    await until(() => view.stats().some(({ interruptions }) => interruptions.get('silent') === 1));
    await api.requested('watch', pods, 2);
    await api.watching(pods);
    api.bookmark(pods);
    await until(() => view.freshness().stale.length === 0);
  });
});

describe('the first lists', () => {
  const policies = '/apis/networking.k8s.io/v1/networkpolicies';
  const put = (): void => {
    api.put(pods, pod('a'));
    api.put(policies, { metadata: { name: 'p', namespace: 'shop' }, spec: { podSelector: {} } });
  };
  const kinds = (): readonly string[] =>
    applied.map((event) => (event.type === 'put' ? event.object.kind : `no ${event.kind}`));

  test('are one group, built aside, which waits for the last of them and takes what happened meanwhile', async () => {
    put();
    let answer: () => void = () => undefined;
    api.script('list', services, (response) => {
      answer = () => response.end(JSON.stringify({ metadata: { resourceVersion: '100' }, items: [] }));
    });
    const view = start();
    for (const path of paths) if (path !== services) await api.watching(path);
    clock.advance(1_000);
    api.put(pods, pod('b'));
    await until(() =>
      view.stats().some(({ resource, ageSeconds }) => resource === 'pods' && ageSeconds === 0),
    );
    expect([applied, view.missing().includes('namespaces: not listed yet')]).toEqual([[], true]);
    answer();
    await until(() => view.ready());
    expect(known('Pod')).toEqual(['Pod/shop/a', 'Pod/shop/b']);
    expect(aside).toEqual([3]);
  });

  test('do not wait for ever for a kind that says nothing', async () => {
    put();
    api.script('list', services, () => undefined);
    const view = start();
    await until(() =>
      view.stats().every(({ resource, state }) => resource === 'services' || state === 'live'),
    );
    clock.advance(59_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(applied).toEqual([]);
    clock.advance(1_000);
    await until(() => applied.length === 2);
    expect(kinds().toSorted()).toEqual(['NetworkPolicy', 'Pod']);
    await until(() => view.missing().length === 1);
    expect(view.missing()).toEqual(['services: not listed yet']);
  });

  test('wait for what the sink has to know first, whether or not it can be had', async () => {
    for (const end of [Promise.resolve, Promise.reject] as const) {
      put();
      let settle: () => void = () => undefined;
      const before = new Promise<void>((resolve, reject) => {
        settle = end === Promise.resolve ? resolve : () => reject(new Error('no'));
      });
      const view = start(before);
      await until(() => view.stats().every(({ state }) => state === 'live'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(applied).toEqual([]);
      settle();
      await until(() => view.ready());
      expect(kinds().toSorted()).toEqual(['NetworkPolicy', 'Pod']);
      await view.stop();
      applied = [];
    }
  });
});

describe('events', () => {
  test('updates that change nothing a rule reads are dropped', async () => {
    api.put(pods, pod('a'));
    const view = start();
    await until(() => view.ready());
    await api.watching(pods);
    api.put(pods, { ...pod('a'), status: { phase: 'Running', conditions: [{ type: 'Ready' }] } });
    api.put(pods, pod('a', { app: 'web' }));
    await until(() => applied.length === 2);
    expect(applied.map((event) => event.type === 'put' && event.object)).toMatchObject([
      { labels: new Map() },
      { labels: new Map([['app', 'web']]) },
    ]);
    expect(view.stats().find(({ resource }) => resource === 'pods')).toMatchObject({ objects: 1, events: 2 });
  });

  test('a relist brings only what differs: deletions first, then news', async () => {
    for (const name of ['a', 'b', 'c']) api.put(pods, pod(name));
    const view = start();
    await until(() => view.ready());
    await api.watching(pods);
    applied = [];
    api.deleteSilently(pods, pod('b'));
    api.compacted = api.version + 1;
    api.drop(pods);
    api.put(pods, pod('d'));
    await until(() => applied.length === 2);
    expect(applied.map((event) => event.type)).toEqual(['delete', 'put']);
    expect(known('Pod')).toEqual(['Pod/shop/a', 'Pod/shop/c', 'Pod/shop/d']);
    expect(view.stats().find(({ resource }) => resource === 'pods')).toMatchObject({ lists: 2 });
  });

  const policies = '/apis/networking.k8s.io/v1/networkpolicies';
  test.each([
    ['pods', 'Pod', pods, 800, 200, 'as one'],
    ['pods', 'Pod', pods, 800, 201, 'aside'],
    ['policies', 'NetworkPolicy', policies, 80, 20, 'as one'],
    ['policies', 'NetworkPolicy', policies, 80, 21, 'aside'],
  ])('a relist of %s that differs in many is never seen by halves: %#', async (...row) => {
    const [, kind, path, old, fresh, how] = row;
    for (let i = 0; i < old; i += 1) api.put(path, pod(`old${i}`));
    const view = start();
    await until(() => view.ready());
    await api.watching(path);
    // The first lists are built aside.
    expect(aside).toEqual([old]);
    [aside, batches] = [[], []];
    for (let i = 0; i < old; i += 1) api.deleteSilently(path, pod(`old${i}`));
    api.compacted = api.version + 1;
    api.drop(path);
    for (let i = 0; i < fresh; i += 1) api.put(path, pod(`new${i}`));
    await until(() => batches.length > 0);
    expect([aside, batches]).toEqual([how === 'aside' ? [old + fresh] : [], [old + fresh]]);
    expect(known(kind).length).toBe(fresh);
  });

  test('reach the world at most 16 at a time', async () => {
    const view = start();
    await until(() => view.ready());
    await api.watching(pods);
    batches = [];
    for (let i = 0; i < 1234; i += 1) api.put(pods, pod(`p${i}`));
    await until(() => known('Pod').length === 1234);
    expect(Math.max(...batches)).toBe(16);
  });

  test('webhooks without a Service are not kept; one that loses its Service is forgotten', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    const clientConfig = { service: { namespace: 'hooks', name: 'gate' } };
    const metadata = { name: 'gate' };
    api.put(path, { metadata, webhooks: [{ name: 'a', clientConfig }] });
    api.put(path, {
      metadata: { name: 'other' },
      webhooks: [{ name: 'a', clientConfig: { url: 'https://x' } }],
    });
    const view = start();
    await until(() => view.ready());
    const kind = 'ValidatingWebhookConfiguration';
    expect(known(kind)).toEqual([`${kind}//gate`]);
    await api.watching(path);
    api.put(path, { metadata, webhooks: [] });
    await until(() => known(kind).length === 0);
  });

  test('nothing is applied after stop', async () => {
    const view = start();
    await until(() => view.ready());
    await view.stop();
    applied = [];
    api.put(pods, pod('late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(applied).toEqual([]);
  });
});

describe('foreign policy kinds', () => {
  test('those that exist are watched by their metadata', async () => {
    installCilium();
    const view = start();
    await until(() => view.ready());
    expect([...world.values()]).toEqual([
      {
        type: 'put',
        object: {
          kind: 'ForeignPolicy',
          api: 'Cilium',
          resource: 'ciliumnetworkpolicies.cilium.io',
          namespace: 'shop',
          name: 'deny',
          admin: null,
        },
      },
    ]);
    expect(api.of('list', ciliumPolicies)[0]?.accept).toBe(
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    );
    await api.watching(ciliumPolicies);
    api.delete(ciliumPolicies, { metadata: { name: 'deny', namespace: 'shop' } });
    await until(() => world.size === 0);
  });

  test('those of the cluster tiers are watched as a whole, because rules read more of them', async () => {
    const path = '/apis/policy.networking.k8s.io/v1alpha1/baselineadminnetworkpolicies';
    api.document('/apis', {
      groups: [{ name: 'policy.networking.k8s.io', preferredVersion: { version: 'v1alpha1' } }],
    });
    const resources = [{ name: 'baselineadminnetworkpolicies', verbs: ['list', 'watch'] }];
    api.document('/apis/policy.networking.k8s.io/v1alpha1', { resources });
    api.collection(path);
    api.put(path, {
      metadata: { name: 'default' },
      spec: { subject: { namespaces: {} }, ingress: [{ action: 'Deny' }] },
    });
    const view = start();
    await until(() => view.ready());
    expect(api.of('list', path)[0]?.accept).toBe('application/json');
    expect([...world.values()]).toMatchObject([
      { object: { name: 'default', admin: { tier: 'Baseline', ingress: ['deny'], egress: [] } } },
    ]);
  });

  test('kinds of one group may be served in different versions', async () => {
    const root = '/apis/policy.networking.k8s.io';
    const [older, newer] = ['v1alpha1', 'v1alpha2'].map((version) => ({ version }));
    api.document('/apis', {
      groups: [{ name: 'policy.networking.k8s.io', preferredVersion: newer, versions: [newer, older] }],
    });
    const verbs = ['list', 'watch'];
    api.document(`${root}/v1alpha2`, { resources: [{ name: 'clusternetworkpolicies', verbs }] });
    api.document(`${root}/v1alpha1`, { resources: [{ name: 'adminnetworkpolicies', verbs }] });
    for (const [path, name] of [
      [`${root}/v1alpha2/clusternetworkpolicies`, 'new'],
      [`${root}/v1alpha1/adminnetworkpolicies`, 'old'],
    ] as const) {
      api.collection(path);
      api.put(path, { metadata: { name } });
    }
    const view = start();
    await until(() => view.ready());
    expect(known('ForeignPolicy')).toEqual([
      'ForeignPolicy//adminnetworkpolicies.policy.networking.k8s.io/old',
      'ForeignPolicy//clusternetworkpolicies.policy.networking.k8s.io/new',
    ]);
  });

  test('those that come later are found when a custom resource definition changes', async () => {
    const view = start();
    await until(() => view.ready());
    await api.watching(crds);
    installCilium();
    api.put(crds, { metadata: { name: 'ciliumnetworkpolicies.cilium.io' } });
    await until(() => known('ForeignPolicy').length === 1);
    expect(clock.slept).toContain(2000);
  });

  test('one that is installed later and cannot be listed leaves readiness alone', async () => {
    const view = start();
    await until(() => view.ready());
    installCilium();
    api.script('list', ciliumPolicies, () => undefined);
    clock.advance(300_000);
    await api.requested('list', ciliumPolicies, 1);
    expect(view.ready()).toBe(true);
    expect(view.freshness().absent).toEqual(['ForeignPolicy']);
    expect(view.describe()).toContain('ciliumnetworkpolicies.cilium.io: starting');
  });

  test('those that come without a sign are found within five minutes', async () => {
    const view = start();
    await until(() => view.ready());
    installCilium();
    clock.advance(300_000);
    await until(() => known('ForeignPolicy').length === 1);
  });

  test('those that are removed make nothing unknown any more', async () => {
    installCilium();
    const view = start();
    await until(() => view.ready());
    await api.watching(ciliumPolicies);
    api.removeCollection(ciliumPolicies);
    api.drop(ciliumPolicies);
    await until(() => world.size === 0);
    await until(() => logged.includes('kind is absent ciliumnetworkpolicies.cilium.io'));
    expect(view.freshness().absent).toEqual([]);
  });

  test('one that RBAC denies counts as absent, because it could exist', async () => {
    installCilium();
    api.script('list', ciliumPolicies, ...Array.from({ length: 9 }, () => refuse(403)));
    const view = start();
    await until(() => view.ready());
    expect(view.freshness().absent).toEqual(['ForeignPolicy']);
  });

  test('a new version goes on with the objects of the old one', async () => {
    installCilium();
    const view = start();
    await until(() => view.ready());
    await api.watching(ciliumPolicies);
    const next = '/apis/cilium.io/v3/ciliumnetworkpolicies';
    api.collection(next);
    api.put(next, { metadata: { name: 'deny', namespace: 'shop' } });
    api.document('/apis/cilium.io/v3', { resources: [{ name: 'ciliumnetworkpolicies', verbs: ['watch'] }] });
    api.document('/apis', { groups: [{ name: 'cilium.io', preferredVersion: { version: 'v3' } }] });
    applied = [];
    clock.advance(300_000);
    await api.watching(next);
    await until(() => view.ready());
    expect(applied).toEqual([]);
    expect(known('ForeignPolicy')).toEqual(['ForeignPolicy/shop/ciliumnetworkpolicies.cilium.io/deny']);
  });

  test('discovery that fails holds readiness back for 60 s', async () => {
    api.script('get', '/apis', ...Array.from({ length: 20_000 }, () => refuse(500)));
    const view = start();
    const line = 'policy APIs: asking /apis: the API server answers 500 (scripted 500)';
    await until(() => view.missing().join() === line);
    clock.advance(60_000);
    expect(view.ready()).toBe(true);
    expect(view.freshness().absent).toEqual(['ForeignPolicy']);
  });
});

test('whatever is lost, cut, refused or compacted, the end is what the server holds', async () => {
  const fault = fc.constantFrom(
    'put',
    'put',
    'put',
    'delete',
    'lose',
    'drop',
    'end',
    'compact',
    'refuse',
    'garble',
  );
  const step = fc.tuple(fault, fc.integer({ min: 0, max: 9 }));
  const view = start();
  await until(() => view.ready());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      for (const [what, index] of steps) {
        act(what, pod(`p${index}`, { step: String(api.version) }));
        if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      // What was lost shows with the next list; then a last event tells that all before it has come.
      api.compacted = api.version + 1;
      api.drop(pods);
      api.put(pods, pod('last', { at: String(api.version) }));
      await until(() => same());
    }),
    { numRuns: 60 },
  );

  function act(what: string, object: ApiObject): void {
    if (what === 'put') api.put(pods, object);
    if (what === 'delete') api.delete(pods, object);
    if (what === 'lose') api.deleteSilently(pods, object);
    if (what === 'drop') api.drop(pods);
    if (what === 'end') api.end(pods);
    if (what === 'compact') api.compacted = api.version;
    if (what === 'refuse') api.script('watch', pods, refuse(503));
    if (what === 'garble') api.say(pods, '{"type":\n');
  }

  function same(): boolean {
    const expected = api.objects(pods).map(({ metadata }) => [metadata.name, metadata['labels']]);
    const held = [...world.values()].flatMap((event) =>
      event.type === 'put' && event.object.kind === 'Pod'
        ? [[event.object.name, Object.fromEntries(event.object.labels)]]
        : [],
    );
    return JSON.stringify(expected.sort()) === JSON.stringify(held.sort());
  }
});

test('every watched kind has an address of its own, and the three that matter most are required', () => {
  expect(new Set(paths).size).toBe(watchedKinds.length);
  expect(watchedKinds.filter(({ need }) => need === 'required').map(resourceName)).toEqual([
    'namespaces',
    'pods',
    'networkpolicies.networking.k8s.io',
  ]);
});
