import { describe, expect, test } from '@jest/globals';
import { CurrentWorld } from '../../src/cli/current-world.ts';
import { readSome } from '../../src/cli/read-ahead.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { declaredPorts } from '../../src/platform/declared-ports.ts';
import { defaultSettings } from '../../src/review/settings.ts';
import { worldOf } from '../../src/world/build.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { namespace, pod, policy, puts } from '../support/build.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const from = (name: string) =>
  policy(
    `shop/from-${name}`,
    `{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: ${name}}}}]}]}`,
  );
const shop = puts([namespace('shop'), ...names.map((name) => pod(`shop/${name}`)), ...names.map(from)]);

const isRead = ({ portClasses, peers }: ClusterWorld): boolean =>
  !portClasses.freshen(declaredPorts, 1) && !peers.freshen(1);

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('what reviews will ask of units and peers', () => {
  test('is read in parts: all units here, then four peers at a time', () => {
    const world = worldOf(genericProfile, shop);
    expect([readSome(world), world.portClasses.freshen(declaredPorts, 1)]).toEqual([true, false]);
    expect([readSome(world), readSome(world), readSome(world)]).toEqual([true, true, false]);
  });

  test('leaves out peers that nobody names any more', () => {
    const world = worldOf(genericProfile, shop);
    for (const name of names)
      world.apply([{ type: 'delete', kind: 'NetworkPolicy', namespace: 'shop', name: `from-${name}` }]);
    expect(world.peers.freshen(1)).toBe(false);
  });

  test('is read between other things, once a world is there and after each change of it', async () => {
    const current = new CurrentWorld(
      () => defaultSettings,
      () => null,
    );
    current.take(shop);
    await turns(4);
    expect(isRead(current.current())).toBe(true);
    current.apply(puts([from('g'), pod('shop/g')]));
    await turns(3);
    expect(isRead(current.current())).toBe(true);
  });
});
