import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { overlay } from '../../src/world/overlay.ts';
import { podIds } from '../../src/world/unit.ts';
import type { World } from '../../src/world/world.ts';
import { type Json, namespace, pod, policy, puts, recordOf, service, worldWith } from '../support/build.ts';

/** Three pods of one StatefulSet: one label alike, two by which they differ, one that only the last has. */
const database: readonly Json[] = ['a', 'b', 'c'].map((ordinal) =>
  pod(`shop/db-${ordinal}`, {
    owner: 'StatefulSet/db',
    labels: {
      app: 'db',
      ordinal,
      half: ordinal === 'a' ? 'one' : 'two',
      ...(ordinal === 'c' ? { last: 'yes' } : {}),
    },
  }),
);

const cluster: readonly Json[] = [namespace('shop'), ...database];

/** The pods of each unit, and the labels that they have alike. */
function unitsOf(world: World): string[] {
  const lines = world.units.toArray().map((id) => {
    const unit = world.unit(id);
    if (unit === undefined) throw new Error(`unit ${id} is missing`);
    const labels = [...unit.labels].map(([key, value]) => `${key}=${value}`).sort();
    return `${podIds(unit).sort().join(' ')} | ${labels.join()} | ${[...unit.varying].sort().join()}`;
  });
  return lines.sort();
}

const together = ['shop/db-a shop/db-b shop/db-c | app=db | half,last,ordinal'];
const apart = [
  'shop/db-a | app=db,half=one,ordinal=a | ',
  'shop/db-b shop/db-c | app=db,half=two | last,ordinal',
];

const asking = (selector: string) => policy('shop/p', `{podSelector: ${selector}}`);

describe('pods that no selector can tell apart', () => {
  test('are one unit, whatever else their labels say', () => {
    expect(unitsOf(worldWith(cluster))).toEqual(together);
    expect(unitsOf(worldWith([...cluster, asking('{matchLabels: {app: db}}')]))).toEqual(together);
  });

  test('part when a policy asks for a key, and come together when the last one goes', () => {
    const world = worldWith(cluster);
    const asked = recordOf(asking('{matchLabels: {half: two}}'));
    world.apply([{ type: 'put', object: asked }]);
    expect(unitsOf(world)).toEqual(apart);
    world.apply([{ type: 'delete', kind: 'NetworkPolicy', namespace: 'shop', name: 'p' }]);
    expect(unitsOf(world)).toEqual(together);
  });

  test.each([['one two one'], ['one two one one'], ['two one one two'], ['one two three one two two']])(
    'part into as many as if the policy had been there before them: %s',
    (halves) => {
      const pods = halves.split(' ').map((half, index) => {
        return pod(`shop/db-${index}`, { owner: 'StatefulSet/db', labels: { app: 'db', half } });
      });
      const asked = asking('{matchLabels: {half: two}}');
      const world = worldWith([namespace('shop'), ...pods]);
      world.apply([{ type: 'put', object: recordOf(asked) }]);
      expect(unitsOf(world)).toEqual(unitsOf(worldWith([namespace('shop'), asked, ...pods])));
      expect(world.units.size).toBe(new Set(halves.split(' ')).size);
    },
  );

  test.each([
    ['a subject', asking('{matchExpressions: [{key: half, operator: NotIn, values: [one]}]}')],
    [
      'a peer',
      policy('shop/p', '{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {half: two}}}]}]}'),
    ],
    [
      'a clause that policyTypes leaves out',
      policy(
        'shop/p',
        '{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {matchLabels: {half: two}}}]}]}',
      ),
    ],
    ['a Service', service('shop/db', { half: 'two' }, ['80'])],
  ])('part by what %s asks for, in whatever order it is told', (_, asks) => {
    expect(unitsOf(worldWith([asks, ...cluster]))).toEqual(apart);
    expect(unitsOf(worldWith([...cluster, asks]))).toEqual(apart);
  });

  test('part by whether they have the label at all', () => {
    const world = worldWith([...cluster, asking('{matchExpressions: [{key: last, operator: Exists}]}')]);
    expect(unitsOf(world)).toEqual([
      'shop/db-a shop/db-b | app=db | half,ordinal',
      'shop/db-c | app=db,half=two,last=yes,ordinal=c | ',
    ]);
  });

  test('have alike what those have that are left', () => {
    const world = worldWith(cluster);
    world.apply([{ type: 'delete', kind: 'Pod', namespace: 'shop', name: 'db-a' }]);
    expect(unitsOf(world)).toEqual(['shop/db-b shop/db-c | app=db,half=two | last,ordinal']);
    world.apply(puts(database));
    expect(unitsOf(world)).toEqual(together);
  });

  test('part in the worlds of a change that asks for the key, and the base stays as it is', () => {
    const base = worldWith(cluster);
    const object = recordOf(asking('{matchLabels: {half: two}}'));
    if (object.kind !== 'NetworkPolicy' || object.policy === null) throw new Error('not a policy');
    const after = compileNetworkPolicy(object.policy, genericProfile);
    const worlds = overlay(base, { edits: [{ kind: 'policy', before: null, after }] });
    expect(unitsOf(worlds.before)).toEqual([
      'shop/db-a | app=db,half=one | last,ordinal',
      'shop/db-b shop/db-c | app=db,half=two | last,ordinal',
    ]);
    expect(
      worlds.after
        .subjects(after)
        .toArray()
        .flatMap((id) => [...(worlds.after.unit(id)?.members ?? [])]),
    ).toEqual(['db-b', 'db-c']);
    expect(unitsOf(base)).toEqual(together);
  });

  test('part by keys that somebody else is going to ask for', () => {
    const { after } = overlay(worldWith(cluster), { edits: [] }, ['half']);
    expect(unitsOf(after)).toEqual([
      'shop/db-a | app=db,half=one | last,ordinal',
      'shop/db-b shop/db-c | app=db,half=two | last,ordinal',
    ]);
  });
});
