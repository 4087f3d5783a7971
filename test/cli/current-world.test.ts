import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { CurrentWorld } from '../../src/cli/current-world.ts';
import type { Detected } from '../../src/model/detected.ts';
import type { WorldEvent } from '../../src/model/objects.ts';
import { defaultSettings } from '../../src/review/settings.ts';
import { ClusterWorld } from '../../src/world/cluster-world.ts';
import { namespace, pod, policy, puts, workload } from '../support/build.ts';

const shop = puts([
  workload('Deployment', 'shop/web', 2),
  pod('shop/web-1'),
  namespace('shop'),
  pod('shop/db'),
  policy('shop/p', '{podSelector: {}}'),
]);

function current(detected: () => Detected | null = () => null): CurrentWorld {
  const world = new CurrentWorld(() => defaultSettings, detected);
  world.apply(shop);
  return world;
}

afterEach(() => {
  jest.restoreAllMocks();
});

const podsOf = (world: CurrentWorld): string[] =>
  [...world.current().records('Pod')].map(({ name }) => name).sort();

describe('what is built aside', () => {
  const gone: WorldEvent = { type: 'delete', kind: 'Pod', namespace: 'shop', name: 'db' };
  const come = puts([pod('shop/cache')]);

  test('is seen as a whole, with the last step', () => {
    const world = current();
    const version = world.sight().version();
    const seen = new Set<string>();
    for (const _ of world.applyAside([gone, ...come])) seen.add(podsOf(world).join());
    expect([[...seen], podsOf(world)]).toEqual([['db,web-1'], ['cache', 'web-1']]);
    expect(world.sight().version()).toBe(version + 1);
  });

  const appliedKinds = (build: () => void): string[] => {
    const applied = jest.spyOn(ClusterWorld.prototype, 'apply');
    build();
    return applied.mock.calls.flatMap(([events]) =>
      [...events].map((event) => (event.type === 'put' ? event.object.kind : `no ${event.kind}`)),
    );
  };

  test('begins with policies and ends with workloads: nothing is parted, nothing planned that is there', () => {
    const world = current();
    const kinds = appliedKinds(() => world.take([gone, ...come]));
    expect(kinds).toEqual(['Namespace', 'NetworkPolicy', 'Pod', 'Pod', 'Deployment', 'no Pod', 'Pod']);
  });

  test('is ordered likewise where everything comes at once', () => {
    const world = new CurrentWorld(
      () => defaultSettings,
      () => null,
    );
    expect(appliedKinds(() => world.take(shop))).toEqual([
      ...['Namespace', 'NetworkPolicy', 'Pod', 'Pod', 'Deployment'],
    ]);
    expect(podsOf(world)).toEqual(['db', 'web-1']);
  });
});

describe('the platform', () => {
  const calico: Detected = { profile: 'calico', because: 'its DaemonSet', answers: {} };

  test('may show in what is about to come: then nothing is built twice', () => {
    const agent = puts([workload('DaemonSet', 'kube-system/calico-node', 1)]);
    const asked: (readonly WorldEvent[])[] = [];
    const world = new CurrentWorld(
      () => defaultSettings,
      (coming) => {
        asked.push(coming);
        return calico;
      },
    );
    world.take([...shop, ...agent]);
    const version = world.sight().version();
    expect([world.current().profile.id, asked[0], version]).toEqual(['calico', agent, 1]);
    expect(world.sight().version()).toBe(version);
  });

  test('that changes is built aside, once, while the world as it was answers', () => {
    let detected: Detected | null = null;
    let asked = 0;
    const world = new CurrentWorld(
      () => defaultSettings,
      () => detected,
      () => {
        asked += 1;
      },
    );
    world.take(shop);
    const before = world.current();
    detected = calico;
    expect([world.current() === before, world.current() === before, asked]).toEqual([true, true, 1]);
    world.take([]);
    expect([world.current().profile.id, podsOf(world), asked]).toEqual(['calico', ['db', 'web-1'], 1]);
    detected = null;
    expect([world.current().profile.id, asked]).toEqual(['calico', 2]);
  });

  test('is another world only where something of it is another', () => {
    let detected: Detected | null = null;
    const world = current(() => detected);
    const before = world.current();
    detected = { profile: 'unknown', because: 'nothing was found', answers: {} };
    expect(world.current()).toBe(before);
    detected = { profile: 'calico', because: 'its DaemonSet', answers: {} };
    const after = world.current();
    expect([after === before, after.profile.ipBlockPods === before.profile.ipBlockPods]).toEqual([
      false,
      false,
    ]);
    expect(world.current()).toBe(after);
    expect([...after.records('Pod')].map(({ name }) => name).sort()).toEqual(['db', 'web-1']);
  });
});
