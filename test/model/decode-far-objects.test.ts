import { describe, expect, test } from '@jest/globals';
import { decodeObject } from '../../src/model/decode/cluster-object.ts';
import { DecodeError } from '../../src/model/decode/value.ts';
import { everything, selectorOf } from '../../src/model/selector.ts';

const metadata = { name: 'x', namespace: 'shop' };

describe('an HTTPRoute', () => {
  const route = (backendRefs: readonly object[]) =>
    decodeObject({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: { rules: [{ backendRefs }, { backendRefs }, {}] },
    });

  test('names each Service once, with its own namespace where it says none', () => {
    const backends = [
      { name: 'web', port: 80 },
      { name: 'api', namespace: 'back', port: 8080 },
    ];
    expect(route(backends)).toEqual({
      kind: 'HTTPRoute',
      namespace: 'shop',
      name: 'x',
      backends: [
        { namespace: 'shop', service: 'web', port: 80 },
        { namespace: 'back', service: 'api', port: 8080 },
      ],
    });
  });

  test.each([
    ['another kind', { kind: 'Bucket', group: 'storage.example', name: 'web', port: 80 }],
    ['no port', { name: 'web' }],
    ['no name', { port: 80 }],
  ])('leaves a backend out that has %s', (_, backend) => {
    expect(route([backend])).toMatchObject({ backends: [] });
  });

  test('of an alpha version is not read', () => {
    const old = { apiVersion: 'gateway.networking.k8s.io/v1alpha2', kind: 'HTTPRoute', metadata };
    expect(decodeObject(old)).toBeNull();
  });
});

describe('monitors', () => {
  const monitor = (kind: string, spec: object) =>
    decodeObject({ apiVersion: 'monitoring.coreos.com/v1', kind, metadata, spec });

  test('a ServiceMonitor looks into its own namespace where it says nothing else', () => {
    const spec = {
      selector: { matchLabels: { app: 'web' } },
      endpoints: [{ port: 'metrics' }, { targetPort: 9090 }],
    };
    expect(monitor('ServiceMonitor', spec)).toEqual({
      kind: 'Monitor',
      of: 'Service',
      namespace: 'shop',
      name: 'x',
      selector: selectorOf([{ key: 'app', operator: 'In', values: ['web'] }]),
      namespaces: 'own',
      endpoints: [
        { port: 'metrics', targetPort: null },
        { port: null, targetPort: 9090 },
      ],
    });
  });

  test.each([
    [{ matchNames: ['a', 'b'] }, ['a', 'b']],
    [{ any: true, matchNames: ['a'] }, 'any'],
    [{}, 'own'],
  ])('namespaceSelector %j', (namespaceSelector, namespaces) => {
    expect(monitor('PodMonitor', { selector: {}, namespaceSelector })).toMatchObject({
      of: 'Pod',
      selector: everything,
      namespaces,
      endpoints: [],
    });
  });

  test('a PodMonitor may write its port as a number', () => {
    const spec = { selector: {}, podMetricsEndpoints: [{ portNumber: 9090 }] };
    expect(monitor('PodMonitor', spec)).toMatchObject({ endpoints: [{ port: null, targetPort: 9090 }] });
  });

  test('one without a selector, or with one that cannot be read, is left out', () => {
    expect(monitor('PodMonitor', {})).toBeNull();
    expect(
      monitor('PodMonitor', { selector: { matchExpressions: [{ key: 'a', operator: 'Maybe' }] } }),
    ).toBeNull();
  });

  test('one without a name is an error, and other kinds of the group are not read', () => {
    const nameless = { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', spec: { selector: {} } };
    expect(() => decodeObject(nameless)).toThrow(DecodeError);
    expect(monitor('PrometheusRule', {})).toBeNull();
  });
});

describe('role bindings', () => {
  const binding = (kind: string, subjects: readonly object[]) =>
    decodeObject({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, subjects });
  const subjects = [
    { kind: 'ServiceAccount', name: 'a', namespace: 'back' },
    { kind: 'ServiceAccount', name: 'b' },
    { kind: 'User', name: 'c' },
    { kind: 'Group', name: 'system:serviceaccounts:shop' },
  ];

  test('a RoleBinding keeps service accounts only', () => {
    expect(binding('RoleBinding', subjects)).toEqual({
      kind: 'RoleBinding',
      namespace: 'shop',
      name: 'x',
      accounts: [
        { namespace: 'back', name: 'a' },
        { namespace: 'shop', name: 'b' },
      ],
    });
  });

  test('a ClusterRoleBinding has no namespace, nor has a subject that says none', () => {
    expect(binding('ClusterRoleBinding', subjects)).toMatchObject({
      namespace: null,
      accounts: [{ namespace: 'back', name: 'a' }],
    });
  });

  test('roles are not read', () => {
    expect(binding('Role', [])).toBeNull();
  });
});
