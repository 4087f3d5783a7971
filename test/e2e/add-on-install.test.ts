import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type AddOn,
  CONFIGURATION,
  FINE,
  HEADLINE,
  NAMESPACE,
  RELEASE,
  rejected,
  STRAY,
  STRAY_LINE,
  startAddOn,
} from './install.ts';
import { expectAnswer, masked, warnings } from './kubectl-answer.ts';
import { policy } from './manifest.ts';

/** Shorter than by default, so that the tests are. */
const QUICK = { drain: { minSeconds: 2, maxSeconds: 10 } };
/** A user id as OpenShift hands them out; its admission writes it into the pod. */
const ARBITRARY = 1_000_650_000;

let addOn: AddOn;

function namespace(name: string, security: string): string {
  const labels = { 'pod-security.kubernetes.io/enforce': security };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
}

beforeAll(async () => {
  addOn = await startAddOn(['warned', 'free', 'watched', 'held']);
  await addOn.cluster.apply(namespace(NAMESPACE, 'restricted'));
}, 1_500_000);

afterAll(async () => {
  await addOn?.stop();
}, 60_000);

async function helmTest(place = NAMESPACE, release = RELEASE): Promise<string> {
  const { code, stdout, stderr } = await addOn.helm(['test', release, '-n', place, '--timeout', '60s']);
  return code === 0 ? stderr : `exit code ${code}\n${stdout}${stderr}`;
}

/** Everything in the cluster that says it belongs to netsluice, `KIND/NAME`. */
async function leftOver(): Promise<readonly string[]> {
  const kinds = await addOn.cluster.kubectl(['api-resources', '--verbs=list', '-o', 'name']);
  const all = kinds.stdout
    .trim()
    .split('\n')
    .filter((kind) => !kind.startsWith('componentstatuses'))
    .join(',');
  const found = await addOn.cluster.kubectl([
    'get',
    all,
    '-A',
    '-o',
    'name',
    '-l',
    'app.kubernetes.io/part-of=netsluice',
  ]);
  return found.stdout.split('\n').filter((line) => line !== '');
}

test('case 91: the default chart works where only restricted pods may run, without Prometheus or cert-manager', async () => {
  const notes = await addOn.install({});
  expect(notes).toContain('profile          warn: enforce off, warn baseline, audit restricted\n');
  await addOn.kubelet.settled(NAMESPACE, 2);
  expect(await helmTest()).toContain('The API server reaches netsluice.');
  expectAnswer(
    await addOn.apply(policy('warned', 'stray', STRAY)),
    'networkpolicy.networking.k8s.io/stray created\n',
    warnings(HEADLINE, STRAY_LINE),
  );
  expect(addOn.forbidden()).toEqual([]);
}, 120_000);

test('case 90: after helm uninstall nothing of netsluice is left', async () => {
  await addOn.uninstall();
  await addOn.cluster.waitFor(async () => (await leftOver()).length === 0, 'everything to be collected');
  expectAnswer(
    await addOn.apply(policy('free', 'stray-2', STRAY)),
    'networkpolicy.networking.k8s.io/stray-2 created\n',
    '',
  );
}, 120_000);

test('cases 90 and 91: installed again, with the profile enforce and an arbitrary user id, it rejects', async () => {
  const notes = await addOn.install({ ...QUICK, profile: 'enforce', runAsUser: ARBITRARY });
  expect(notes).toContain('profile          enforce: enforce baseline, warn baseline, audit restricted\n');
  await addOn.asked('held');
  expectAnswer(await addOn.apply(policy('held', 'stray-4', STRAY)), '', rejected(HEADLINE, STRAY_LINE));
  expectAnswer(
    await addOn.apply(policy('held', 'fine', FINE), '--dry-run=server'),
    'networkpolicy.networking.k8s.io/fine created (server dry run)\n',
    warnings(HEADLINE),
  );
  expect(await helmTest()).toContain('The API server reaches netsluice.');
  expect(addOn.forbidden()).toEqual([]);
}, 120_000);

test('case 100: what a hard delete left is adopted by the next install', async () => {
  const { cluster } = addOn;
  // Somebody deleted the program and what Helm knew of it; Lease, Secret and the webhook configuration are still there.
  await cluster.kubectl(['delete', 'deployment,service', RELEASE, '-n', NAMESPACE]);
  await cluster.kubectl(['delete', 'secret', '-n', NAMESPACE, '-l', 'owner=helm']);
  await addOn.kubelet.settled(NAMESPACE, 0);
  const before = await cluster.json<{ metadata: { uid: string } }>('GET', CONFIGURATION);
  await addOn.install({ ...QUICK, profile: 'enforce' });
  const after = await cluster.json<{ metadata: { uid: string } }>('GET', CONFIGURATION);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  await addOn.asked('held');
  expectAnswer(await addOn.apply(policy('held', 'stray-5', STRAY)), '', rejected(HEADLINE, STRAY_LINE));
}, 120_000);

test('case 99: a second release of a long name in another namespace works beside the first', async () => {
  const place = {
    release: 'second-release-of-a-name-that-is-as-long-as-helm-lets',
    namespace: 'another-namespace-of-a-name-that-is-rather-long',
  };
  await addOn.install({ ...QUICK, profile: 'observe' }, place);
  await addOn.asked('held');
  // The first still rejects; the second only observes.
  const { stderr } = masked(await addOn.apply(policy('held', 'stray-6', STRAY)));
  expect(stderr).toBe(rejected(HEADLINE, STRAY_LINE));
  await addOn.uninstall(place);
  expectAnswer(await addOn.apply(policy('held', 'stray-7', STRAY)), '', rejected(HEADLINE, STRAY_LINE));
  await addOn.uninstall();
}, 120_000);

test('case 98: on the network of its nodes it is reached as well; the profile observe tells the audit log and nobody else', async () => {
  const place = { namespace: 'host-system' };
  await addOn.cluster.apply(namespace('host-system', 'privileged'));
  // Both nodes of this cluster have one address, so that there is room for one pod.
  const values = { ...QUICK, profile: 'observe', replicas: 1, hostNetwork: { enabled: true } };
  const notes = await addOn.install(values, place);
  expect(notes).toContain('profile          observe: enforce off, warn off, audit restricted\n');
  expect(addOn.kubelet.pods('host-system').map(({ ip }) => ip)).toEqual(['10.255.255.1']);
  expect(await helmTest('host-system')).toContain('The API server reaches netsluice.');
  expectAnswer(
    await addOn.apply(policy('watched', 'stray', STRAY)),
    'networkpolicy.networking.k8s.io/stray created\n',
    '',
  );
  const event = await addOn.cluster.waitFor(
    () =>
      addOn.cluster
        .auditEvents()
        .find(({ objectRef }) => objectRef?.namespace === 'watched' && objectRef.name === 'stray'),
    'the audit log to tell',
  );
  expect(event.annotations?.['policies.netsluice.dev/findings']).toContain('rules-without-policy-type');
  expect(addOn.forbidden()).toEqual([]);
}, 120_000);
