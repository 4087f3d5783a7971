import { describe, expect, test } from '@jest/globals';
import { everything, selectorOf } from '../../src/model/selector.ts';
import { hostDaemonsIn, hostPodsIn } from '../../src/platform/host-pods.ts';
import { type Json, namespace, pod, workload, worldWith } from '../support/build.ts';

const hostNetwork = { hostNetwork: true };
const selecting = (key: string, value: string) => selectorOf([{ key, operator: 'In', values: [value] }]);

describe('what DaemonSets say of many namespaces', () => {
  const shop = namespace('shop', { team: 'a' });
  const bank = namespace('bank', { team: 'a' });
  const other = namespace('other', { team: 'b' });
  const daemons = ['shop', 'other', 'unseen'].map((name) =>
    workload('DaemonSet', `${name}/agent`, null, { labels: { app: 'agent' }, spec: hostNetwork }),
  );
  const more = ['one', 'two', 'three'].map((name) =>
    workload('DaemonSet', `other/${name}`, null, { labels: { app: 'agent' }, spec: hostNetwork }),
  );

  /** How many there are elsewhere must not show. */
  test.each([
    ['few', daemons],
    ['more than namespaces', [...daemons, ...more]],
  ])('where there are %s', (_, all: readonly Json[]) => {
    const world = worldWith([shop, bank, other, ...all]);
    const found = hostDaemonsIn(world, selecting('team', 'a'), selecting('app', 'agent'));
    expect(found.map((each) => `${each.namespace}/${each.name}`)).toEqual(['shop/agent']);
  });
});

describe('templates of one namespace', () => {
  const daemon = (name: string, labels: Json) =>
    workload('DaemonSet', `shop/${name}`, null, { labels, spec: hostNetwork });

  test.each([
    ['it has no pods', [daemon('agent', { app: 'agent' })], ['agent']],
    [
      'an earlier one would make the same pods',
      [daemon('first', { app: 'agent', tier: 'node' }), daemon('second', { app: 'agent' })],
      ['first'],
    ],
    ['it has pods', [daemon('agent', { app: 'agent' }), pod('shop/one', hostPod('agent'))], ['one']],
    ['others are selected', [daemon('proxy', { app: 'proxy' })], []],
  ])('told where %s', (_, objects: readonly Json[], names) => {
    const world = worldWith([namespace('shop'), ...objects]);
    expect(hostPodsIn(world, 'shop', selecting('app', 'agent')).map(({ name }) => name)).toEqual(names);
  });

  test('one that would make the pods of an earlier one, which the selector leaves out, is left out too', () => {
    const objects = [daemon('first', { app: 'agent', tier: 'node' }), daemon('second', { app: 'agent' })];
    const world = worldWith([namespace('shop'), ...objects]);
    const noTier = selectorOf([{ key: 'tier', operator: 'DoesNotExist', values: [] }]);
    expect(hostPodsIn(world, 'shop', noTier)).toEqual([]);
    expect(hostPodsIn(world, 'shop', everything).map(({ name }) => name)).toEqual(['first']);
  });
});

function hostPod(app: string) {
  return { labels: { app }, spec: hostNetwork };
}
