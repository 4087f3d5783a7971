import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inBubble } from '../control-plane/api-server.ts';
import { type Cluster, startCluster } from '../control-plane/cluster.ts';
import { type KubectlResult, succeeded } from '../control-plane/kubectl.ts';
import { expectAnswer, warnings } from './kubectl-answer.ts';
import { underLoad } from './load.ts';
import { clinic, manifest, policy } from './manifest.ts';
import { installNetsluice, type Netsluice, needBubble, type Replica } from './netsluice.ts';

const DESK = { matchLabels: { app: 'desk' } };
const INSIDE = [{ from: [{ podSelector: {} }] }];
/** Rejected: R02. */
const STRAY = { podSelector: DESK, policyTypes: ['Ingress'], ingress: INSIDE, egress: [{}] };
/** Admitted. */
const FINE = { podSelector: DESK, policyTypes: ['Ingress'], ingress: INSIDE };
const REJECTED =
  '403 admission webhook "validate.netsluice.dev" denied the request: isolates 1 workload (5 pods) for ingress\n' +
  '[rules-without-policy-type] 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it\n' +
  'ref ########';
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/ward/networkpolicies';
const BODIES = [policy('ward', 'fine', FINE), policy('ward', 'stray', STRAY)].map((text) => JSON.parse(text));

let cluster: Cluster;
let netsluice: Netsluice;

function apply(yaml: string, ...args: readonly string[]): Promise<KubectlResult> {
  return cluster.kubectl(['apply', '-f', '-', ...args], { stdin: yaml });
}

async function refused(): Promise<boolean> {
  const { status, text } = await cluster.request('POST', `${POLICIES}?dryRun=All`, { body: BODIES[1] });
  return status === 403 && text.includes('denied the request');
}

/** Every answer under load was netsluice's: with `failurePolicy: Fail` a call that failed would be a third one. */
function expectNoFailedCall(answers: ReadonlyMap<string, number>): void {
  expect([...answers.keys()].sort()).toEqual(['201', REJECTED]);
}

/** The serial number of the certificate that new callers of a replica see. */
function servedSerial({ health }: Replica): Promise<string> {
  const host = new URL(health).hostname;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 9443, rejectUnauthorized: false }, () => {
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      resolve(serialNumber);
    });
    socket.once('error', reject);
  });
}

function messagesOf({ process: { log } }: Replica): readonly string[] {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
}

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.apply(
    [clinic('ward', { 'netsluice.dev/enforce': 'baseline' }), manifest('dns.yaml')].join('\n---\n'),
  );
  netsluice = await installNetsluice(cluster, 2);
  await netsluice.register('Fail');
  await cluster.waitFor(refused, 'the API server to ask netsluice');
  await cluster.waitFor(async () => {
    const { items } = await cluster.json<{ items: { status: { phase: string } }[] }>('GET', '/api/v1/pods');
    return items.length >= 16 && items.every(({ status }) => status.phase === 'Running');
  }, 'all pods to run');
  await netsluice.caughtUp();
}, 1_500_000);

afterAll(async () => {
  await netsluice?.stop();
  await cluster?.stop();
}, 60_000);

test('case 77: a certificate is rotated under load, and no call fails', async () => {
  needBubble();
  const answers = await underLoad(cluster, POLICIES, BODIES, async () => {
    const { cert } = await netsluice.rotateCertificate();
    const { serialNumber } = new X509Certificate(cert);
    await cluster.waitFor(async () => {
      const served = await Promise.all(netsluice.replicas().map(servedSerial));
      return served.every((serial) => serial === serialNumber);
    }, 'both replicas to serve the new certificate');
  });
  expectNoFailedCall(answers);
  expect(await netsluice.metric('netsluice_tls_reload_total', 'result="success"')).toBe(2);
  expect(await netsluice.metric('netsluice_tls_reload_total', 'result="error"')).toBe(0);
}, 120_000);

test('case 81: one of two replicas gets SIGTERM under load, and no call fails', async () => {
  needBubble();
  const [leaving] = netsluice.replicas();
  if (leaving === undefined) throw new Error('no replica runs');
  const sinceDrain = () => {
    const said = messagesOf(leaving);
    return said.slice(said.indexOf('draining'));
  };
  const answers = await underLoad(cluster, POLICIES, BODIES, async (load) => {
    // The worst order: the signal comes first, and the API server goes on choosing a pod that is on its way out.
    leaving.terminate();
    await cluster.waitFor(() => sinceDrain()[0] === 'draining', 'the drain to begin');
    await load.answers(100);
    // By now every old connection to it is closed; these need new ones, and some of them lead there.
    load.grow(18);
    await load.answers(100);
    const args = ['delete', 'pod', leaving.name, '-n', 'netsluice-system', '--wait=false'];
    succeeded(await cluster.kubectl(args), 'kubectl delete pod');
    await netsluice.scale(2);
  });
  expectNoFailedCall(answers);
  expect(await leaving.process.exited).toBe('exit code 0');
  expect(sinceDrain().at(-1)).toBe('drained');
  expect(sinceDrain()).toContain('decision');
}, 120_000);

test('case 67: the API server is away for a while; netsluice stays, and sees afterwards what is new', async () => {
  const before = netsluice.replicas().map(({ process: { pid } }) => pid);
  await cluster.stopApiServer();
  const ready = netsluice.replicas().map(({ health }) => fetch(`${health}/readyz`));
  expect((await Promise.all(ready)).map(({ status }) => status)).toEqual(before.map(() => 200));
  await cluster.startApiServer();
  await cluster.apply(clinic('annex'));
  await cluster.waitFor(refused, 'the API server to ask netsluice again');
  await netsluice.caughtUp();
  const deny = policy('annex', 'deny', { podSelector: {} });
  expectAnswer(
    await apply(deny),
    'networkpolicy.networking.k8s.io/deny created\n',
    warnings('isolates 3 workloads (14 pods) for ingress, 3 keep no source'),
  );
  expect(netsluice.replicas().map(({ process: { pid } }) => pid)).toEqual(before);
}, 120_000);

test('cases 84 and 85: with no netsluice left, Fail refuses policies and nothing else, Ignore admits them', async () => {
  if (inBubble()) await netsluice.scale(0);
  else await netsluice.stop();
  const why = inBubble()
    ? 'Post "https://netsluice.netsluice-system.svc:443/validate?timeout=10s": no endpoints available for service "netsluice"'
    : 'Post "https://127.0.0.1:PORT/validate?timeout=10s": dial tcp 127.0.0.1:PORT: connect: connection refused';
  const reason = why.slice(why.lastIndexOf(': ') + 2);
  await cluster.waitFor(async () => {
    return (await apply(policy('ward', 'fine', FINE), '--dry-run=server')).stderr.includes(reason);
  }, 'the API server to learn that nobody is there');
  const failed = await apply(policy('ward', 'fine', FINE));
  expect({ ...failed, stderr: failed.stderr.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT') }).toEqual({
    code: 1,
    stdout: '',
    stderr: `Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed calling webhook "validate.netsluice.dev": failed to call webhook: ${why}\n`,
  });
  const label = await cluster.kubectl(['label', 'namespace', 'ward', 'team=red']);
  expectAnswer(label, 'namespace/ward labeled\n', '');
  // The documented way out.
  await netsluice.register('Ignore');
  await cluster.waitFor(async () => {
    return (await apply(policy('ward', 'stray', STRAY), '--dry-run=server')).code === 0;
  }, 'the API server to learn of Ignore');
  expectAnswer(
    await apply(policy('ward', 'stray', STRAY)),
    'networkpolicy.networking.k8s.io/stray created\n',
    '',
  );
  const event = await cluster.waitFor(
    () =>
      cluster.auditEvents().find(({ verb, requestURI, objectRef }) => {
        return verb === 'create' && objectRef?.name === 'stray' && !requestURI.includes('dryRun');
      }),
    'the audit log to tell',
  );
  expect(event.annotations).toMatchObject({
    'failed-open.validating.webhook.admission.k8s.io/round_0_index_0': 'validate.netsluice.dev',
  });
}, 120_000);
