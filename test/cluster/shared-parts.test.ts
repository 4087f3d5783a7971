import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { watchedKinds } from '../../src/cluster/kinds.ts';
import { sameRecord } from '../../src/cluster/same-record.ts';
import { SharedParts, withSharedParts } from '../../src/cluster/shared-parts.ts';
import { decodePod } from '../../src/model/decode/pod.ts';
import type { ClusterObject, PodRecord } from '../../src/model/objects.ts';
import { Named } from '../../src/world/named.ts';
import { anyObject } from '../support/protobuf-arbitrary.ts';

const pod = (name: string, address: string): PodRecord =>
  decodePod({
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'web', tier: 'front' },
      annotations: { 'prometheus.io/port': '9090' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-7d4f', controller: true }],
    },
    spec: {
      nodeName: 'node-1',
      serviceAccountName: 'web',
      containers: [
        { ports: [{ name: 'http', containerPort: 8080 }], livenessProbe: { httpGet: { port: 'http' } } },
      ],
    },
    status: { podIPs: [{ ip: address }] },
  });

const parts = ['labels', 'annotations', 'ports', 'probePorts', 'owner'] as const;

describe('equal parts of pods', () => {
  test('are one object', () => {
    const shared = new SharedParts();
    const [one, other] = [shared.share(pod('a', '10.0.0.1')), shared.share(pod('b', '10.0.0.2'))];
    expect([one, other]).toEqual([pod('a', '10.0.0.1'), pod('b', '10.0.0.2')]);
    expect(parts.filter((part) => one[part] !== other[part])).toEqual([]);
    expect(parts.filter((part) => one[part] === pod('a', '10.0.0.1')[part])).toEqual([]);
  });

  test('only where they are equal, whatever they hold', () => {
    const shared = new SharedParts();
    fc.assert(
      fc.property(fc.array(anyObject('Pod'), { maxLength: 5 }), (objects) => {
        for (const object of objects) {
          const record = decodePod({ ...object, metadata: { name: 'a', ...(object['metadata'] as object) } });
          expect(shared.share(record)).toEqual(record);
        }
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    [{ a: 'b', c: 'd' }, { a: 'b1 1 cd' }],
    [{ a: '1 ' }, { a1: ' ' }],
    [{ ab: 'c' }, { a: 'bc' }],
  ])('%j and %j are two', (one, other) => {
    const shared = new SharedParts();
    const labelled = (labels: object) => shared.share(decodePod({ metadata: { name: 'a', labels } })).labels;
    expect([labelled(one), labelled(other)].map((labels) => Object.fromEntries(labels))).toEqual([
      one,
      other,
    ]);
  });

  test('are forgotten when others come', () => {
    const shared = new SharedParts();
    const first = shared.share(pod('a', '10.0.0.1'));
    const other = (app: string) => decodePod({ metadata: { name: 'a', labels: { app } } });
    // Asked for again and again, it stays.
    for (let index = 0; index < 20_000; index += 1) {
      shared.share(other(`app-${index}`));
      if (index % 4000 === 0) shared.share(pod('a', '10.0.0.1'));
    }
    expect(shared.share(pod('a', '10.0.0.1')).labels).toBe(first.labels);
    for (let index = 0; index < 8193; index += 1) shared.share(other(`other-${index}`));
    expect(shared.share(pod('a', '10.0.0.1')).labels).not.toBe(first.labels);
  });

  test('other kinds stay as they are', () => {
    const [namespaces] = watchedKinds;
    expect(withSharedParts(namespaces!)).toBe(namespaces);
  });
});

describe('equal records', () => {
  const leaf = fc.oneof(
    fc.integer({ max: 2, min: 0 }),
    fc.constantFrom('', 'a', null, undefined, true, Number.NaN),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'toString'), tie('value'), { noNullPrototype: true }),
      fc.array(fc.tuple(fc.constantFrom('a', 'b'), tie('value'))).map((entries) => new Map(entries)),
      fc.array(leaf, { maxLength: 2 }).map((items) => new Set(items)),
    ),
  }));

  test('are those that Node calls equal', () => {
    const seen = { equal: 0, other: 0 };
    fc.assert(
      fc.property(fc.oneof(fc.tuple(value, value), fc.clone(value, 2)), ([a, b]) => {
        const expected = isDeepStrictEqual(a, b);
        seen[expected ? 'equal' : 'other'] += 1;
        expect(sameRecord(a, b)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.equal, seen.other)).toBeGreaterThan(20);
  });

  test('a pod and its next status', () => {
    const [old, same] = [pod('a', '10.0.0.1'), pod('a', '10.0.0.1')];
    expect(sameRecord(old, same)).toBe(true);
    expect(sameRecord(old, pod('a', '10.0.0.2'))).toBe(false);
    expect(sameRecord(old, { ...same, terminating: true })).toBe(false);
    expect(sameRecord(old, { ...same, owner: null })).toBe(false);
    expect(sameRecord(undefined, old)).toBe(false);
  });
});

describe('a table by namespace and name', () => {
  const made = (namespace: string | null, name: string): ClusterObject =>
    namespace === null
      ? { kind: 'Namespace', name, labels: new Map(), terminating: false }
      : { ...pod(name, '10.0.0.1'), namespace };

  test('says what was put and not deleted', () => {
    // More than the short lists that are copied.
    const name = fc.integer({ min: 0, max: 40 }).map((number) => `p-${number}`);
    const namespace = fc.constantFrom(null, 'x');
    const step = fc.record({ namespace, name, put: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const named = new Named();
        const model = new Map<string, ClusterObject>();
        for (const { namespace, name, put } of steps) {
          const key = JSON.stringify([namespace, name]);
          const object = made(namespace, name);
          if (put > 0) named.set(object);
          else named.delete(namespace, name);
          if (put > 0) model.set(key, object);
          else model.delete(key);
          expect(named.get(namespace, name)).toBe(model.get(key));
          expect(named.size).toBe(model.size);
        }
        const all = [...named.values()];
        expect(all.length).toBe(model.size);
        expect(new Set(all)).toEqual(new Set(model.values()));
      }),
    );
  });

  test('what is deleted while it is looked through is left out', () => {
    const named = new Named();
    for (const [namespace, name] of [...['c', 'a', 'b', 'b-2'].map((name) => ['x', name]), ['y', 'd']])
      named.set(made(namespace ?? '', name ?? ''));
    const seen: string[] = [];
    for (const { name } of named.values()) {
      seen.push(name);
      named.delete('x', name);
      named.delete('x', 'c');
    }
    expect(seen).toEqual(['a', 'b', 'b-2', 'd']);
    expect(named.size).toBe(1);
  });
});
