import { describe, expect, test } from '@jest/globals';
import { worldOf } from '../../src/world/build.ts';
import { overlay } from '../../src/world/overlay.ts';
import { keptBy, picture } from '../support/picture.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { applyEdits, type RefEdit, randomChange } from '../support/reference/arbitrary-change.ts';
import {
  literalProfile,
  type PodTemplate,
  type RefCluster,
  type Workload,
} from '../support/reference/objects.ts';
import { randomFrom } from '../support/reference/random.ts';
import { changeOf, eventsOf, profileOf, worldFor } from '../support/reference-world.ts';

describe('a change laid over a world', () => {
  test('leaves the base as it was', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const base = worldFor(cluster);
      const before = picture(base);
      const [kept, ids] = [keptBy(base), base.table.idEnd];
      const { before: was, after: is } = overlay(
        base,
        changeOf(randomChange(rng, cluster).edits, base.profile),
      );
      picture(was);
      picture(is);
      expect({ seed, picture: picture(base), kept: keptBy(base), ids: base.table.idEnd }).toEqual({
        seed,
        picture: before,
        kept,
        ids,
      });
    }
  });

  test('of no edits is the base, on both sides', () => {
    const cluster = randomCluster(randomFrom(3));
    const base = worldOf(profileOf(cluster), eventsOf(cluster));
    const { before, after } = overlay(base, { edits: [] });
    expect([picture(before), picture(after)]).toEqual([picture(base), picture(base)]);
  });

  test('shows the base on its side before', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const base = worldFor(cluster);
      const { before } = overlay(base, changeOf(randomChange(rng, cluster).edits, base.profile));
      expect({ seed, picture: picture(before) }).toEqual({ seed, picture: picture(base) });
    }
  });

  /** A Deployment, one of whose pods somebody labelled by hand, and a policy that asks for that label. */
  const labels = { app: 'web' };
  const spec = { containers: [{ name: 'web', image: 'example/web:1' }] };
  const template: PodTemplate = { metadata: { labels }, spec };
  const web: Workload = {
    kind: 'Deployment',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { replicas: 1, template },
  };
  const controller = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'web-5d9',
    uid: 'u',
    controller: true,
  };
  const labelled: RefCluster = {
    namespaces: [{ metadata: { name: 'shop' } }],
    nodes: [],
    foreign: [],
    profile: literalProfile,
    workloads: [web],
    pods: [
      {
        metadata: {
          namespace: 'shop',
          name: 'web-5d9-1',
          labels: { ...labels, 'pod-template-hash': '5d9', debugged: 'yes' },
          ownerReferences: [controller],
        },
        spec,
      },
    ],
    policies: [
      {
        metadata: { namespace: 'shop', name: 'debugged' },
        spec: { podSelector: { matchLabels: { debugged: 'yes' } } },
      },
    ],
  };
  const rolledOut = (template: PodTemplate, replicas: number) => {
    const edits: RefEdit[] = [
      { kind: 'Deployment', before: web, after: { ...web, spec: { replicas, template } } },
    ];
    const base = worldFor(labelled);
    const change = changeOf(edits, base.profile);
    return { is: picture(overlay(base, change).after), reference: worldFor(applyEdits(labelled, edits)) };
  };

  test('of replicas alone leaves pods the labels that they were given by hand', () => {
    const { is, reference } = rolledOut(template, 3);
    expect([is, is]).toEqual([picture(reference), picture(worldFor(labelled))]);
    expect(is).toContain('policy shop/debugged selects shop/web-5d9-1');
  });

  test('of the template gives all pods its labels, and no others', () => {
    const { is, reference } = rolledOut({ metadata: { labels: { app: 'web', tier: 'front' } }, spec }, 1);
    expect(is).toEqual(picture(reference));
    expect(is).toContain('policy shop/debugged selects ');
  });
});
