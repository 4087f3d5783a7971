import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeObject } from '../../src/model/decode/cluster-object.ts';
import { DecodeError } from '../../src/model/decode/value.ts';
import { everything, selectorOf } from '../../src/model/selector.ts';

const object = (apiVersion: string, kind: string, rest: object) => ({ apiVersion, kind, ...rest });
const named = { metadata: { name: 'x', namespace: 'shop' } };
const emptyShape = {
  labels: new Map(),
  annotations: new Map(),
  ports: [],
  probePorts: [],
  hostNetwork: false,
  dnsPolicy: 'ClusterFirst',
  serviceAccount: 'default',
  automountToken: null,
  extraNetworks: false,
  windows: false,
};

describe('pods', () => {
  test('everything that rules read is projected', () => {
    const pod = object('v1', 'Pod', {
      metadata: {
        name: 'web-1',
        namespace: 'shop',
        deletionTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'web', toString: 'x' },
        annotations: {
          'prometheus.io/port': '9090',
          'netsluice.dev/x': 'y',
          'kubectl.kubernetes.io/z': 'no',
          'k8s.v1.cni.cncf.io/networks': 'storage',
        },
        ownerReferences: [
          { kind: 'Other', name: 'o' },
          { kind: 'ReplicaSet', name: 'web-abc', controller: true },
        ],
        managedFields: [{}],
      },
      spec: {
        nodeName: 'n1',
        hostNetwork: true,
        nodeSelector: { 'kubernetes.io/os': 'windows' },
        dnsPolicy: 'Default',
        serviceAccountName: 'sa',
        automountServiceAccountToken: false,
        initContainers: [
          { ports: [{ name: 'once', containerPort: 1000 }], livenessProbe: { tcpSocket: { port: 1000 } } },
          { restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 1001, protocol: 'UDP' }] },
        ],
        containers: [
          {
            ports: [{ name: 'http', containerPort: 8080, hostPort: 80 }, { containerPort: 9000 }],
            livenessProbe: { httpGet: { port: 'http' } },
            readinessProbe: { grpc: { port: 9000 } },
            startupProbe: { tcpSocket: { port: '7000' } },
          },
          { readinessProbe: { httpGet: { host: 'elsewhere', port: 1 } }, livenessProbe: { exec: {} } },
        ],
      },
      status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
    });
    expect(decodeObject(pod)).toEqual({
      kind: 'Pod',
      namespace: 'shop',
      name: 'web-1',
      labels: new Map([
        ['app', 'web'],
        ['toString', 'x'],
      ]),
      annotations: new Map([
        ['prometheus.io/port', '9090'],
        ['netsluice.dev/x', 'y'],
      ]),
      ports: [
        { name: 'http', number: 8080, protocol: 'TCP', certain: true },
        { name: null, number: 9000, protocol: 'TCP', certain: true },
        { name: 'once', number: 1000, protocol: 'TCP', certain: false },
        { name: 'side', number: 1001, protocol: 'UDP', certain: true },
      ],
      probePorts: [7000, 8080, 9000],
      hostNetwork: true,
      dnsPolicy: 'Default',
      serviceAccount: 'sa',
      automountToken: false,
      extraNetworks: true,
      windows: true,
      owner: { kind: 'ReplicaSet', name: 'web-abc' },
      node: 'n1',
      addresses: ['10.0.0.1', 'fd00::1'],
      finished: false,
      terminating: true,
    });
  });

  test('a pod of which only the name is readable is still a pod', () => {
    const broken = {
      metadata: { name: 'x', labels: ['a'], annotations: 7, ownerReferences: {} },
      spec: {
        containers: [null, { ports: [{ containerPort: 0 }, 'x', { containerPort: 1, protocol: 'XYZ' }] }],
      },
      status: { podIPs: 'x', podIP: 7 },
    };
    expect(decodeObject(object('v1', 'Pod', broken))).toEqual({
      kind: 'Pod',
      namespace: 'default',
      name: 'x',
      ...emptyShape,
      owner: null,
      node: null,
      addresses: [],
      finished: false,
      terminating: false,
    });
  });

  test.each([
    ['Succeeded', true],
    ['Failed', true],
    ['Pending', false],
  ])('phase %s: finished %s', (phase, finished) => {
    expect(decodeObject(object('v1', 'Pod', { ...named, status: { phase } }))).toMatchObject({ finished });
  });

  test('podIP stands in for podIPs', () => {
    const pod = object('v1', 'Pod', { ...named, status: { podIP: '10.0.0.9' } });
    expect(decodeObject(pod)).toMatchObject({ addresses: ['10.0.0.9'] });
  });
});

describe('workloads', () => {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ ports: [{ containerPort: 1 }] }] },
  };
  const shape = {
    ...emptyShape,
    labels: new Map([['app', 'web']]),
    ports: [{ name: null, number: 1, protocol: 'TCP', certain: true }],
  };

  test.each([
    ['apps/v1', 'Deployment', { replicas: 3, template }, 3],
    ['apps/v1', 'StatefulSet', { replicas: 0, template }, 0],
    ['apps/v1', 'ReplicaSet', { template }, 1],
    ['apps/v1', 'DaemonSet', { template }, 1],
    ['v1', 'ReplicationController', { replicas: 2, template }, 2],
    ['batch/v1', 'Job', { parallelism: 4, template }, 4],
    ['batch/v1', 'CronJob', { jobTemplate: { spec: { parallelism: 4, template } } }, 1],
  ])('%s %s', (apiVersion, kind, spec, replicas) => {
    expect(decodeObject(object(apiVersion, kind, { ...named, spec }))).toEqual({
      kind,
      namespace: 'shop',
      name: 'x',
      owner: null,
      replicas,
      finished: false,
      template: shape,
    });
  });

  test.each([
    ['Complete', 'True', true],
    ['Failed', 'True', true],
    ['Complete', 'False', false],
    ['Suspended', 'True', false],
  ])('a Job with condition %s=%s: finished %s', (type, status, finished) => {
    const job = object('batch/v1', 'Job', { ...named, spec: {}, status: { conditions: [{ type, status }] } });
    expect(decodeObject(job)).toMatchObject({ finished });
  });
});

describe('other kinds', () => {
  test('namespaces always carry their name as a label', () => {
    const namespace = { metadata: { name: 'shop', labels: { team: 'a' } }, status: { phase: 'Terminating' } };
    expect(decodeObject(object('v1', 'Namespace', namespace))).toEqual({
      kind: 'Namespace',
      name: 'shop',
      labels: new Map([
        ['team', 'a'],
        ['kubernetes.io/metadata.name', 'shop'],
      ]),
      terminating: true,
    });
  });

  test('a Service with ports in every form', () => {
    const spec = {
      type: 'NodePort',
      selector: { app: 'web' },
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1', 'fd00::1'],
      externalTrafficPolicy: 'Local',
      ports: [
        { name: 'a', port: 80, targetPort: 'http', nodePort: 30080 },
        { port: 53, protocol: 'UDP' },
        { port: 443, targetPort: 8443 },
      ],
    };
    expect(decodeObject(object('v1', 'Service', { ...named, spec }))).toEqual({
      kind: 'Service',
      namespace: 'shop',
      name: 'x',
      labels: new Map(),
      selector: new Map([['app', 'web']]),
      type: 'NodePort',
      headless: false,
      clusterAddresses: ['10.96.0.1', 'fd00::1'],
      externalTrafficPolicy: 'Local',
      ports: [
        { name: 'a', port: 80, targetPort: 'http', protocol: 'TCP', nodePort: 30080 },
        { name: null, port: 53, targetPort: 53, protocol: 'UDP', nodePort: null },
        { name: null, port: 443, targetPort: 8443, protocol: 'TCP', nodePort: null },
      ],
    });
  });

  test('a headless Service without selector', () => {
    const spec = { clusterIP: 'None', clusterIPs: ['None'], selector: {} };
    expect(decodeObject(object('v1', 'Service', { ...named, spec }))).toMatchObject({
      headless: true,
      selector: null,
      clusterAddresses: [],
      type: 'ClusterIP',
    });
  });

  test('an EndpointSlice', () => {
    const slice = object('discovery.k8s.io/v1', 'EndpointSlice', {
      metadata: { name: 's', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }, {}],
      endpoints: [
        { addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'web-1' } },
        { addresses: ['10.9.9.9'] },
      ],
    });
    expect(decodeObject(slice)).toEqual({
      kind: 'EndpointSlice',
      namespace: 'shop',
      name: 's',
      service: 'web',
      ports: [
        { name: 'http', port: 8080, protocol: 'TCP' },
        { name: null, port: null, protocol: 'TCP' },
      ],
      endpoints: [
        { addresses: ['10.0.0.1'], pod: 'web-1' },
        { addresses: ['10.9.9.9'], pod: null },
      ],
    });
  });

  test('a Node', () => {
    const node = object('v1', 'Node', {
      metadata: { name: 'n1' },
      spec: { podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24', 'fd00::/64'] },
      status: {
        addresses: [
          { type: 'InternalIP', address: '192.168.0.1' },
          { type: 'Hostname', address: 'n1' },
          { type: 'ExternalIP', address: '203.0.113.1' },
        ],
      },
    });
    expect(decodeObject(node)).toEqual({
      kind: 'Node',
      name: 'n1',
      addresses: ['192.168.0.1', '203.0.113.1'],
      podRanges: ['10.0.0.0/24', 'fd00::/64'],
      machine: 'ordinary',
    });
  });

  test.each([
    [{ 'kubernetes.io/os': 'linux' }, 'ordinary'],
    [{ 'kubernetes.io/os': 'windows' }, 'windows'],
    [{ 'kubernetes.io/os': 'linux', 'eks.amazonaws.com/compute-type': 'fargate' }, 'fargate'],
    [{ 'kubernetes.io/os': 'windows', type: 'virtual-kubelet' }, 'virtual'],
  ])('a Node labelled %j is %s', (labels, machine) => {
    expect(decodeObject(object('v1', 'Node', { metadata: { name: 'n', labels } }))).toMatchObject({
      machine,
    });
  });

  test('an Ingress names each backend once', () => {
    const web = { service: { name: 'web', port: { number: 80 } } };
    const ingress = object('networking.k8s.io/v1', 'Ingress', {
      metadata: { name: 'i', namespace: 'shop', annotations: { 'kubernetes.io/ingress.class': 'nginx' } },
      spec: {
        defaultBackend: { service: { name: 'fallback', port: { name: 'http' } } },
        rules: [
          { http: { paths: [{ backend: web }, { backend: web }, { backend: { resource: {} } }] } },
          { host: 'a' },
        ],
      },
    });
    expect(decodeObject(ingress)).toEqual({
      kind: 'Ingress',
      namespace: 'shop',
      name: 'i',
      className: 'nginx',
      backends: [
        { service: 'fallback', port: 'http' },
        { service: 'web', port: 80 },
      ],
    });
  });

  test('webhooks with a Service are callbacks, those with an address are not', () => {
    const service = { namespace: 'hooks', name: 'gate' };
    const hooks = object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', {
      metadata: { name: 'gate' },
      webhooks: [
        { name: 'a.example.com', clientConfig: { service } },
        {
          name: 'b.example.com',
          clientConfig: { service: { ...service, port: 8443 } },
          failurePolicy: 'Ignore',
        },
        { name: 'c.example.com', clientConfig: { url: 'https://example.com' } },
      ],
    });
    expect(decodeObject(hooks)).toEqual({
      kind: 'ValidatingWebhookConfiguration',
      name: 'gate',
      targets: [
        { name: 'a.example.com', service: { ...service, port: 443 }, failurePolicy: 'Fail' },
        { name: 'b.example.com', service: { ...service, port: 8443 }, failurePolicy: 'Ignore' },
      ],
    });
  });

  test('aggregated APIs and conversions are callbacks', () => {
    const service = { namespace: 'kube-system', name: 'metrics-server', port: 443 };
    const api = object('apiregistration.k8s.io/v1', 'APIService', {
      metadata: { name: 'v1.m' },
      spec: { service },
    });
    const targets = [{ name: 'v1.m', service, failurePolicy: 'Fail' }];
    expect(decodeObject(api)).toEqual({ kind: 'APIService', name: 'v1.m', targets });
    const conversion = { strategy: 'Webhook', webhook: { clientConfig: { service } } };
    const crd = { metadata: { name: 'v1.m' }, spec: { conversion } };
    const kind = 'CustomResourceDefinition';
    expect(decodeObject(object('apiextensions.k8s.io/v1', kind, crd))).toEqual({
      kind,
      name: 'v1.m',
      targets,
    });
    const plain = { metadata: { name: 'c' }, spec: { conversion: { strategy: 'None' } } };
    expect(decodeObject(object('apiextensions.k8s.io/v1', kind, plain))).toEqual({
      kind,
      name: 'c',
      targets: [],
    });
  });

  test('a NetworkPolicy that cannot be read becomes a record that says why', () => {
    const policy = object('networking.k8s.io/v1', 'NetworkPolicy', {
      ...named,
      spec: { policyTypes: ['Foo'] },
    });
    expect(decodeObject(policy)).toEqual({
      kind: 'NetworkPolicy',
      namespace: 'shop',
      name: 'x',
      policy: null,
      problem: 'spec.policyTypes[0] is "Foo"; it must be "Ingress" or "Egress"',
    });
  });

  test('the same kind of another group is a foreign policy', () => {
    expect(decodeObject(object('projectcalico.org/v3', 'NetworkPolicy', named))).toEqual({
      kind: 'ForeignPolicy',
      api: 'Calico',
      resource: 'networkpolicies.projectcalico.org',
      namespace: 'shop',
      name: 'x',
      admin: null,
    });
    const cluster = object('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', {
      metadata: { name: 'a' },
    });
    expect(decodeObject(cluster)).toMatchObject({ api: 'AdminNetworkPolicy', namespace: null, name: 'a' });
  });

  const admin = (apiVersion: string, kind: string, spec: object) => {
    const record = decodeObject(
      object(`policy.networking.k8s.io/${apiVersion}`, kind, { metadata: { name: 'a' }, spec }),
    );
    return record?.kind === 'ForeignPolicy' ? record.admin : undefined;
  };
  const team = selectorOf([{ key: 'team', operator: 'In', values: ['shop'] }]);
  const namespaces = { namespaces: { matchLabels: { team: 'shop' } } };

  test('of policies of the cluster tiers it is read whom they decide for, and how', () => {
    expect(
      admin('v1alpha1', 'AdminNetworkPolicy', {
        priority: 5,
        subject: namespaces,
        ingress: [{ action: 'Pass' }, { action: 'Deny' }, { action: 'Deny' }],
        egress: [{ action: 'Allow' }],
      }),
    ).toEqual({
      tier: 'Admin',
      subject: { namespaces: team, pods: everything },
      ingress: ['deny', 'pass'],
      egress: ['allow'],
    });
    expect(
      admin('v1alpha1', 'BaselineAdminNetworkPolicy', {
        subject: { pods: { namespaceSelector: {}, podSelector: { matchLabels: { team: 'shop' } } } },
        ingress: [{ action: 'Deny' }],
      }),
    ).toEqual({
      tier: 'Baseline',
      subject: { namespaces: everything, pods: team },
      ingress: ['deny'],
      egress: [],
    });
    expect(
      admin('v1alpha2', 'ClusterNetworkPolicy', {
        tier: 'Baseline',
        subject: namespaces,
        egress: [{ action: 'Accept' }],
      }),
    ).toEqual({
      tier: 'Baseline',
      subject: { namespaces: team, pods: everything },
      ingress: [],
      egress: ['allow'],
    });
  });

  test.each([
    ['a version that nobody knows', 'v1', 'ClusterNetworkPolicy', { tier: 'Admin', subject: namespaces }],
    ['another version', 'v1alpha2', 'AdminNetworkPolicy', { subject: namespaces }],
    ['a tier that is none', 'v1alpha2', 'ClusterNetworkPolicy', { tier: 'Last', subject: namespaces }],
    ['no subject', 'v1alpha1', 'AdminNetworkPolicy', {}],
    ['half a subject', 'v1alpha1', 'AdminNetworkPolicy', { subject: { pods: { podSelector: {} } } }],
    ['an odd subject', 'v1alpha1', 'AdminNetworkPolicy', { subject: { namespaces: 7 } }],
    [
      'an action that is none',
      'v1alpha1',
      'AdminNetworkPolicy',
      { subject: namespaces, ingress: [{ action: 'Log' }] },
    ],
  ])('%s: nothing is said about it', (_, version, kind, spec) => {
    expect(admin(version, kind, spec)).toBeNull();
  });

  test.each([
    ['networking.k8s.io/v2', 'NetworkPolicy'],
    ['extensions/v1beta1', 'NetworkPolicy'],
    ['apps/v1', 'ControllerRevision'],
    ['projectcalico.org/v3', 'StagedNetworkPolicy'],
    ['v1', 'ConfigMap'],
    ['', ''],
  ])('%s %s is not known', (apiVersion, kind) => {
    expect(decodeObject(object(apiVersion, kind, named))).toBeNull();
  });
});

test('any value of any known kind is read, or refused only for want of a name', () => {
  const kinds = fc.constantFrom(
    ...[
      'v1 Namespace',
      'v1 Pod',
      'v1 Service',
      'v1 Node',
      'apps/v1 Deployment',
      'batch/v1 CronJob',
      'batch/v1 Job',
    ],
    ...[
      'networking.k8s.io/v1 NetworkPolicy',
      'networking.k8s.io/v1 Ingress',
      'discovery.k8s.io/v1 EndpointSlice',
    ],
    ...['apiregistration.k8s.io/v1 APIService', 'apiextensions.k8s.io/v1 CustomResourceDefinition'],
    'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration',
  );
  const keys = fc.constantFrom(
    ...[
      'spec',
      'status',
      'containers',
      'initContainers',
      'ports',
      'template',
      'jobTemplate',
      'rules',
      'http',
    ],
    ...[
      'webhooks',
      'clientConfig',
      'service',
      'conversion',
      'selector',
      'endpoints',
      'addresses',
      '__proto__',
    ],
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 6, depthSize: 'medium' },
      fc.constantFrom<unknown>(null, true, 0, 1.5, 'x', '', [], {}),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(keys, tie('json'), { maxKeys: 6 }),
    ),
  }));
  const value = fc.record({ metadata: fc.oneof(json, fc.constant({ name: 'x' })), spec: json, status: json });
  fc.assert(
    fc.property(kinds, value, (kind, object) => {
      const [apiVersion = '', name = ''] = kind.split(' ');
      try {
        expect(decodeObject(object, { apiVersion, kind: name })).not.toBeNull();
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        expect(error.path).toBe('metadata.name');
      }
    }),
    { numRuns: 3000 },
  );
});
