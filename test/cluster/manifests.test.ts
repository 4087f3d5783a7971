import { describe, expect, test } from '@jest/globals';
import { readManifests } from '../../src/cluster/manifests.ts';

const read = (text: string) => readManifests([{ file: 'a.yaml', text }]);
const names = (text: string) =>
  read(text).events.map((event) => (event.type === 'put' ? `${event.object.kind} ${event.object.name}` : ''));

describe('manifests', () => {
  test('several documents, unknown kinds and empty documents', () => {
    const text = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
---
# nothing here
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}}
`;
    expect(names(text)).toEqual(['Namespace shop', 'NetworkPolicy deny']);
    expect(read(text).problems).toEqual([]);
  });

  test('a namespace that is only referred to exists with its name label alone', () => {
    const { events } = read('{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}');
    expect(events.at(-1)).toEqual({
      type: 'put',
      object: {
        kind: 'Namespace',
        name: 'default',
        labels: new Map([['kubernetes.io/metadata.name', 'default']]),
        terminating: false,
      },
    });
  });

  test('lists with and without the kind of their items', () => {
    expect(
      names('{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: a}}]}'),
    ).toEqual(['Namespace a']);
    expect(names('{apiVersion: v1, kind: NamespaceList, items: [{metadata: {name: b}}]}')).toEqual([
      'Namespace b',
    ]);
  });

  test('a document that is not YAML is a problem with its line; the others are read', () => {
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\nx: [1\n';
    expect(names(text)).toEqual(['Namespace a']);
    expect(read(text).problems).toEqual([
      { file: 'a.yaml', line: 6, message: expect.stringContaining('Flow sequence') },
    ]);
  });

  test('a policy that cannot be read is named with the line of the fault, and kept as unreadable', () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - from:
        - ipBlock:
            cidr: 10.0.0.0/33
`;
    const { events, problems } = read(text);
    const message =
      'spec.ingress[0].from[0].ipBlock.cidr is "10.0.0.0/33"; the prefix length must be from 0 to 32';
    expect(problems).toEqual([{ file: 'a.yaml', line: 9, message }]);
    expect(events[0]).toMatchObject({ object: { kind: 'NetworkPolicy', policy: null, problem: message } });
  });

  test('an object without a name is a problem', () => {
    expect(read('apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n').problems).toEqual([
      { file: 'a.yaml', line: 3, message: 'metadata.name is missing; every object needs a name' },
    ]);
  });

  test('aliases that would multiply without end are a problem, not a crash', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]',
      'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]',
    ];
    const text = [...bomb, 'd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]'].join('\n');
    expect(read(text).problems).toEqual([
      { file: 'a.yaml', message: 'Excessive alias count indicates a resource exhaustion attack' },
    ]);
  });

  test('a key __proto__ changes nothing', () => {
    const text =
      'apiVersion: v1\nkind: Namespace\n__proto__: {polluted: 1}\nmetadata: {name: a, labels: {__proto__: x}}\n';
    expect(names(text)).toEqual(['Namespace a']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
