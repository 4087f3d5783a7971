import { describe, expect, test } from '@jest/globals';
import type { Edit } from '../../src/model/change.ts';
import type { ClusterObject, NodeRecord, ServiceRecord } from '../../src/model/objects.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { everything, type Requirement, type Selector, selectorOf } from '../../src/model/selector.ts';
import { parseAddress, parseCidr } from '../../src/sets/addresses.ts';
import { worldOf } from '../../src/world/build.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import type { Lookups } from '../../src/world/lookups.ts';
import { overlay } from '../../src/world/overlay.ts';
import type { AddressKey, RecordKey } from '../../src/world/record-index.ts';
import { type Json, namespace, pod, puts, recordOf, service, worldWith } from '../support/build.ts';
import { put, remove } from '../support/deliveries.ts';
import { randomFrom } from '../support/reference/random.ts';
import { sizesOf } from '../support/sizes.ts';

type Asked = readonly [key: string, operator: Requirement['operator'], ...values: string[]];

const selector = (...asked: readonly Asked[]): Selector =>
  selectorOf(asked.map(([key, operator, ...values]) => ({ key, operator, values })));

const nameLabel = 'kubernetes.io/metadata.name';

const named = (name: string, labels: Json = {}): Json => namespace(name, { [nameLabel]: name, ...labels });

function namesIn(lookups: Lookups, asked: Selector): string[] {
  return [...lookups.namespaces(asked)].map(({ name }) => name).sort();
}

function holdsPod(lookups: Lookups, cidr: string, ...except: string[]): boolean {
  const read = (text: string) => {
    const found = parseCidr(text);
    if (found === null) throw new Error(`${text} is no CIDR`);
    return found;
  };
  const { family, range } = read(cidr);
  return lookups.holdsPod({ family, range, except: except.map((text) => read(text).range), text: cidr });
}

const byApp: RecordKey<'Service'> = {
  kind: 'Service',
  textsOf: ({ selector: asked }: ServiceRecord) => [...(asked?.values() ?? [])],
};

const byAddress: AddressKey<'Node'> = {
  kind: 'Node',
  addressesOf: ({ addresses }: NodeRecord) => addresses.flatMap((text) => parseAddress(text) ?? []),
};

const node = (name: string, ...addresses: string[]): Json => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
});

const servicesOf = (lookups: Lookups, app: string): string[] =>
  [...lookups.records(byApp, app)].map(({ name }) => name).sort();

function nodesIn(lookups: Lookups, cidr: string): string[] {
  const range = parseCidr(cidr)?.range;
  if (range === undefined) throw new Error(`${cidr} is no CIDR`);
  return [...lookups.within(byAddress, range)].map(([, { name }]) => name);
}

const spaces = [
  named('shop', { team: 'a', env: 'prod' }),
  named('data', { team: 'a', env: 'dev' }),
  named('tools', { team: 'b' }),
  named('plain'),
];

describe('namespaces by what a selector asks', () => {
  const asked: readonly (readonly [Selector, readonly string[]])[] = [
    [everything, ['data', 'plain', 'shop', 'tools']],
    [selector(['team', 'In', 'a']), ['data', 'shop']],
    [selector(['team', 'In', 'a', 'b']), ['data', 'shop', 'tools']],
    [selector(['team', 'In', 'c']), []],
    [selector(['team', 'NotIn', 'a']), ['plain', 'tools']],
    [selector(['team', 'Exists']), ['data', 'shop', 'tools']],
    [selector(['team', 'DoesNotExist']), ['plain']],
    [selector(['team', 'In', 'a'], ['env', 'In', 'prod']), ['shop']],
    [selector(['team', 'Exists'], ['env', 'DoesNotExist']), ['tools']],
    [selector(['team', 'NotIn', 'a'], ['env', 'DoesNotExist']), ['plain', 'tools']],
    [selector([nameLabel, 'In', 'data', 'nowhere']), ['data']],
    [selector([nameLabel, 'Exists'], ['team', 'NotIn', 'a', 'b']), ['plain']],
  ];

  test.each(asked.map(([each, names]) => [each.text, each, names] as const))('%s', (_text, each, names) => {
    const { lookups } = worldWith(spaces);
    expect([namesIn(lookups, each), lookups.namespaceCount(each)]).toEqual([names, names.length]);
  });

  test('other labels, a namespace that goes, and one that only pods are known of', () => {
    const world = worldWith([...spaces, pod('ghost/one')]);
    world.apply([...puts([named('shop', { team: 'b' })]), remove(recordOf(named('tools')))]);
    const { lookups } = world;
    const teams = ['a', 'b'].map((team) => namesIn(lookups, selector(['team', 'In', team])));
    expect(teams).toEqual([['data'], ['shop']]);
    expect(lookups.namespaceCount(selector(['team', 'Exists']))).toBe(2);
    expect(lookups.namespaceCount(selector([nameLabel, 'In', 'ghost']))).toBe(0);
    expect(lookups.namespacesInAll).toBe(3);
  });
});

describe('does a block hold a pod', () => {
  const world = worldWith([
    pod('shop/a', { ips: ['10.0.0.1', 'fd00::1'] }),
    pod('shop/b', { ips: ['10.0.9.9'] }),
    pod('shop/node', { ips: ['192.0.2.1'], spec: { hostNetwork: true } }),
    pod('shop/done', { ips: ['10.0.7.7'], phase: 'Succeeded' }),
  ]);

  test.each([
    ['10.0.0.0/8', [], true],
    ['10.0.0.1/32', [], true],
    ['10.0.0.2/32', [], false],
    ['fd00::/64', [], true],
    ['fd00:1::/64', [], false],
    ['10.0.0.0/8', ['10.0.0.0/24'], true],
    ['10.0.0.0/8', ['10.0.0.0/24', '10.0.9.9/32'], false],
    ['0.0.0.0/0', ['10.0.0.0/8'], false],
  ])('%s without %j: %s', (cidr, except, expected) => {
    expect(holdsPod(world.lookups, cidr, ...except)).toBe(expected);
  });

  test('not the pods of the node’s network, nor those that have ended', () => {
    expect([holdsPod(world.lookups, '192.0.2.0/24'), holdsPod(world.lookups, '10.0.7.0/24')]).toEqual([
      false,
      false,
    ]);
  });

  test('a pod that gets another address, and one that goes', () => {
    const changing = worldWith([pod('shop/a', { ips: ['10.0.0.1'] })]);
    changing.apply(puts([pod('shop/a', { ips: ['10.0.5.5'] })]));
    const at = () => ['10.0.0.1/32', '10.0.5.5/32'].map((cidr) => holdsPod(changing.lookups, cidr));
    expect(at()).toEqual([false, true]);
    changing.apply([remove(recordOf(pod('shop/a')))]);
    expect(at()).toEqual([false, false]);
  });
});

/** The look-ups on both sides of a change. */
function sidesOf(world: ClusterWorld, ...edits: readonly Edit[]): readonly [before: Lookups, after: Lookups] {
  const { before, after } = overlay(world, { edits });
  return [before.lookups, after.lookups];
}

/** The edit that puts one object in the place of another of its name. */
function editOf(before: ClusterObject | null, after: ClusterObject | null): Edit {
  const either = after ?? before;
  if (either?.kind === 'Namespace')
    return {
      kind: 'namespace',
      before: before?.kind === 'Namespace' ? before : null,
      after: after?.kind === 'Namespace' ? after : null,
    };
  if (either?.kind === 'Pod')
    return {
      kind: 'pod',
      before: before?.kind === 'Pod' ? before : null,
      after: after?.kind === 'Pod' ? after : null,
    };
  return { kind: 'record', before: otherRecord(before), after: otherRecord(after) };
}

function otherRecord(object: ClusterObject | null): ServiceRecord | NodeRecord | null {
  return object?.kind === 'Service' || object?.kind === 'Node' ? object : null;
}

describe('on the sides of a change', () => {
  const cluster = [
    ...spaces,
    service('shop/web', { app: 'web' }, ['80->8080']),
    service('shop/old', { app: 'web' }, ['80->8080']),
    node('n1', '192.0.2.1'),
    node('n3', '192.0.2.3'),
    pod('shop/a', { ips: ['10.0.0.1'] }),
  ];

  test('a namespace that gets other labels', () => {
    const world = worldWith(cluster);
    const relabelled = editOf(recordOf(spaces[0] ?? {}), recordOf(named('shop', { team: 'b' })));
    const [before, after] = sidesOf(world, relabelled);
    const teams = (lookups: Lookups) => [
      namesIn(lookups, selector(['team', 'In', 'a'])),
      namesIn(lookups, selector(['team', 'In', 'b'])),
      lookups.namespaceCount(selector(['team', 'In', 'a'])),
      lookups.namespacesInAll,
    ];
    expect(teams(before)).toEqual([['data', 'shop'], ['tools'], 2, 4]);
    expect(teams(world.lookups)).toEqual(teams(before));
    // What matches by its new labels is found by its edit, wherever the index has it.
    expect(teams(after)).toEqual([['data'], ['shop', 'tools'], 1, 4]);
  });

  test('a namespace that comes, and one that goes with its pods', () => {
    const world = worldWith(cluster);
    const [, after] = sidesOf(
      world,
      editOf(null, recordOf(named('fresh', { team: 'a' }))),
      editOf(recordOf(spaces[0] ?? {}), null),
    );
    expect(namesIn(after, selector(['team', 'In', 'a']))).toEqual(['data', 'fresh']);
    expect([after.namespaceCount(everything), after.namespacesInAll]).toEqual([4, 4]);
    expect([holdsPod(after, '10.0.0.0/8'), holdsPod(world.lookups, '10.0.0.0/8')]).toEqual([false, true]);
  });

  test('records that come, go and change', () => {
    const world = worldWith(cluster);
    const moved = editOf(
      recordOf(service('shop/web', { app: 'web' }, ['80->8080'])),
      recordOf(service('shop/web', { app: 'site' }, ['80->8080'])),
    );
    const gone = editOf(recordOf(service('shop/old', { app: 'web' }, ['80->8080'])), null);
    const fresh = editOf(null, recordOf(service('shop/new', { app: 'web' }, ['80->8080'])));
    const [before, after] = sidesOf(world, moved, gone, fresh);
    const both = (lookups: Lookups) => ['web', 'site'].map((app) => servicesOf(lookups, app));
    expect(both(before)).toEqual([['old', 'web'], []]);
    expect(both(after)).toEqual([['new'], ['web']]);
    expect(both(world.lookups)).toEqual(both(before));
  });

  test('addresses stay in order', () => {
    const world = worldWith(cluster);
    const [before, after] = sidesOf(
      world,
      editOf(null, recordOf(node('n2', '192.0.2.2'))),
      editOf(null, recordOf(node('n0', '192.0.2.0', '192.0.2.9'))),
      editOf(recordOf(node('n1', '192.0.2.1')), recordOf(node('n1', '192.0.2.8'))),
    );
    expect(nodesIn(before, '192.0.2.0/24')).toEqual(['n1', 'n3']);
    expect(nodesIn(after, '192.0.2.0/24')).toEqual(['n0', 'n2', 'n3', 'n1', 'n0']);
    expect(nodesIn(after, '192.0.2.1/32')).toEqual([]);
  });

  test('pods that come, go and move', () => {
    const world = worldWith(cluster);
    const old = recordOf(pod('shop/a', { ips: ['10.0.0.1'] }));
    const at = (lookups: Lookups) =>
      ['10.0.0.1/32', '10.0.1.1/32', '10.0.2.2/32'].map((cidr) => holdsPod(lookups, cidr));
    const [before, after] = sidesOf(
      world,
      editOf(old, recordOf(pod('shop/a', { ips: ['10.0.1.1'] }))),
      editOf(null, recordOf(pod('shop/b', { ips: ['10.0.2.2'] }))),
    );
    expect([at(before), at(after)]).toEqual([
      [true, false, false],
      [false, true, true],
    ]);
    const [, without] = sidesOf(world, editOf(old, null));
    expect(at(without)).toEqual([false, false, false]);
  });
});

type Rng = ReturnType<typeof randomFrom>;

function randomObject(rng: Rng): ClusterObject {
  const name = `ns-${rng.int(4)}`;
  const i = rng.int(4);
  switch (rng.int(4)) {
    case 0:
      return recordOf(named(name, { team: `t${rng.int(2)}`, ...(rng.int(2) === 0 ? {} : { env: 'prod' }) }));
    case 1:
      return recordOf(service(`${name}/s-${i}`, { app: `a${rng.int(3)}` }, ['80->8080']));
    case 2:
      return recordOf(node(`n-${i}`, `192.0.2.${rng.int(8)}`, `192.0.2.${rng.int(8)}`));
    default:
      return recordOf(pod(`${name}/p-${i}`, { ips: [`10.0.0.${rng.int(8)}`] }));
  }
}

/** Everything that these tests ask, of one world. */
function answers(lookups: Lookups): object {
  const selectors = [
    everything,
    selector(['team', 'In', 't0']),
    selector(['team', 'NotIn', 't0'], ['env', 'Exists']),
    selector(['env', 'DoesNotExist']),
  ];
  return {
    names: selectors.map((each) => namesIn(lookups, each)),
    counts: selectors.map((each) => lookups.namespaceCount(each)),
    inAll: lookups.namespacesInAll,
    services: ['a0', 'a1', 'a2'].map((app) => servicesOf(lookups, app)),
    nodes: ['192.0.2.0/30', '192.0.2.0/24'].map((cidr) => nodesIn(lookups, cidr).sort()),
    pods: Array.from({ length: 8 }, (_, i) => holdsPod(lookups, `10.0.0.${i}/32`)),
  };
}

test('a side answers as the world would after the events, and leaves the world as it was', () => {
  for (let seed = 1; seed <= 120; seed += 1) {
    const rng = randomFrom(seed);
    const world = worldOf(
      genericProfile,
      Array.from({ length: 24 }, () => put(randomObject(rng))),
    );
    const now = answers(world.lookups);
    const wanted = Array.from({ length: 3 }, () => randomObject(rng));
    const key = (object: ClusterObject) =>
      `${object.kind} ${'namespace' in object ? object.namespace : ''}/${object.name}`;
    const distinct = [...new Map(wanted.map((object) => [key(object), object])).values()];
    const changes = distinct.map((after) => {
      const stored = [...world.records(after.kind)].find((record) => key(record) === key(after)) ?? null;
      // A namespace that goes takes its pods along on a side; of a world they go by events of their own.
      const goes = stored !== null && after.kind !== 'Namespace' && rng.int(3) === 0;
      return { before: stored, after: goes ? null : after };
    });
    const [before, after] = sidesOf(world, ...changes.map((change) => editOf(change.before, change.after)));
    expect({ seed, before: answers(before) }).toEqual({ seed, before: now });
    const told = answers(after);
    expect({ seed, world: answers(world.lookups) }).toEqual({ seed, world: now });
    world.apply(
      changes.flatMap((change) => {
        if (change.after !== null) return [put(change.after)];
        return change.before === null ? [] : [remove(change.before)];
      }),
    );
    expect({ seed, after: told }).toEqual({ seed, after: answers(world.lookups) });
  }
});

test('the indexes of a world from which everything went are as large as those of one that had nothing', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const rng = randomFrom(seed);
    const [world, empty] = [worldOf(genericProfile, []), worldOf(genericProfile, [])];
    expect(answers(world.lookups)).toEqual(answers(empty.lookups));
    for (let step = 0; step < 60; step += 1) world.apply([put(randomObject(rng))]);
    const all = (['Pod', 'Service', 'Node', 'Namespace'] as const).flatMap((kind) => [
      ...world.records(kind),
    ]);
    expect(all.length).toBeGreaterThan(10);
    world.apply(all.map(remove));
    expect({ seed, answers: answers(world.lookups) }).toEqual({ seed, answers: answers(empty.lookups) });
    const left = Object.entries(sizesOf(world.lookups)).filter(
      ([path, size]) => path.startsWith('world.indexes') && size !== sizesOf(empty.lookups)[path],
    );
    expect({ seed, left }).toEqual({ seed, left: [] });
  }
});
