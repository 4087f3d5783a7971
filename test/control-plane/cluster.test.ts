import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inBubble } from './api-server.ts';
import { type Authority, makeAuthority } from './certificates.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { runStandIns, type StandInPod, type StandIns } from './stand-in.ts';

interface List<T> {
  readonly items: readonly T[];
}

interface EndpointSlice {
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly conditions: { readonly ready: boolean };
  }[];
}

/** A Deployment of two pods and its Service. */
function deployment(name: string, labels: string): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name}${labels} } }
    spec:
      nodeName: node-1
      containers: [{ name: main, image: example.invalid/main }]
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec:
  selector: { app: ${name} }
  ports: [{ port: 443, targetPort: 8443 }]
`;
}

function webhookConfiguration(caBundle: string): string {
  return `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: gate }
webhooks:
- name: gate.netsluice.dev
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig:
    service: { namespace: default, name: gate, path: /validate }
    caBundle: ${Buffer.from(caBundle).toString('base64')}
  rules:
  - { apiGroups: [networking.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [networkpolicies] }
`;
}

const POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny, namespace: default }
spec: { podSelector: {} }
`;

/** A webhook that warns of and rejects everything and says which address did. */
async function startGate(authority: Authority, address: string): Promise<Server> {
  const certificate = await authority.issue({ commonName: 'gate', dns: ['gate.default.svc'] });
  const server = createServer(certificate, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { uid } = (JSON.parse(body) as { request: { uid: string } }).request;
      const answer = {
        uid,
        allowed: false,
        status: { message: 'no policy is good enough', reason: 'Forbidden', code: 403 },
        warnings: ['first warning', 'second warning'],
        auditAnnotations: { verdict: address },
      };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }),
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(8443, address, resolve);
  });
  return server;
}

/** Command lines of the programs of the control plane that run from the given folder. */
function leftOver(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((name) => readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '))
    .filter((line) => line.includes(folder));
}

let cluster: Cluster;
let standIns: StandIns | undefined;

beforeAll(async () => {
  cluster = await startCluster();
}, 1_500_000);

afterAll(async () => {
  await standIns?.stop();
  await cluster?.stop();
}, 60_000);

async function slice(service: string): Promise<EndpointSlice | undefined> {
  const list = await cluster.get<List<EndpointSlice>>([
    'endpointslices',
    '-l',
    `kubernetes.io/service-name=${service}`,
  ]);
  return list.items[0];
}

test('a Deployment becomes two Running pods with addresses, and its Service gets an EndpointSlice', async () => {
  const applied = await cluster.apply(deployment('shop', ''));
  expect(applied).toEqual({
    code: 0,
    stdout: 'deployment.apps/shop created\nservice/shop created\n',
    stderr: '',
  });
  const addresses = await cluster.waitFor(async () => {
    const { items } = await cluster.get<List<StandInPod & { status: { phase: string } }>>([
      'pods',
      '-l',
      'app=shop',
    ]);
    const ips = items
      .filter(({ status }) => status.phase === 'Running')
      .flatMap(({ status }) => status.podIP ?? []);
    return ips.length === 2 && ips.toSorted();
  }, 'two Running pods');
  for (const address of addresses) expect(address).toMatch(/^10\.244\.\d+\.\d+$/);
  const endpoints = await cluster.waitFor(async () => {
    const ready = (await slice('shop'))?.endpoints.filter(({ conditions }) => conditions.ready) ?? [];
    return ready.length === 2 && ready.flatMap((endpoint) => endpoint.addresses).toSorted();
  }, 'two ready endpoints');
  expect(endpoints).toEqual(addresses);
}, 60_000);

test('a service-account token is checked by RBAC, and a namespace is really deleted', async () => {
  const token = await cluster.token('default', 'default');
  const answer = await cluster.request('GET', '/api/v1/pods', { token });
  expect(answer.status).toBe(403);
  expect(JSON.parse(answer.text)).toMatchObject({
    message:
      'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" at the cluster scope',
  });
  await cluster.apply('apiVersion: v1\nkind: Namespace\nmetadata: { name: gone }\n');
  const deleted = await cluster.kubectl(['delete', 'namespace', 'gone']);
  expect(deleted).toEqual({ code: 0, stdout: 'namespace "gone" deleted\n', stderr: '' });
}, 60_000);

test('the API server asks real programs behind a Service at the addresses of their pods', async () => {
  if (!inBubble()) {
    throw new Error(
      'pod addresses can only be listened on in a bubble: node test/control-plane/bubble.mjs npx jest …',
    );
  }
  const authority = await makeAuthority('gate');
  standIns = runStandIns(cluster, async (_pod, address) => {
    const server = await startGate(authority, address);
    return { stop: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()) };
  });
  await cluster.apply(deployment('gate', ', netsluice.dev/stand-in: "true"'));
  await standIns.settled(2);
  expect(standIns.running()).toHaveLength(2);
  const { items } = await cluster.get<List<StandInPod>>(['pods']);
  expect(new Set(items.map(({ status }) => status.podIP)).size).toBe(4);
  await cluster.apply(webhookConfiguration(authority.cert));

  // The API server learns of webhooks and endpoints through watches: at first it may admit, or reach nobody.
  const rejected = await cluster.waitFor(async () => {
    const result = await cluster.kubectl(['apply', '-f', '-', '--dry-run=server'], { stdin: POLICY });
    return result.stderr.includes('denied the request') && result;
  }, 'the webhook to be asked');
  expect(rejected).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'Warning: first warning\nWarning: second warning\n' +
      'Error from server (Forbidden): error when creating "STDIN": ' +
      'admission webhook "gate.netsluice.dev" denied the request: no policy is good enough\n',
  });
  const asked = await cluster.waitFor(
    () =>
      cluster.auditEvents().find((event) => event.annotations?.['gate.netsluice.dev/verdict'] !== undefined),
    'the audit log to tell the verdict',
  );
  expect(asked.annotations?.['gate.netsluice.dev/verdict']).toMatch(/^10\.244\./);
  expect(asked.objectRef?.resource).toBe('networkpolicies');

  // A deleted pod's program ends, leaves the endpoints, and the Deployment's next pod gets a program of its own.
  const [first = ''] = standIns.running();
  const [, name = ''] = first.split('/');
  await cluster.kubectl(['delete', 'pod', name]);
  await standIns.settled(2);
  expect(standIns.running()).not.toContain(first);
  const [other = ''] = standIns.running();
  await standIns.markNotReady('default', other.split('/')[1] ?? '');
  await cluster.waitFor(
    async () => (await slice('gate'))?.endpoints.filter(({ conditions }) => conditions.ready).length === 1,
    'one endpoint to be left',
  );
}, 120_000);

test('the API server keeps its data over a restart and a crash', async () => {
  const before = await cluster.kubectl(['get', 'deployment/shop', 'service/shop', '-o', 'name']);
  expect(before.stdout).toBe('deployment.apps/shop\nservice/shop\n');
  await cluster.restartApiServer();
  expect(await cluster.kubectl(['get', 'deployment/shop', 'service/shop', '-o', 'name'])).toEqual(before);
  await cluster.stopApiServer('SIGKILL');
  const down = await cluster.kubectl(['get', 'pods']);
  expect(down.code).toBe(1);
  expect(down.stderr).toContain('was refused - did you specify the right host or port?');
  await cluster.startApiServer();
  expect(await cluster.kubectl(['get', 'deployment/shop', 'service/shop', '-o', 'name'])).toEqual(before);
}, 120_000);

test('nothing is left behind', async () => {
  const folder = dirname(cluster.logs);
  expect(leftOver(folder)).toHaveLength(4);
  await standIns?.stop();
  await cluster.stop();
  expect(leftOver(folder)).toEqual([]);
}, 60_000);
