import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { headOf } from '../../src/cli/generate.ts';
import type { GeneratedPolicy } from '../../src/cli/generate-parts.ts';
import { defaultDeny } from '../../src/cli/generate-policies.ts';
import { type Json, namespace, pod, running, service, worldWith } from '../support/build.ts';
import { folderWith, spawned } from './program.ts';

const golden = join('test', 'cli', 'generated', 'payments.yaml');
const generate = (...args: string[]) => spawned(['generate', 'default-deny', ...args]);

describe('netsluice generate default-deny, on the example cluster', () => {
  test('prints what is in the golden file (UPDATE=1 rewrites it)', async () => {
    const { code, out, err } = await generate('-n', 'payments', '-f', 'examples/shop');
    if (process.env['UPDATE'] === '1') writeFileSync(golden, out);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(readFileSync(golden, 'utf8'));
  });

  test.each(['payments', 'ingress-nginx', 'monitoring'])(
    'for %s it lints clean and lets pods ask DNS',
    async (name) => {
      const { out } = await generate('-n', name, '-f', 'examples/shop');
      const made = join(folderWith({ 'made.yaml': out }), 'made.yaml');
      const lint = await spawned([
        'lint',
        '-f',
        'examples/shop',
        made,
        '--complete',
        '--no-config',
        '-o',
        'json',
      ]);
      const report: { findings: { file: string; severity: string }[] } = JSON.parse(lint.out);
      const own = report.findings.filter(({ file }) => file === made);
      expect(own.filter(({ severity }) => severity !== 'info')).toEqual([]);
      const asks = { payments: 'payments/ledger', 'ingress-nginx': 'ingress-nginx/ingress-nginx-controller' };
      const source = Object.entries(asks).find(([key]) => key === name)?.[1] ?? 'monitoring/prometheus';
      for (const port of ['53/udp', '53/tcp']) {
        const flow = [source, 'kube-system/coredns', port];
        const traced = await spawned(['trace', ...flow, '-f', 'examples/shop', made, '--expect', 'allowed']);
        expect([port, traced.code]).toEqual([port, 0]);
      }
    },
  );

  test('says what it replaces, and that a namespace is unknown', async () => {
    const shop = await generate('-n', 'shop', '--ingress', '-f', 'examples/shop');
    expect([shop.code, shop.err]).toEqual([
      0,
      'netsluice: shop/default-deny exists already; applying this replaces it\n',
    ]);
    expect(shop.out).not.toContain('Egress');
    const none = await generate('-n', 'nowhere', '-f', 'examples/shop');
    expect([none.code, none.err]).toEqual([
      0,
      'netsluice: the input says nothing of namespace nowhere: only what every pod needs is here\n',
    ]);
  });

  test('without a cluster it prints what holds in most, and says so', async () => {
    const { code, out, err } = await generate('-n', 'shop', '--egress');
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`# A default-deny for namespace shop, made by netsluice generate default-deny.
# No cluster was named, so only what holds in most of them is here. Name one with -f, --snapshot, --context or
# --kubeconfig, and what yours needs is worked out: its DNS, webhooks, what is exposed, monitoring.
---
# Names, for every pod. Nothing is known of the cluster, so this is where DNS is in most of them: compare it with
# \`kubectl get service,endpointslices -n kube-system\`. On OpenShift it is namespace openshift-dns, port 5353.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
  namespace: shop
spec:
  podSelector: {}
  policyTypes:
    - Egress
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - protocol: TCP
          port: 53
        - protocol: UDP
          port: 53
---
# From here on everything is blocked that no policy of shop allows, for egress. It comes last, so that
# what is allowed is there before it.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: shop
spec:
  podSelector: {}
  policyTypes:
    - Egress
`);
  });

  test('a namespace that cannot be one is wrong usage', async () => {
    const { code, err } = await generate('-n', 'Shop');
    expect(code).toBe(2);
    expect(err).toContain('It must be the name of a namespace');
  });
});

describe('what a cluster needs', () => {
  const space = [namespace('shop'), namespace('kube-system')];

  function made(objects: readonly Json[], of = 'shop'): readonly GeneratedPolicy[] {
    return defaultDeny(worldWith([...space, ...objects]), {
      namespace: of,
      directions: ['ingress', 'egress'],
    });
  }

  function specOf(policies: readonly GeneratedPolicy[], name: string): unknown {
    return policies.find((policy) => policy.name === name)?.spec;
  }

  test('DNS on the ports where its pods listen, which are not those of the Service', () => {
    const policies = made([
      namespace('openshift-dns'),
      ...running('openshift-dns/dns', 2, {
        labels: { 'dns.operator': 'dns' },
        ports: ['5353/UDP dns', '5353 dns-tcp'],
      }),
      service('openshift-dns/dns-default', { 'dns.operator': 'dns' }, ['53->dns/UDP', '53->dns-tcp']),
    ]);
    expect(specOf(policies, 'allow-dns')).toEqual({
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
              podSelector: { matchLabels: { 'dns.operator': 'dns' } },
            },
          ],
          ports: [
            { protocol: 'TCP', port: 5353 },
            { protocol: 'UDP', port: 5353 },
          ],
        },
      ],
    });
  });

  test('the cache on every node', () => {
    const policies = made([
      ...running('kube-system/coredns', 1, { labels: { 'k8s-app': 'kube-dns' } }),
      service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->53/UDP']),
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { namespace: 'kube-system', name: 'node-local-dns' },
      },
    ]);
    expect(specOf(policies, 'allow-dns')).toMatchObject({
      egress: [
        { ports: [{ protocol: 'UDP', port: 53 }] },
        {
          to: [{ ipBlock: { cidr: '169.254.20.10/32' } }],
          ports: [
            { protocol: 'TCP', port: 53 },
            { protocol: 'UDP', port: 53 },
          ],
        },
      ],
    });
  });

  test('no DNS Service: port 53 to everybody, and the comment says why', () => {
    const [first] = made([]);
    expect(first?.why).toEqual([
      'Names, for every pod. No DNS Service was found in the cluster, so that port 53 is allowed to everybody.',
    ]);
    expect(first?.spec['egress']).toEqual([
      {
        ports: [
          { protocol: 'TCP', port: 53 },
          { protocol: 'UDP', port: 53 },
        ],
      },
    ]);
  });

  test('whatever brings traffic from outside, on the ports of the pods', () => {
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { namespace: 'shop', name: 'front' },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    };
    const policies = made([
      ...running('shop/web', 2, { ports: ['8080'] }),
      service('shop/web', { app: 'web' }, ['80->8080']),
      ingress,
      ...running('shop/api', 2, { ports: ['9000'] }),
      service('shop/api', { app: 'api' }, ['443->9000'], { type: 'LoadBalancer' }),
    ]);
    expect(policies.map(({ name }) => name)).toEqual([
      'allow-dns',
      'allow-ingress-controller-to-web',
      'allow-outside-to-api',
      'default-deny',
    ]);
    expect(policies[1]).toEqual({
      name: 'allow-ingress-controller-to-web',
      why: [
        'Traffic of Ingress front. No ingress controller was found, so that everybody may bring it: name yours in from.',
      ],
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: [{ protocol: 'TCP', port: 8080 }] }],
      },
    });
    expect(policies[2]?.spec).toEqual({
      podSelector: { matchLabels: { app: 'api' } },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ protocol: 'TCP', port: 9000 }] }],
    });
  });

  test('the API server, for the pods that have rights to use it and by the labels that stay', () => {
    const policies = made([
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { namespace: 'default', name: 'k', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        ports: [{ port: 6443, protocol: 'TCP' }],
        endpoints: [{ addresses: ['198.18.0.10'] }, { addresses: ['198.18.0.11'] }],
      },
      pod('shop/operator-x', {
        labels: { app: 'operator', 'control-plane': 'controller-manager', 'pod-template-hash': 'abc' },
      }),
      pod('shop/web', { labels: { app: 'web' } }),
    ]);
    expect(specOf(policies, 'allow-operator-x-to-api-server')).toEqual({
      podSelector: { matchLabels: { app: 'operator', 'control-plane': 'controller-manager' } },
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: '198.18.0.10/32' } }, { ipBlock: { cidr: '198.18.0.11/32' } }],
          ports: [{ protocol: 'TCP', port: 6443 }],
        },
      ],
    });
    expect(policies).toHaveLength(3);
  });

  test('members behind a headless Service reach each other', () => {
    const policies = made([
      ...running('shop/db', 3, { ports: ['5432'] }),
      service('shop/db', { app: 'db' }, ['5432->5432'], { clusterIP: 'None' }),
    ]);
    const peer = { podSelector: { matchLabels: { app: 'db' } } };
    expect(specOf(policies, 'allow-members-of-db')).toEqual({
      ...peer,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [peer] }],
      egress: [{ to: [peer] }],
    });
  });

  test('the resolver, where it is in the namespace itself: everybody asks it', () => {
    const policies = made(
      [
        ...running('kube-system/coredns', 1, { labels: { 'k8s-app': 'kube-dns' } }),
        service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->53/UDP']),
      ],
      'kube-system',
    );
    expect(specOf(policies, 'allow-all-to-kube-dns')).toEqual({
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ protocol: 'UDP', port: 53 }] }],
    });
  });
});

test('what could not be seen is said at the top, and so is what lint still finds', () => {
  expect(headOf(['default-deny: [x] y'], ['Service', 'Ingress']).slice(2)).toEqual([
    'Service, Ingress could not be listed: what would rest on them is missing here.',
    'Lint still says: default-deny: [x] y',
  ]);
  expect(headOf([], [])).toHaveLength(2);
});
