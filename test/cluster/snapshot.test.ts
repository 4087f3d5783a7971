import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { watchedKinds } from '../../src/cluster/kinds.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../../src/cluster/snapshot.ts';
import { fieldsOf, hasShape } from '../../src/model/decode/record-shapes.ts';
import type { Fields, Shape } from '../../src/model/decode/shape.ts';
import { isRecord } from '../../src/model/decode/value.ts';
import { type ClusterObject, workloadKinds } from '../../src/model/objects.ts';
import { worldOf } from '../../src/world/build.ts';
import { everyKind } from '../support/every-kind.ts';
import { keyOf, picture } from '../support/picture.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { randomFrom } from '../support/reference/random.ts';
import { eventsOf, profileOf } from '../support/reference-world.ts';

const head: Omit<Snapshot, 'objects'> = {
  takenAt: '2026-11-21T18:00:00Z',
  version: '0.1.0',
  cluster: 'prod-eu',
  platform: {
    profile: 'calico',
    answers: { podToOwnNode: 'allowed' },
    because: 'DaemonSet kube-system/calico-node',
  },
  absent: ['Ingress'],
  redacted: false,
};

function snapshot(objects: readonly ClusterObject[]): Snapshot {
  return { ...head, objects };
}

function decoded(bytes: Uint8Array): Snapshot {
  const read = decodeSnapshot(bytes);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

const byKey = (objects: readonly ClusterObject[]) => new Map(objects.map((each) => [keyOf(each), each]));

describe('a snapshot', () => {
  test('holds every kind as it was, in an order of its own', () => {
    const objects = everyKind();
    const read = decoded(encodeSnapshot(snapshot(objects)));
    expect({ ...read, objects: byKey(read.objects) }).toEqual({ ...head, objects: byKey(objects) });
    const turned = encodeSnapshot(snapshot(objects.toReversed()));
    expect(Buffer.from(turned).equals(encodeSnapshot(snapshot(objects)))).toBe(true);
  });

  test('keeps fields that nobody has said anything about, maps and sets among them', () => {
    const [first] = everyKind();
    const more = { added: { deep: [new Map([['a', new Set(['x'])]]), null, 1.5, true] } };
    const grown = Object.assign({}, first, more);
    expect(decoded(encodeSnapshot(snapshot([grown]))).objects).toEqual([grown]);
  });

  test('is read without gzip too', () => {
    const bytes = encodeSnapshot(snapshot(everyKind()));
    expect(decoded(gunzipSync(bytes))).toEqual(decoded(bytes));
  });

  test('makes the world that its objects make', () => {
    const addresses = Array.from({ length: 15 }, (_, i) => `10.0.0.${i + 1}`);
    for (let seed = 1; seed <= 60; seed += 1) {
      const cluster = randomCluster(randomFrom(seed));
      const objects = eventsOf(cluster).flatMap((event) => (event.type === 'put' ? [event.object] : []));
      const world = worldOf(profileOf(cluster), eventsOf(cluster));
      const stored = [...world.everything()].flatMap((event) => (event.type === 'put' ? [event.object] : []));
      const read = decoded(encodeSnapshot(snapshot(stored)));
      const again = worldOf(
        profileOf(cluster),
        read.objects.map((object) => ({ type: 'put', object })),
      );
      expect({ seed, picture: picture(again, addresses) }).toEqual({
        seed,
        picture: picture(world, addresses),
      });
      expect(byKey(read.objects)).toEqual(byKey(objects));
    }
  });
});

/** Paths of fields that records have and the table of shapes does not. */
function unlisted(value: unknown, fields: Fields, path: string): string[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === 'kind' && !path.includes('.')) return [];
    const shape = fields[key];
    return shape === undefined ? [`${path}.${key}`] : inside(item, shape, `${path}.${key}`);
  });
}

function inside(value: unknown, shape: Shape, path: string): string[] {
  if (shape.is === 'nullable' || shape.is === 'optional')
    return value === null ? [] : inside(value, shape.of, path);
  if (shape.is === 'list')
    return (Array.isArray(value) ? value : []).flatMap((item) => inside(item, shape.of, path));
  return shape.is === 'object' ? unlisted(value, shape.fields, path) : [];
}

describe('the table of shapes', () => {
  test('has every kind', () => {
    const kinds = new Set([...watchedKinds.map(({ record }) => record), ...workloadKinds, 'ForeignPolicy']);
    expect([...kinds].filter((kind) => !hasShape(kind))).toEqual([]);
    expect([...kinds].filter((kind) => !everyKind().some((object) => object.kind === kind))).toEqual([]);
  });

  /** A field that is missing there is neither checked nor told from other names when a snapshot is redacted. */
  test('has every field of every record', () => {
    const missing = everyKind().flatMap((object) => unlisted(object, fieldsOf(object.kind), object.kind));
    expect([...new Set(missing)]).toEqual([]);
  });
});

const whole = JSON.parse(gunzipSync(encodeSnapshot(snapshot(everyKind()))).toString('utf8'));

function problemOf(change: (copy: typeof whole) => void): string {
  const copy = structuredClone(whole);
  change(copy);
  const read = decodeSnapshot(Buffer.from(JSON.stringify(copy)));
  return 'problem' in read ? read.problem : 'none';
}

const find = (copy: typeof whole, kind: string) =>
  copy.objects.find((object: { kind: string }) => object.kind === kind);
const no = 'it is no snapshot of netsluice: ';

describe('what is no snapshot is told in one sentence', () => {
  test.each<[string, (copy: typeof whole) => void, RegExp]>([
    ['another document', (copy) => delete copy.schema, /schema must be netsluice\/snapshot\/v1$/],
    [
      'a later version',
      (copy) => {
        copy.schema = 'netsluice/snapshot/v2';
      },
      /schema is netsluice\/snapshot\/v2, and this netsluice reads netsluice\/snapshot\/v1; take it again/,
    ],
    ['no time', (copy) => delete copy.takenAt, /takenAt must be a time such as/],
    [
      'a day that does not exist',
      (copy) => {
        copy.takenAt = '2026-13-45T00:00:00Z';
      },
      /takenAt must be a time/,
    ],
    ['no objects', (copy) => delete copy.objects, /objects must be a list$/],
    [
      'an object that is none',
      (copy) => {
        copy.objects[0] = 7;
      },
      /objects\[0\] is 7; it must be an object$/,
    ],
    [
      'an answer that does not exist',
      (copy) => {
        copy.platform.answers = { endPort: 'perhaps' };
      },
      /platform\.answers\.endPort is "perhaps"; it must be range, first-port, unknown$/,
    ],
    [
      'an unknown kind',
      (copy) => {
        copy.objects[0].kind = 'Cart';
      },
      /objects\[0\]\.kind is "Cart"; it is none that this netsluice knows$/,
    ],
    [
      'a missing field',
      (copy) => delete find(copy, 'Pod').addresses,
      /objects\[\d+\]\.addresses is missing; it must be a list$/,
    ],
    [
      'a missing field that may be null',
      (copy) => delete find(copy, 'Pod').owner,
      /owner is missing; it must be there, if only as null$/,
    ],
    [
      'a port out of range',
      (copy) => {
        find(copy, 'Pod').ports[0].number = 70000;
      },
      /ports\[0\]\.number is 70000; it must be a whole number from 1 to 65535$/,
    ],
    [
      'labels that are no map',
      (copy) => {
        find(copy, 'Pod').labels = { app: 'web' };
      },
      /labels is an object; it must be a map from text to text$/,
    ],
    [
      'labels with a number',
      (copy) => {
        find(copy, 'Pod').labels = { $map: [['app', 5]] };
      },
      /labels is an object; it must be a map from text to text$/,
    ],
    [
      'a map that is none',
      (copy) => {
        find(copy, 'Pod').labels = { $map: [['app']] };
      },
      /\$map must hold pairs$/,
    ],
    [
      'a selector whose text lies',
      (copy) => {
        find(copy, 'NetworkPolicy').policy =
          find(copy, 'NetworkPolicy').policy ??
          copy.objects.find(
            (object: { name: string; kind: string }) =>
              object.kind === 'NetworkPolicy' && object.name === 'web',
          ).policy;
        find(copy, 'NetworkPolicy').name = 'web';
        find(copy, 'NetworkPolicy').policy.spec.podSelector.text = 'app=db';
      },
      /policy\.spec\.podSelector\.text does not say what the requirements say$/,
    ],
    [
      'a name with a line break',
      (copy) => {
        find(copy, 'Node').name = 'a\nb';
      },
      /name is "a\\nb"; it must be a name of 1 to 1024 characters$/,
    ],
    [
      'a block that is none',
      (copy) => {
        const policy = copy.objects.find(
          (object: { name: string; kind: string }) =>
            object.kind === 'NetworkPolicy' && object.name === 'web',
        ).policy;
        policy.spec.egress[0].peers[0].ipBlock.cidr = '300.0.0.0/8';
      },
      /ipBlock\.cidr is "300\.0\.0\.0\/8"; it must be a CIDR/,
    ],
    [
      'a policy of another name',
      (copy) => {
        copy.objects.find(
          (object: { name: string; kind: string }) =>
            object.kind === 'NetworkPolicy' && object.name === 'web',
        ).policy.name = 'db';
      },
      /policy is of another name than the record, shop\/web$/,
    ],
    [
      'a nest',
      (copy) => {
        copy.objects[0].more = JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`);
      },
      /is nested deeper than 32 levels$/,
    ],
  ])('%s', (_title, change, problem) => {
    const said = problemOf(change);
    expect(said).toMatch(problem);
    expect(said.startsWith(no)).toBe(true);
    expect(said).not.toContain('\n');
  });

  test('a field named __proto__ is dropped', () => {
    const text = JSON.stringify(whole).replace(
      '"kind":"Node"',
      '"__proto__":{"polluted":true},"kind":"Node"',
    );
    const node = decoded(Buffer.from(text)).objects.find(({ kind }) => kind === 'Node');
    expect(node).toEqual(everyKind().find(({ kind }) => kind === 'Node'));
    expect(Object.getPrototypeOf(node)).toBe(Object.prototype);
  });

  test('empty, cut off, too large, too many', () => {
    const bytes = encodeSnapshot(snapshot(everyKind()));
    const bounds = { packedBytesMax: 1_000_000, bytesMax: 1_000_000, objectsMax: 100 };
    expect(decodeSnapshot(Buffer.alloc(0))).toEqual({ problem: `${no}it holds no JSON` });
    expect(decodeSnapshot(bytes.subarray(0, 200))).toEqual({
      problem: 'it is no snapshot of netsluice, or was cut off: unexpected end of file',
    });
    expect(decodeSnapshot(bytes, { ...bounds, packedBytesMax: 100 })).toEqual({
      problem: `${no}the file is larger than 100 bytes, which no snapshot is`,
    });
    expect(decodeSnapshot(gzipSync(Buffer.alloc(2_000_000, '[')), bounds)).toEqual({
      problem: expect.stringMatching(
        /^it is no snapshot of netsluice, or was cut off: Cannot create a Buffer/,
      ),
    });
    expect(decodeSnapshot(bytes, { ...bounds, objectsMax: 3 })).toEqual({
      problem: `${no}objects has ${everyKind().length} items; at most 3 are read`,
    });
  });

  test('any bytes and any JSON', () => {
    const said = (bytes: Uint8Array) => {
      const read = decodeSnapshot(bytes);
      expect('problem' in read ? read.problem.length : 0).toBeGreaterThan(0);
    };
    fc.assert(fc.property(fc.uint8Array(), said), { numRuns: 200 });
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => said(gzipSync(bytes))),
      { numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.json(), (text) => said(Buffer.from(text))),
      { numRuns: 200 },
    );
  });

  test('one value anywhere replaced by another: read as it is, or refused, and a world comes of it', () => {
    const values = [null, -1, 0, 1.5, '', 'x', true, [], {}, [null], { $map: [] }, { $set: [1] }];
    for (const index of whole.objects.keys()) {
      for (const key of Object.keys(whole.objects[index])) {
        for (const value of values) {
          const copy = { ...whole, objects: [...whole.objects] };
          copy.objects[index] = { ...whole.objects[index], [key]: value };
          const read = decodeSnapshot(Buffer.from(JSON.stringify(copy)));
          if ('problem' in read) continue;
          const world = worldOf(
            profileOf(randomCluster(randomFrom(1))),
            read.objects.map((object) => ({ type: 'put', object })),
          );
          expect(picture(world).length).toBeGreaterThan(0);
        }
      }
    }
  });
});
