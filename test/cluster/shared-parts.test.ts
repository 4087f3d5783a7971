import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { watchedKinds } from '../../src/cluster/kinds.ts';
import { SharedParts, withSharedParts } from '../../src/cluster/shared-parts.ts';
import { SharedRecords } from '../../src/cluster/shared-records.ts';
import { decodePod } from '../../src/model/decode/pod.ts';
import type { ClusterObject, PodRecord } from '../../src/model/objects.ts';
import { sameRecord } from '../../src/model/same-record.ts';
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
});

describe('records of other kinds with shared parts', () => {
  const kindOf = (resource: string) => {
    const found = watchedKinds.find((kind) => kind.resource === resource);
    if (found === undefined) throw new Error(`${resource} are not watched`);
    return found;
  };

  test.each([
    ['namespaces', 'Namespace'],
    ['pods', 'Pod'],
    ['networkpolicies', 'NetworkPolicy'],
    ['services', 'Service'],
    ['nodes', 'Node'],
    ['endpointslices', 'EndpointSlice'],
    ['deployments', 'Deployment'],
    ['statefulsets', 'StatefulSet'],
    ['daemonsets', 'DaemonSet'],
    ['jobs', 'Job'],
    ['cronjobs', 'CronJob'],
    ['ingresses', 'Ingress'],
    ['rolebindings', 'RoleBinding'],
  ])('are equal to what they are alone: %s', (resource, message) => {
    const kind = kindOf(resource);
    const named = anyObject(message).map((object) => ({
      ...object,
      metadata: { ...(object['metadata'] as object), name: 'a' },
    }));
    fc.assert(
      fc.property(fc.array(named, { maxLength: 4 }), (objects) => {
        const shared = withSharedParts(kind);
        for (const object of [...objects, ...objects])
          expect(shared.decode(object)).toEqual(kind.decode(object));
      }),
      { numRuns: 30 },
    );
  });

  const two = (resource: string, body: object) => {
    const { decode } = withSharedParts(kindOf(resource));
    return ['a', 'b'].map((name) =>
      decode({ metadata: { name, namespace: name, labels: { app: 'web' } }, ...body }),
    );
  };

  test('a workload has the template of another', () => {
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ ports: [{ name: 'http', containerPort: 80 }] }] },
    };
    const [a, b] = two('deployments', { spec: { template } });
    if (a?.kind !== 'Deployment' || b?.kind !== 'Deployment') throw new Error('no workloads');
    expect([a.name, b.name]).toEqual(['a', 'b']);
    expect(a.template).toBe(b.template);
  });

  test('a Service has the labels, the selector and the ports of another', () => {
    const [a, b] = two('services', {
      spec: { selector: { app: 'shop' }, ports: [{ port: 80 }], clusterIP: '10.0.0.1' },
    });
    if (a?.kind !== 'Service' || b?.kind !== 'Service') throw new Error('no Services');
    expect(a.labels).toBe(b.labels);
    expect(a.selector).toBe(b.selector);
    expect(a.ports).toBe(b.ports);
  });

  test('of what was forgotten nobody has a part', () => {
    const shared = new SharedRecords(new SharedParts());
    const { decode } = withSharedParts(kindOf('networkpolicies'), shared);
    const labels = { app: 'web' };
    const spec = {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 80 }] }],
    };
    const read = () => {
      const record = decode({ metadata: { name: 'a', labels }, spec });
      if (record?.kind !== 'NetworkPolicy' || record.policy?.spec == null) throw new Error('no policy');
      const { podSelector, policyTypes, ingress } = record.policy.spec;
      return [record.policy.labels, podSelector, policyTypes, ingress[0]?.ports];
    };
    const [first, again] = [read(), read()];
    expect(again.map((part, index) => part === first[index])).toEqual([true, true, true, true]);
    shared.forget();
    const later = read();
    expect(later).toEqual(first);
    expect(later.map((part, index) => part === first[index])).toEqual([false, false, false, false]);
  });

  const policies = (...specs: readonly object[]) => {
    const { decode } = withSharedParts(kindOf('networkpolicies'));
    return specs.map((spec, index) => {
      const record = decode({ metadata: { name: `p-${index}`, namespace: 'shop' }, spec });
      if (record?.kind !== 'NetworkPolicy' || record.policy?.spec == null) throw new Error('no policy');
      return record.policy.spec;
    });
  };

  test('a policy has the selectors and ports of another, and clauses of its own', () => {
    const spec = {
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 80 }] }],
    };
    const [a, b] = policies(spec, spec);
    expect(a).toEqual(b);
    expect(a?.podSelector).toBe(b?.podSelector);
    expect(a?.ingress[0]?.peers[0]?.podSelector).toBe(b?.podSelector);
    expect(a?.ingress[0]?.ports).toBe(b?.ingress[0]?.ports);
    expect(a?.ingress[0]).not.toBe(b?.ingress[0]);
    expect(a?.ingress[0]?.peers[0]).not.toBe(b?.ingress[0]?.peers[0]);
  });

  test('selectors that say the same in other places are two', () => {
    const [a, b] = policies(
      { podSelector: { matchLabels: { app: 'web' } } },
      { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } },
    );
    expect([a?.podSelector?.text, b?.podSelector?.text]).toEqual(['app=web', 'app=web']);
    expect(a?.podSelector?.requirements[0]?.place).toBe('labels');
    expect(b?.podSelector?.requirements[0]?.place).toBe(0);
  });

  test.each([
    [{ ports: [{ containerPort: 80 }] }, { ports: [{ containerPort: 80, protocol: 'UDP' }] }],
    [{ ports: [{ containerPort: 8080, name: 'a' }] }, { ports: [{ containerPort: 8080, name: 'b' }] }],
    [{ ports: [] }, { livenessProbe: { httpGet: { port: 80 } } }],
  ])('templates with %j and %j are two', (one, other) => {
    const { decode } = withSharedParts(kindOf('deployments'));
    const records = [one, other].map((container) =>
      decode({ metadata: { name: 'a' }, spec: { template: { spec: { containers: [container] } } } }),
    );
    expect(records[0]).not.toEqual(records[1]);
  });

  test.each([
    { hostNetwork: true },
    { dnsPolicy: 'None' },
    { serviceAccountName: 'web' },
    { automountServiceAccountToken: true },
    { automountServiceAccountToken: false },
    { os: { name: 'windows' } },
  ])('a template with %j is another', (spec) => {
    const { decode } = withSharedParts(kindOf('deployments'));
    const templateOf = (pod: object) => {
      const record = decode({ metadata: { name: 'a' }, spec: { template: { spec: pod } } });
      return record !== null && 'template' in record ? record.template : null;
    };
    expect(templateOf({})).not.toEqual(templateOf(spec));
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
