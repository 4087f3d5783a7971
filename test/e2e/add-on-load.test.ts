import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { succeeded } from '../control-plane/kubectl.ts';
import type { KubeletPod } from '../control-plane/kubelet-pod.ts';
import {
  type AddOn,
  CONFIGURATION,
  FINE,
  HEADLINE,
  NAMESPACE,
  RELEASE,
  STRAY,
  STRAY_LINE,
  startAddOn,
} from './install.ts';
import { type LoadResult, pacedLoad } from './install-load.ts';
import { policy } from './manifest.ts';

const VALUES = {
  profile: 'enforce',
  webhook: { failurePolicy: 'Fail' },
  // Shorter than by default, so that the tests are.
  drain: { minSeconds: 4, maxSeconds: 15 },
};
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/ward/networkpolicies';
const BODIES = [policy('ward', 'fine', FINE), policy('ward', 'stray', STRAY)].map((text) => JSON.parse(text));
const ADMITTED = '201';
const REJECTED = `403 admission webhook "policies.netsluice.dev" denied the request: ${HEADLINE}\n${STRAY_LINE}\nref ########`;

let addOn: AddOn;

beforeAll(async () => {
  addOn = await startAddOn(['ward']);
  await addOn.install(VALUES);
  await addOn.asked('ward');
}, 1_500_000);

afterAll(async () => {
  await addOn?.stop();
}, 60_000);

/** Every answer was netsluice's: with `failurePolicy: Fail` a call that failed would be a third one. */
function expectNoFailedCall({ counts, perSecond }: LoadResult): void {
  expect([...counts.keys()].sort()).toEqual([ADMITTED, REJECTED]);
  expect(perSecond).toBeGreaterThanOrEqual(50);
}

/** How many policies each pod that ever ran has judged. */
function judged(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { pod, msg } of addOn.said()) {
    if (msg === 'decision') counts.set(pod, (counts.get(pod) ?? 0) + 1);
  }
  return counts;
}

interface Slices {
  readonly items: readonly {
    readonly endpoints?: readonly {
      readonly addresses: readonly string[];
      readonly conditions: { ready: boolean };
    }[];
  }[];
}

async function isEndpoint({ ip }: KubeletPod): Promise<boolean> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${RELEASE}`);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices?labelSelector=${selector}`;
  const { items } = await addOn.cluster.json<Slices>('GET', path);
  const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
  return endpoints.some(({ addresses, conditions }) => conditions.ready && addresses.includes(ip));
}

/** The serial number of the certificate that new callers of a pod see. */
function servedSerial({ ip }: KubeletPod): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port: 9443, rejectUnauthorized: false }, () => {
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      resolve(serialNumber);
    });
    socket.once('error', reject);
  });
}

async function bundle(): Promise<string> {
  const { webhooks } = await addOn.cluster.json<{ webhooks: { clientConfig: { caBundle: string } }[] }>(
    'GET',
    CONFIGURATION,
  );
  return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
}

async function storedSerial(): Promise<string> {
  const { data } = await addOn.cluster.json<{ data: Record<string, string> }>(
    'GET',
    `/api/v1/namespaces/${NAMESPACE}/secrets/${RELEASE}-tls`,
  );
  return new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64')).serialNumber;
}

async function leader(): Promise<KubeletPod> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${RELEASE}`;
  const { spec } = await addOn.cluster.json<{ spec: { holderIdentity?: string } }>('GET', path);
  const pod = addOn.kubelet.pods(NAMESPACE).find(({ name }) => name === spec.holderIdentity);
  if (pod === undefined) throw new Error(`the Lease is held by ${spec.holderIdentity}, which does not run`);
  return pod;
}

test('cases 83 and 92: helm upgrade and rollback under load, old and new pods side by side, and no call fails', async () => {
  const before = addOn.kubelet.pods(NAMESPACE).map(({ name }) => name);
  const result = await pacedLoad(addOn.cluster, POLICIES, BODIES, async (load) => {
    await addOn.upgrade({ ...VALUES, podAnnotations: { revision: 'second' } });
    await load.answers(200);
    const { code, stderr } = await addOn.helm([
      'rollback',
      RELEASE,
      '1',
      '-n',
      NAMESPACE,
      '--wait',
      '--timeout',
      '90s',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await addOn.kubelet.settled(NAMESPACE, 2);
  });
  expectNoFailedCall(result);
  const counts = judged();
  // Two before, two between, two now; all six were asked, and gave the same two answers.
  expect([...counts.keys()]).toEqual(expect.arrayContaining(before));
  expect(counts.size).toBe(6);
}, 180_000);

test('case 83: a node is drained under load, and no call fails', async () => {
  const result = await pacedLoad(addOn.cluster, POLICIES, BODIES, async () => {
    const args = ['drain', 'node-1', '--pod-selector=app.kubernetes.io/name=netsluice', '--timeout=90s'];
    succeeded(await addOn.cluster.kubectl(args), 'kubectl drain');
    await addOn.kubelet.settled(NAMESPACE, 2);
  });
  expectNoFailedCall(result);
  succeeded(await addOn.cluster.kubectl(['uncordon', 'node-1']), 'kubectl uncordon');
}, 120_000);

/** Answers that were not netsluice's, and whether the last call that got one was sent before `call`. */
function failuresOf({ answers }: LoadResult) {
  const failed = answers.filter(({ text }) => text !== ADMITTED && text !== REJECTED);
  return {
    texts: [...new Set(failed.map(({ text }) => text))],
    last: Math.max(-1, ...failed.map(({ call }) => call)),
  };
}

/** The API server tried once, the connection broke or was refused, and that is what `failurePolicy: Fail` reports. */
const BROKEN =
  /^500 Internal error occurred: failed calling webhook "policies\.netsluice\.dev": failed to call webhook: Post "https:\/\/netsluice\.netsluice-system\.svc:443\/validate\?timeout=5s": .*(EOF|connection reset by peer|connection refused|broken pipe)$/;

test('a replica is killed hard under load: calls fail only until its endpoint is gone', async () => {
  const [victim] = addOn.kubelet.pods(NAMESPACE);
  if (victim === undefined) throw new Error('no pod runs');
  const restarts = victim.restarts();
  let gone = 0;
  const result = await pacedLoad(addOn.cluster, POLICIES, BODIES, async (load) => {
    victim.signal('SIGKILL');
    await addOn.cluster.waitFor(async () => !(await isEndpoint(victim)), 'its endpoint to go');
    // The API server hears of it just after the slice was written.
    await load.answers(20);
    gone = load.sent();
    await addOn.cluster.waitFor(() => isEndpoint(victim), 'it to be back', 60_000);
    expect(victim.restarts()).toBe(restarts + 1);
  });
  const { texts, last } = failuresOf(result);
  for (const text of texts) expect(text).toMatch(BROKEN);
  expect(last).toBeLessThan(gone);
  expect(result.perSecond).toBeGreaterThanOrEqual(50);
}, 120_000);

test('cases 79 and 89: the Lease holder is killed during a rotation; another one completes it, and callers trust both authorities', async () => {
  // Five minutes between the two authorities are too long for a test.
  const overlap = {
    op: 'add',
    path: '/spec/template/spec/containers/0/args/-',
    value: '--cert-overlap-seconds=6',
  };
  const args = [
    'patch',
    'deployment',
    RELEASE,
    '-n',
    NAMESPACE,
    '--type=json',
    '-p',
    JSON.stringify([overlap]),
  ];
  succeeded(await addOn.cluster.kubectl(args), 'kubectl patch');
  succeeded(
    await addOn.cluster.kubectl(['rollout', 'status', 'deployment', RELEASE, '-n', NAMESPACE]),
    'rollout',
  );
  await addOn.kubelet.settled(NAMESPACE, 2);
  const old = await storedSerial();
  const oldBundle = await bundle();
  let gone = 0;
  const result = await pacedLoad(addOn.cluster, POLICIES, BODIES, async (load) => {
    await addOn.cluster.kubectl([
      'annotate',
      'secret',
      `${RELEASE}-tls`,
      '-n',
      NAMESPACE,
      'netsluice.dev/rotate=now',
    ]);
    await addOn.cluster.waitFor(
      async () => (await bundle()).split('BEGIN').length === 3,
      'both authorities to be trusted',
    );
    expect(await storedSerial()).toBe(old);
    const victim = await leader();
    await addOn.cluster.kubectl([
      'delete',
      'pod',
      victim.name,
      '-n',
      NAMESPACE,
      '--grace-period=0',
      '--force',
    ]);
    await addOn.cluster.waitFor(async () => !(await isEndpoint(victim)), 'its endpoint to go');
    await load.answers(20);
    gone = load.sent();
    await addOn.cluster.waitFor(
      async () => (await storedSerial()) !== old,
      'another leader to go on',
      60_000,
    );
    expect((await leader()).name).not.toBe(victim.name);
    await addOn.kubelet.settled(NAMESPACE, 2);
    const now = await storedSerial();
    await addOn.cluster.waitFor(async () => {
      const served = await Promise.all(addOn.kubelet.pods(NAMESPACE).map(servedSerial));
      return served.every((serial) => serial === now);
    }, 'both replicas to serve the new certificate');
    await load.answers(200);
  });
  expect(await bundle()).toContain(oldBundle);
  const { texts, last } = failuresOf(result);
  for (const text of texts) expect(text).toMatch(BROKEN);
  expect(last).toBeLessThan(gone);
  expect(addOn.forbidden()).toEqual([]);
}, 180_000);
