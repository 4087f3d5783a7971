import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { succeeded } from '../control-plane/kubectl.ts';
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

const VALUES = {
  profile: 'enforce',
  webhook: { failurePolicy: 'Fail' },
  // Shorter than by default, so that the tests are.
  drain: { minSeconds: 1, maxSeconds: 10 },
  selftest: { waitSeconds: 3 },
};
const OWN_POLICY = `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/${RELEASE}`;

interface Event {
  readonly reason: string;
  readonly note: string;
  readonly type: string;
  readonly regarding: { readonly kind: string; readonly name: string; readonly namespace: string };
}

let addOn: AddOn;

async function events(namespace: string): Promise<readonly Event[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const { items } = await addOn.cluster.json<{
    items: readonly (Event & { reportingController: string })[];
  }>('GET', path);
  return items.filter(({ reportingController }) => reportingController === 'netsluice.dev/netsluice');
}

function eventsTold(namespace: string, reason: string): Promise<readonly Event[]> {
  return addOn.cluster.waitFor(
    async () => {
      const found = (await events(namespace)).filter((event) => event.reason === reason);
      return found.length > 0 && found;
    },
    `an Event ${reason} in ${namespace}`,
    90_000,
  );
}

function scale(replicas: number) {
  return addOn.cluster.kubectl(['scale', 'deployment', RELEASE, '-n', NAMESPACE, `--replicas=${replicas}`]);
}

/** The API server has heard by now of what is wanted: a dry run gets the answer. */
async function heard(namespace: string, wanted: (status: number, text: string) => boolean): Promise<void> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies?dryRun=All`;
  const body = JSON.parse(policy(namespace, 'probe', STRAY));
  await addOn.cluster.waitFor(async () => {
    const { status, text } = await addOn.cluster.request('POST', path, { body });
    return wanted(status, text);
  }, 'the API server to hear of it');
}

beforeAll(async () => {
  addOn = await startAddOn(['renamed', 'changed', 'ward', 'closed', 'open', 'cold']);
  for (const namespace of ['renamed', 'changed']) {
    await addOn.cluster.apply(policy(namespace, 'old-name', FINE));
  }
  await addOn.install(VALUES);
  await addOn.asked('ward');
  // It takes half a minute until netsluice calls this settled, see case 52.
  await addOn.cluster.kubectl(['delete', 'networkpolicy', 'old-name', '-n', 'renamed']);
  succeeded(await addOn.apply(policy('renamed', 'new-name', FINE)), 'kubectl apply');
  await addOn.cluster.kubectl(['delete', 'networkpolicy', 'old-name', '-n', 'changed']);
}, 1_500_000);

afterAll(async () => {
  await addOn?.stop();
}, 60_000);

test('case 80: an edited caBundle is restored; a deleted configuration is reported and not made again', async () => {
  const { cluster } = addOn;
  const read = () =>
    cluster.json<{ webhooks: { clientConfig: { caBundle: string } }[] }>('GET', CONFIGURATION);
  const bundles = async () => (await read()).webhooks.map(({ clientConfig }) => clientConfig.caBundle);
  const before = await bundles();
  const body = [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: '' }];
  await cluster.json('PATCH', CONFIGURATION, { body, contentType: 'application/json-patch+json' });
  await cluster.waitFor(
    async () => JSON.stringify(await bundles()) === JSON.stringify(before),
    'it to be restored',
  );

  await cluster.json('DELETE', CONFIGURATION);
  await cluster.waitFor(
    async () => (await addOn.metric('netsluice_webhook_configuration_present')) === 0,
    'both replicas to see that it is gone',
  );
  expect((await cluster.request('GET', CONFIGURATION)).status).toBe(404);
  await addOn.upgrade(VALUES);
  await cluster.waitFor(
    async () => JSON.stringify(await bundles()) === JSON.stringify(before),
    'its caBundle',
  );
  await addOn.asked('ward');
  await addOn.cluster.waitFor(
    async () => (await addOn.metric('netsluice_webhook_configuration_present')) === 2,
    'both replicas to see that it is there again',
  );
}, 120_000);

test('cases 87 and 96: what would cut netsluice off in its own namespace is admitted, and told on every channel', async () => {
  const { cluster } = addOn;
  // The chart's own policy names the container port, so that a default-deny beside it does no harm.
  const deny = policy(NAMESPACE, 'default-deny', { podSelector: {}, policyTypes: ['Ingress'] });
  const denied = masked(await addOn.apply(deny));
  expect(denied).toEqual({
    code: 0,
    stdout: 'networkpolicy.networking.k8s.io/default-deny created\n',
    stderr: '',
  });
  const own = await cluster.json<{ spec: { ingress: { ports: { port: unknown }[] }[] } }>('GET', OWN_POLICY);
  const ports = own.spec.ingress.flatMap((clause) => clause.ports.map(({ port }) => port));
  expect(ports).toEqual([9443, 8081]);
  // The Service's port in its place is the mistake of case 96.
  const wrong = [{ op: 'replace', path: '/spec/ingress/0/ports/0/port', value: 443 }];
  const args = [
    'patch',
    'networkpolicy',
    RELEASE,
    '-n',
    NAMESPACE,
    '--type=json',
    '-p',
    JSON.stringify(wrong),
  ];
  const patched = masked(await cluster.kubectl(args));
  expect(patched.stdout).toBe('networkpolicy.networking.k8s.io/netsluice patched\n');
  expect(patched.stderr).toContain(
    "Warning: [control-plane-callback-blocked] 2 pods lose the API server's calls to webhook policies.netsluice.dev and 3 more until another policy allows 9443/TCP from anywhere\n",
  );
  const [told] = await eventsTold(NAMESPACE, 'ApiServerCutOff');
  expect(told?.note).toMatch(
    /^\[control-plane-callback-blocked\] 2 pods lose the API server's calls to webhook policies\.netsluice\.dev and 3 more until another policy allows 9443\/TCP from anywhere \(policy (default-deny|netsluice)\); finding [0-9a-f]{12}$/,
  );
  expect(await addOn.metric('netsluice_findings', 'rule="control-plane-callback-blocked"')).toBeGreaterThan(
    0,
  );
  const ready = await fetch(`http://${addOn.kubelet.pods(NAMESPACE)[0]?.ip}:8081/readyz?verbose`);
  expect(ready.status).toBe(200);
  expect(await ready.text()).toContain('keeps the API server from calling netsluice');
  // Helm makes its own one anew; what somebody else has edited it would leave to them.
  await cluster.kubectl(['delete', 'networkpolicy', 'default-deny', RELEASE, '-n', NAMESPACE]);
}, 180_000);

test('case 52: a policy renamed in git (deleted, then created) leaves no Event; a real change does', async () => {
  // Both are settled by the same Lease holder, in the order of their first change.
  const [settled] = await eventsTold('changed', 'PoliciesSettled');
  expect(settled?.note).toMatch(
    /^frees 1 workload \(5 pods\) for ingress; 1 policy change: changed\/old-name; finding [0-9a-f]{12}$/,
  );
  expect(await events('renamed')).toEqual([]);
}, 180_000);

test('cases 97 and 98: where the API server cannot reach the pods, helm test fails loudly and the configuration stays', async () => {
  for (const pod of addOn.kubelet.pods(NAMESPACE)) pod.unplug();
  const { code, stdout, stderr } = await addOn.helm(['test', RELEASE, '-n', NAMESPACE, '--timeout', '60s']);
  expect(code).toBe(1);
  expect(`${stdout}${stderr}`).toContain(
    'FAILED: the API server did not get an answer from a webhook: Internal error occurred: failed calling webhook',
  );
  expect((await addOn.cluster.request('GET', CONFIGURATION)).status).toBe(200);
}, 120_000);

test('case 88: its own release is upgraded while no pod of it can be reached', async () => {
  const { stderr } = await addOn.apply(policy('ward', 'fine', FINE));
  expect(stderr).toContain('failed calling webhook "policies.netsluice.dev"');
  // The release holds a NetworkPolicy of its own namespace: that entry never fails closed.
  await addOn.upgrade({
    ...VALUES,
    podAnnotations: { healed: 'yes' },
    networkPolicy: { metricsFrom: [{ podSelector: {} }] },
  });
  await addOn.asked('ward');
  expectAnswer(await addOn.apply(policy('ward', 'stray', STRAY)), '', rejected(HEADLINE, STRAY_LINE));
}, 180_000);

test('case 85: with no netsluice left, Fail refuses policies and nothing else; one command is the way out', async () => {
  const { cluster } = addOn;
  await scale(0);
  await addOn.kubelet.settled(NAMESPACE, 0, 90_000);
  await heard('closed', (_, text) => text.includes('no endpoints available'));
  expectAnswer(
    await addOn.apply(policy('closed', 'fine', FINE)),
    '',
    'Error from server (InternalError): error when creating "STDIN": Internal error occurred: failed calling webhook "policies.netsluice.dev": failed to call webhook: Post "https://netsluice.netsluice-system.svc:443/validate?timeout=5s": no endpoints available for service "netsluice"\n',
  );
  for (const args of [
    ['label', 'namespace', 'closed', 'team=red'],
    ['scale', 'deployment', 'desk', '-n', 'closed', '--replicas=6'],
    ['run', 'lonely', '-n', 'closed', '--image=x'],
    ['label', 'node', 'node-1', 'rack=one'],
  ]) {
    expect((await cluster.kubectl(args)).code).toBe(0);
  }
  succeeded(
    await cluster.kubectl(['delete', 'validatingwebhookconfiguration', `${RELEASE}.${NAMESPACE}`]),
    'the way out',
  );
  await heard('closed', (status) => status === 201);
  expectAnswer(
    await addOn.apply(policy('closed', 'stray', STRAY)),
    'networkpolicy.networking.k8s.io/stray created\n',
    '',
  );
}, 120_000);

test('case 84: with no netsluice left, Ignore admits policies, and the API server counts them', async () => {
  const { cluster } = addOn;
  await addOn.upgrade({ ...VALUES, webhook: { failurePolicy: 'Ignore' } });
  await scale(0);
  await addOn.kubelet.settled(NAMESPACE, 0, 90_000);
  await heard('open', (status) => status === 201);
  expectAnswer(
    await addOn.apply(policy('open', 'stray', STRAY)),
    'networkpolicy.networking.k8s.io/stray created\n',
    '',
  );
  const metrics = await cluster.request('GET', '/metrics');
  const counted = metrics.text
    .split('\n')
    .find((line) =>
      line.startsWith('apiserver_admission_webhook_fail_open_count{name="policies.netsluice.dev"'),
    );
  expect(Number(counted?.split(' ').at(-1))).toBeGreaterThan(0);
  await scale(2);
  await addOn.kubelet.settled(NAMESPACE, 2);
}, 180_000);

test('case 86: a cluster that was switched off with Fail comes up by itself', async () => {
  const { cluster } = addOn;
  await addOn.upgrade(VALUES);
  await addOn.asked('cold');
  await cluster.stopApiServer('SIGKILL');
  for (const pod of addOn.kubelet.pods(NAMESPACE)) pod.signal('SIGKILL');
  await cluster.startApiServer();
  await cluster.waitFor(
    () => addOn.kubelet.pods(NAMESPACE).every((pod) => pod.restarts() > 0),
    'both to start again',
  );
  await addOn.kubelet.settled(NAMESPACE, 2, 90_000);
  await addOn.asked('cold');
  expectAnswer(await addOn.apply(policy('cold', 'stray', STRAY)), '', rejected(HEADLINE, STRAY_LINE));
  expectAnswer(
    await addOn.apply(policy('cold', 'fine', FINE)),
    'networkpolicy.networking.k8s.io/fine created\n',
    warnings(HEADLINE),
  );
}, 180_000);

test('case 84: what was admitted unseen is reported by the scan', async () => {
  const [told] = await eventsTold('open', 'PolicyFinding');
  expect(told?.regarding).toMatchObject({ kind: 'NetworkPolicy', namespace: 'open', name: 'stray' });
  expect(told?.note).toMatch(
    /^\[rules-without-policy-type\] 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it; finding [0-9a-f]{12}$/,
  );
  expect(addOn.forbidden()).toEqual([]);
}, 180_000);
