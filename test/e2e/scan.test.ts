import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../control-plane/api-server.ts';
import { makeAuthority } from '../control-plane/certificates.ts';
import { type Cluster, startCluster } from '../control-plane/cluster.ts';
import { type ManagedProcess, startProcess } from '../control-plane/processes.ts';
import { clinic, manifest, policy } from './manifest.ts';

const REPORTS = '/apis/openreports.io/v1alpha1/namespaces/wing/reports';
/** Half a minute passes before a change counts as settled; this only keeps a test from hanging. */
const SETTLE_MS = 100_000;
const DENY = { podSelector: {}, policyTypes: ['Ingress'] };
/** Rejected where baseline is enforced: R02. */
const STRAY = { podSelector: { matchLabels: { app: 'desk' } }, policyTypes: ['Ingress'], egress: [{}] };

interface StoredEvent {
  readonly reason: string;
  readonly note: string;
  readonly type: string;
  readonly regarding: { readonly kind: string; readonly name: string };
  readonly series?: { readonly count: number };
}

let cluster: Cluster;
let netsluice: ManagedProcess;
let health = '';

beforeAll(async () => {
  cluster = await startCluster();
  const folder = join(dirname(cluster.logs), 'scan');
  mkdirSync(folder, { recursive: true });
  await cluster.apply(manifest('scan.yaml'));
  const token = await cluster.token('netsluice-system', 'netsluice');
  const authority = await makeAuthority('scan');
  const { cert, key } = await authority.issue({ commonName: 'netsluice', dns: [], ip: ['127.0.0.1'] });
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    clusters: [
      {
        name: 'pod',
        cluster: {
          server: cluster.server,
          'certificate-authority-data': Buffer.from(cluster.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'pod', user: { token } }],
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
  };
  const files = { 'tls.crt': cert, 'tls.key': key, kubeconfig: JSON.stringify(kubeconfig) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const [port, healthPort] = [await freePort(), await freePort()];
  health = `http://127.0.0.1:${healthPort}`;
  netsluice = startProcess({
    name: 'netsluice-scan',
    command: process.execPath,
    args: [
      ...[join(process.cwd(), 'dist', 'main.js'), 'serve'],
      ...[`--listen=127.0.0.1:${port}`, `--health-listen=127.0.0.1:${healthPort}`],
      ...[`--cert=${join(folder, 'tls.crt')}`, `--key=${join(folder, 'tls.key')}`],
      ...['--own-namespace=netsluice-system', '--pod-name=netsluice-0', '--lease=netsluice'],
      ...['--scan=on', '--events=on', '--reports=on'],
    ],
    logFolder: cluster.logs,
    env: { KUBECONFIG: join(folder, 'kubeconfig') },
  });
  await cluster.waitFor(async () => (await get(`${health}/readyz`)).status === 200, 'netsluice to be ready');
  const url = `https://127.0.0.1:${port}/validate`;
  const caBundle = Buffer.from(authority.cert).toString('base64');
  await cluster.apply(
    manifest('webhook.yaml', {
      FAILURE_POLICY: 'Ignore',
      CLIENT_CONFIG: JSON.stringify({ url, caBundle }),
    }),
  );
  await cluster.apply(clinic('ward', { 'netsluice.dev/enforce': 'baseline' }));
  await cluster.apply(clinic('wing'));
  await cluster.waitFor(async () => {
    const { items } = await cluster.json<{ items: { status: { podIP?: string } }[] }>(
      'GET',
      '/api/v1/namespaces/wing/pods',
    );
    return items.length === 14 && items.every(({ status }) => status.podIP !== undefined);
  }, 'the clinic to run');
}, 300_000);

afterAll(async () => {
  await netsluice?.stop('SIGKILL');
  await cluster?.stop();
});

function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve) => {
    const outgoing = request(url, { agent: false, timeout: 10_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.once('error', () => resolve({ status: 0, text: '' })).end();
  });
}

async function events(namespace: string): Promise<readonly StoredEvent[]> {
  const { items } = await cluster.json<{ items: StoredEvent[] }>(
    'GET',
    `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
  );
  const own = (event: StoredEvent & { reportingController?: string }): boolean =>
    event.reportingController === 'netsluice.dev/netsluice';
  return items.filter(own).sort((a, b) => (a.reason < b.reason ? -1 : 1));
}

function told(event: StoredEvent): string {
  return `${event.type} ${event.reason} ${event.regarding.kind}/${event.regarding.name}: ${event.note}`;
}

async function create(namespace: string, name: string, spec: object, query = ''): Promise<number> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies${query}`;
  const { status } = await cluster.request('POST', path, { body: JSON.parse(policy(namespace, name, spec)) });
  return status;
}

test('a rejection is an Event on the Namespace whose ref leads to the log line; a dry run is none', async () => {
  expect(await create('ward', 'stray', STRAY, '?dryRun=All')).toBe(403);
  expect(await create('ward', 'stray', STRAY)).toBe(403);
  await cluster.waitFor(async () => (await events('ward')).length > 0, 'the Event');
  expect((await events('ward')).map(told)).toEqual([
    expect.stringMatching(
      /^Warning PolicyRejected Namespace\/ward: policy stray rejected: .*\[rules-without-policy-type\].*; ref [0-9a-f]{8}$/,
    ),
  ]);
  // The ref leads to the log line.
  const [{ note }] = (await events('ward')) as [StoredEvent];
  const lines = readFileSync(netsluice.log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"decision":"rejected"'));
  const refs = lines.map((line) => JSON.parse(line) as { ref: string; dryRun: boolean });
  expect(refs.find(({ dryRun }) => !dryRun)?.ref).toBe(note.slice(-8));
});

test('what settles and what stands is told once, reported, and cured', async () => {
  expect(await create('wing', 'deny', DENY)).toBe(201);
  // A default-deny in a namespace whose pods the API server calls.
  await cluster.waitFor(
    async () => (await events('wing')).length === 2,
    'the scan to tell what it found',
    SETTLE_MS,
  );
  expect((await events('wing')).map(told)).toEqual([
    expect.stringMatching(
      /^Warning ApiServerCutOff Namespace\/wing: \[control-plane-callback-blocked\] 3 pods lose the API server's calls to webhook hook\.example\.com until .* \(policy deny\); finding [0-9a-f]{12}$/,
    ),
    expect.stringMatching(
      /^Warning PoliciesSettled Namespace\/wing: blocks 1 connection \(api-server -> wing\/ledger:5432\/TCP\); isolates 3 workloads \(14 pods\) for ingress, 3 keep no source; 1 policy change: wing\/deny; finding [0-9a-f]{12}$/,
    ),
  ]);
  const report = await cluster.waitFor(async () => {
    const { items } = await cluster.json<{ items: Record<string, unknown>[] }>('GET', REPORTS);
    return items[0];
  }, 'the report');
  expect(report).toMatchObject({
    metadata: { name: 'netsluice-deny', ownerReferences: [{ kind: 'NetworkPolicy', name: 'deny' }] },
    summary: { fail: 1, warn: 0 },
    results: [{ rule: 'control-plane-callback-blocked', severity: 'critical', result: 'fail' }],
  });
  const { text } = await get(`${health}/metrics`);
  expect(text).toContain('netsluice_findings{rule="control-plane-callback-blocked",severity="error"} 1');
  expect(text).toContain('netsluice_callbacks_cut_off{own="false"} 1');
  expect(text).toContain('netsluice_leader 1');

  // The report goes with its policy, whoever leads then.
  await netsluice.stop('SIGKILL');
  await cluster.json('DELETE', '/apis/networking.k8s.io/v1/namespaces/wing/networkpolicies/deny');
  await cluster.waitFor(async () => {
    const { items } = await cluster.json<{ items: unknown[] }>('GET', REPORTS);
    return items.length === 0;
  }, 'the report to go');
}, 200_000);
