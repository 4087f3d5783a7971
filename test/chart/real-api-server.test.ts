import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeAuthority } from '../control-plane/certificates.ts';
import { type Cluster, startCluster } from '../control-plane/cluster.ts';
import { chart, helm, type KubernetesObject, one, type Rendering, render } from './helm.ts';

/** Which entry of the webhook configuration was asked about what. */
let asked: string[] = [];
let cluster: Cluster;
let server: Server;

interface Review {
  readonly request: {
    readonly uid: string;
    readonly operation: string;
    readonly resource: { resource: string };
  };
}

/** Admits everything and notes by which entry it was asked: each calls a path of its own here. */
async function listen(): Promise<{ readonly port: number; readonly caBundle: string }> {
  const authority = await makeAuthority('chart test');
  const pair = await authority.issue({ commonName: 'webhook', ip: ['127.0.0.1'] });
  server = createServer(pair, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.once('end', () => {
      const { uid, operation, resource } = (JSON.parse(body) as Review).request;
      const [, entry] = /^\/([a-z-]+)\.netsluice\.dev/.exec(request.url ?? '') ?? [];
      asked.push(`${entry}: ${operation} ${resource.resource}`);
      const answer = {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid, allowed: true },
      };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(authority.cert).toString('base64'),
  };
}

const rendering: Rendering = {
  values: { webhook: { workloads: { enabled: true }, excludedNamespaces: ['left-alone'] } },
};

/** The rendered configuration, calling us. An expression that fails must not go unseen, hence Fail everywhere. */
async function register(): Promise<void> {
  const { port, caBundle } = await listen();
  const configuration = one(await render(rendering), 'ValidatingWebhookConfiguration');
  const webhooks = configuration['webhooks'].map((webhook: { readonly name: string }) => ({
    ...webhook,
    failurePolicy: 'Fail',
    timeoutSeconds: 10,
    clientConfig: { url: `https://127.0.0.1:${port}/${webhook.name}`, caBundle },
  }));
  await cluster.apply(JSON.stringify({ ...configuration, webhooks }));
  await cluster.waitFor(async () => {
    await write('POST', '', policy({ name: 'probe' }), '?dryRun=All');
    await write(
      'PATCH',
      '/api/v1/namespaces/shop',
      { metadata: { labels: { probe: 'yes' } } },
      '?dryRun=All',
    );
    return new Set(asked).size === 2;
  }, 'the API server to ask');
}

const policies = '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies';

async function write(method: string, path: string, body?: object, query = ''): Promise<void> {
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const to = path.startsWith('/') ? path : `${policies}${path === '' ? '' : `/${path}`}`;
  const written = await cluster.json(method, to + query, body === undefined ? {} : { body, contentType });
  if (method === 'PATCH' && query === '') await seenByTheCache(to, written);
}

/**
 * A patch is first tried on the object as the API server's cache has it, and again on the stored one where the two
 * differ. Whoever patches twice in a row is therefore asked about the first change once more, unless the cache has it:
 * "resourceVersion: at least as recent", a read waits until then.
 */
async function seenByTheCache(path: string, written: unknown): Promise<void> {
  const { metadata } = written as KubernetesObject & {
    readonly metadata: { readonly resourceVersion: string };
  };
  await cluster.json('GET', `${path}?resourceVersion=${metadata.resourceVersion}`);
}

function policy(metadata: object, ports: readonly object[] = []): object {
  const spec = { podSelector: {}, ingress: [{ ports }], policyTypes: ['Ingress'] };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec };
}

const ownNamespace = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'netsluice-system', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
});

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.apply(ownNamespace);
  for (const name of ['shop', 'left-alone']) {
    await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  }
}, 120_000);

afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await cluster?.stop();
}, 60_000);

async function heard(act: () => Promise<void>): Promise<readonly string[]> {
  asked = [];
  await act();
  // A controller that writes at the same moment makes the API server try a patch, and ask, once more.
  return [...new Set(asked)];
}

describe('objects', () => {
  const foreign = ['ServiceMonitor', 'PrometheusRule', 'Certificate', 'Issuer'];
  const files = readdirSync(join(chart, 'ci')).map((name) => join(chart, 'ci', name));

  async function create(renderings: readonly Rendering[]) {
    const objects = (await Promise.all(renderings.map(render))).flat();
    const own = objects.filter(({ kind }) => !foreign.includes(kind));
    const stdin = own.map((object) => JSON.stringify(withoutNeighbours(object))).join('\n---\n');
    const args = ['create', '--dry-run=server', '--validate=strict', '-f', '-'];
    const { code, stdout, stderr } = await cluster.kubectl(args, { stdin });
    return { code, stderr, missing: own.length - stdout.trim().split('\n').length };
  }

  test('the API server takes all that is rendered with every file in ci/, without a warning', async () => {
    const restricted = files.filter((file) => !file.includes('host-network'));
    const renderings = [{}, ...restricted.map((file) => ({ files: [file] }))];
    expect(await create(renderings)).toEqual({ code: 0, stderr: '', missing: 0 });
  });

  test('only pods on the network of their host break the Pod Security Standard restricted', async () => {
    const { code, stderr, missing } = await create([{ values: { hostNetwork: { enabled: true } } }]);
    expect({ code, missing }).toEqual({ code: 0, missing: 0 });
    expect(stderr).toContain(
      'would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
    );
  });

  /** A dry run makes neither the namespace of the self-test nor its account. */
  function withoutNeighbours(object: KubernetesObject): KubernetesObject {
    const { metadata } = object;
    if (object.kind === 'Pod')
      return { ...object, spec: { ...object['spec'], serviceAccountName: 'default' } };
    return metadata.namespace?.endsWith('-selftest') === true
      ? { ...object, metadata: { ...metadata, namespace: 'netsluice-system' } }
      : object;
  }
});

describe('what netsluice itself wrote', () => {
  const at = '/namespaces/netsluice-system';
  const secret = `/api/v1${at}/secrets/netsluice-tls`;
  const lease = `/apis/coordination.k8s.io/v1${at}/leases/netsluice`;
  const configuration =
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/netsluice.netsluice-system';
  const spec = { holderIdentity: 'netsluice-x', leaseDurationSeconds: 15 };
  let caBundle: string;

  interface Stored {
    readonly metadata: object;
    readonly data?: Readonly<Record<string, string>>;
    readonly spec?: object;
    readonly webhooks?: readonly {
      readonly name: string;
      readonly clientConfig: { readonly caBundle?: string };
    }[];
  }

  /** As netsluice does: reads the object and replaces it with its own fields in it. */
  async function writeAll(): Promise<void> {
    const replace = async (path: string, change: (object: Stored) => object) =>
      cluster.json('PUT', path, { body: change(await cluster.json<Stored>('GET', path)) });
    await replace(secret, (object) => ({ ...object, data: { 'tls.crt': 'Y2VydA==', 'tls.key': 'a2V5' } }));
    await replace(lease, (object) => ({ ...object, spec }));
    await replace(configuration, (object) => ({
      ...object,
      webhooks: object.webhooks?.map((hook) => ({
        ...hook,
        clientConfig: { ...hook.clientConfig, caBundle },
      })),
    }));
  }

  async function expectAll(entries: number): Promise<void> {
    const stored = await cluster.json<Stored>('GET', configuration);
    expect(stored.webhooks?.map(({ clientConfig }) => clientConfig.caBundle)).toEqual(
      Array.from({ length: entries }, () => caBundle),
    );
    expect((await cluster.json<Stored>('GET', secret)).data).toEqual({
      'tls.crt': 'Y2VydA==',
      'tls.key': 'a2V5',
    });
    expect((await cluster.json<Stored>('GET', lease)).spec).toEqual(spec);
  }

  async function run(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await helm([...args, '--namespace', 'netsluice-system'], '', cluster.kubeconfig);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }

  beforeAll(async () => {
    caBundle = Buffer.from((await makeAuthority('netsluice')).cert).toString('base64');
  });

  test('stays through upgrades and rollbacks of Helm, and goes with helm uninstall', async () => {
    await run('install', 'netsluice', chart);
    await writeAll();
    await run('upgrade', 'netsluice', chart, '--set', 'replicas=3,webhook.failurePolicy=Fail,logLevel=debug');
    await expectAll(4);
    await run('rollback', 'netsluice', '1');
    await expectAll(4);
    await run('uninstall', 'netsluice', '--wait');
    for (const path of [secret, lease, configuration])
      expect((await cluster.request('GET', path)).status).toBe(404);
    await run('install', 'netsluice', chart);
    await run('uninstall', 'netsluice', '--wait');
  }, 60_000);

  test('stays when the plain manifests are applied once more, from either side', async () => {
    const apply = (...how: string[]) => cluster.kubectl(['apply', '-k', 'deploy', ...how]);
    expect((await apply()).code).toBe(0);
    await writeAll();
    expect((await apply()).code).toBe(0);
    await expectAll(4);
    expect((await apply('--server-side', '--force-conflicts')).code).toBe(0);
    await expectAll(4);
    const removed = await cluster.kubectl(['delete', '-k', 'deploy', '--ignore-not-found']);
    expect(removed.stderr).toBe('');
    await cluster.apply(ownNamespace);
  }, 60_000);
});

describe('what the API server asks about', () => {
  beforeAll(register, 60_000);

  test('policies: CREATE, UPDATE of the spec, DELETE', async () => {
    expect(await heard(() => write('POST', '', policy({ name: 'a' })))).toEqual([
      'policies: CREATE networkpolicies',
    ]);
    expect(
      await heard(() => write('PATCH', 'a', { spec: { podSelector: { matchLabels: { app: 'b' } } } })),
    ).toEqual(['policies: UPDATE networkpolicies']);
    expect(await heard(() => write('DELETE', 'a'))).toEqual(['policy-deletion: DELETE networkpolicies']);
  });

  test('metadata alone is not asked about, except what is ours', async () => {
    await write('POST', '', policy({ name: 'm' }));
    const change = (metadata: object) => heard(() => write('PATCH', 'm', { metadata }));
    const update = ['policies: UPDATE networkpolicies'];
    expect(await change({ labels: { app: 'x' } })).toEqual([]);
    expect(await change({ annotations: { 'example.org/note': 'x' } })).toEqual([]);
    expect(await change({ annotations: { 'example.org/note': 'y' }, finalizers: [] })).toEqual([]);
    const key = 'netsluice.dev/waive.egress-blocks-dns';
    expect(await change({ annotations: { [key]: 'a; until=2027-01-01' } })).toEqual(update);
    expect(await change({ annotations: { 'example.org/note': 'z' } })).toEqual([]);
    expect(await change({ annotations: { [key]: 'b; until=2027-01-01' } })).toEqual(update);
    expect(await change({ annotations: { [key]: null } })).toEqual(update);
    // An empty annotation is malformed, which must be told.
    expect(await change({ annotations: { [key]: '' } })).toEqual(update);
    expect(await change({ annotations: null })).toEqual(update);
    expect(await change({ annotations: { 'example.org/note': 'x' } })).toEqual([]);
    expect(await change({ annotations: null })).toEqual([]);
  });

  test('a policy of thousands of peers is within what a condition may cost', async () => {
    const ports = Array.from({ length: 10_000 }, (_, port) => ({ port: port + 1, protocol: 'TCP' }));
    await write('POST', '', policy({ name: 'large' }, ports));
    expect(await heard(() => write('PATCH', 'large', { metadata: { labels: { app: 'x' } } }))).toEqual([]);
    expect(await heard(() => write('PUT', 'large', policy({ name: 'large' }, ports.slice(1))))).toEqual([
      'policies: UPDATE networkpolicies',
    ]);
  });

  test('kube-system and our own namespace by the entry that never stops them; excluded ones not at all', async () => {
    const inside = (namespace: string) =>
      `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
    for (const namespace of ['kube-system', 'netsluice-system']) {
      const create = () => write('POST', inside(namespace), policy({ name: 'a' }));
      expect(await heard(create)).toEqual(['system-policies: CREATE networkpolicies']);
      const relabel = () => write('PATCH', `${inside(namespace)}/a`, { metadata: { labels: { app: 'x' } } });
      expect(await heard(relabel)).toEqual([]);
      const remove = () => write('DELETE', `${inside(namespace)}/a`);
      expect(await heard(remove)).toEqual(['system-policies: DELETE networkpolicies']);
    }
    expect(await heard(() => write('POST', inside('left-alone'), policy({ name: 'a' })))).toEqual([]);
    expect(await heard(() => write('DELETE', `${inside('left-alone')}/a`))).toEqual([]);
  });

  test('namespaces only when their labels differ', async () => {
    const change = (metadata: object) => heard(() => write('PATCH', '/api/v1/namespaces/shop', { metadata }));
    expect(await change({ labels: { team: 'a' } })).toEqual(['namespaces: UPDATE namespaces']);
    expect(await change({ labels: { team: 'a' } })).toEqual([]);
    expect(await change({ annotations: { note: 'x' } })).toEqual([]);
    expect(await change({ labels: { 'netsluice.dev/enforce': 'baseline' } })).toEqual([
      'namespaces: UPDATE namespaces',
    ]);
    expect(await change({ labels: { team: null } })).toEqual(['namespaces: UPDATE namespaces']);
  });

  const template = (labels: object, image = 'example.invalid/a') => ({
    metadata: { labels },
    spec: { containers: [{ name: 'a', image }], restartPolicy: 'Always' },
  });

  test.each(['deployments', 'statefulsets', 'daemonsets'])(
    '%s only when pod labels differ',
    async (resource) => {
      const kind = { deployments: 'Deployment', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet' }[
        resource
      ];
      const path = `/apis/apps/v1/namespaces/shop/${resource}`;
      const selector = { matchLabels: { app: 'a' } };
      const body = {
        apiVersion: 'apps/v1',
        kind,
        metadata: { name: 'a' },
        spec: { selector, template: template({ app: 'a' }) },
      };
      expect(await heard(() => write('POST', path, body))).toEqual([]);
      const change = (spec: object) => heard(() => write('PATCH', `${path}/a`, { spec }));
      expect(await change({ template: template({ app: 'a' }, 'example.invalid/b') })).toEqual([]);
      expect(await change({ template: { metadata: { labels: { tier: 'web' } } } })).toEqual([
        `workloads: UPDATE ${resource}`,
      ]);
      expect(await change({ template: { metadata: { labels: { tier: null } } } })).toEqual([
        `workloads: UPDATE ${resource}`,
      ]);
      await write('DELETE', `${path}/a`);
    },
  );

  test('cronjobs only when pod labels differ, those without any included', async () => {
    const path = '/apis/batch/v1/namespaces/shop/cronjobs';
    const job = (labels: object, image = 'example.invalid/a') => {
      const pods = template(labels, image);
      return { spec: { template: { ...pods, spec: { ...pods.spec, restartPolicy: 'Never' } } } };
    };
    const spec = { schedule: '0 0 1 1 *', suspend: true, jobTemplate: job({}) };
    await write('POST', path, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'a' }, spec });
    const change = (jobTemplate: object) =>
      heard(() => write('PATCH', `${path}/a`, { spec: { jobTemplate } }));
    expect(await change(job({}, 'example.invalid/b'))).toEqual([]);
    expect(await change(job({ app: 'a' }))).toEqual(['workloads: UPDATE cronjobs']);
    expect(await change(job({}, 'example.invalid/c'))).toEqual([]);
    expect(await change({ spec: { template: { metadata: { labels: null } } } })).toEqual([
      'workloads: UPDATE cronjobs',
    ]);
  });

  test('pods never', async () => {
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: template({}).spec };
    expect(await heard(() => write('POST', '/api/v1/namespaces/shop/pods', body, '?dryRun=All'))).toEqual([]);
  });
});
