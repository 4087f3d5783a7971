import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Cluster, startCluster } from './cluster.ts';
import { type Kubelet, runKubelet } from './kubelet.ts';
import type { PodImage } from './kubelet-container.ts';

const NODES = ['node-1', 'node-2'];

/** This machine's own files stand for an image that holds Node: the kubelet is tested here, not the image. */
const IMAGE: PodImage = {
  rootfs: '/',
  entrypoint: [process.execPath],
  command: [],
  env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'FROM_IMAGE=yes'],
  user: '65532:65532',
  workingDir: '/',
};

/** Prints what it is given, answers probes as the mounted file says, and ends in order or not as it is asked. */
const PROGRAM = `
const fs = require('fs');
const read = (path) => { try { return fs.readFileSync(path, 'utf8'); } catch (e) { return e.code; } };
const write = (path) => { try { fs.writeFileSync(path, ''); return 'written'; } catch (e) { return e.code; } };
const { env } = process;
console.log(JSON.stringify({
  pid: process.pid, uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), args: process.argv.slice(1),
  env: Object.fromEntries(Object.entries(env).filter(([name]) => !/^DUO_PORT|^KUBERNETES_PORT/.test(name))),
  note: read('/etc/notes/note'), absent: read('/etc/absent/x'), root: write('/x'), tmp: write('/tmp/x'),
  files: fs.readdirSync('/var/run/secrets/kubernetes.io/serviceaccount').filter((name) => !name.startsWith('..')).sort(),
}));
process.on('SIGTERM', () => { console.log('{"said":"SIGTERM"}'); process.exit(0); });
require('http').createServer((request, response) => {
  const word = read('/etc/notes/note');
  const bad = request.url === '/live' ? word === 'dead' : word !== 'ready';
  response.writeHead(bad ? 500 : 200).end(env.POD_NAME);
}).listen(8080, '0.0.0.0');
`;

const DUO = `
apiVersion: v1
kind: ConfigMap
metadata: { name: notes, namespace: default }
data: { note: wait }
---
apiVersion: v1
kind: Service
metadata: { name: duo, namespace: default }
spec:
  clusterIP: 10.96.7.7
  selector: { app.kubernetes.io/name: netsluice }
  ports: [{ name: web, port: 80, targetPort: web }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: duo, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app.kubernetes.io/name: netsluice } }
  template:
    metadata: { labels: { app.kubernetes.io/name: netsluice } }
    spec:
      securityContext: { runAsNonRoot: true }
      containers:
        - name: main
          image: example.invalid/main
          args: ['-e', ${JSON.stringify(PROGRAM)}, '--', '$(POD_NAME)', '$(NOBODY)', '$$(POD_NAME)']
          env:
            - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
            - { name: MEMORY, valueFrom: { resourceFieldRef: { resource: limits.memory, divisor: 1Mi } } }
            - { name: NOTE, valueFrom: { configMapKeyRef: { name: notes, key: note } } }
            - { name: TWICE, value: '$(NOTE) $(NOTE)' }
          resources: { limits: { memory: 256Mi } }
          securityContext: { readOnlyRootFilesystem: true }
          ports: [{ name: web, containerPort: 8080 }]
          startupProbe: { httpGet: { path: /live, port: web }, periodSeconds: 1, failureThreshold: 30 }
          readinessProbe: { httpGet: { path: /ready, port: web }, periodSeconds: 1 }
          livenessProbe: { httpGet: { path: /live, port: 8080 }, periodSeconds: 1 }
          volumeMounts:
            - { name: notes, mountPath: /etc/notes }
            - { name: absent, mountPath: /etc/absent }
            - { name: tmp, mountPath: /tmp }
      volumes:
        - { name: notes, configMap: { name: notes } }
        - { name: absent, secret: { secretName: absent, optional: true } }
        - { name: tmp, emptyDir: {} }
`;

let cluster: Cluster;
let kubelet: Kubelet;

beforeAll(async () => {
  cluster = await startCluster({ nodes: NODES });
  kubelet = await runKubelet(cluster, IMAGE);
  await cluster.apply(DUO);
}, 1_500_000);

afterAll(async () => {
  await kubelet?.stop();
  await cluster?.stop();
}, 60_000);

type Said = Readonly<Record<string, unknown>>;

function saidBy(log: string): readonly Said[] {
  return readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Said);
}

async function readyAddresses(): Promise<readonly string[]> {
  const slices = await cluster.get<{
    items: { endpoints?: { addresses: string[]; conditions: { ready: boolean } }[] }[];
  }>(['endpointslices', '-l', 'kubernetes.io/service-name=duo']);
  const endpoints = slices.items.flatMap((slice) => slice.endpoints ?? []);
  return endpoints.filter(({ conditions }) => conditions.ready).flatMap(({ addresses }) => addresses);
}

async function setNote(note: string): Promise<void> {
  await cluster.kubectl(['patch', 'configmap', 'notes', '-p', JSON.stringify({ data: { note } })]);
}

test('a pod runs from the image as its user, with what it asks for, in a network of its own', async () => {
  const pods = await cluster.waitFor(
    () =>
      kubelet.pods().length === 2 &&
      kubelet.pods().every(({ log }) => saidBy(log()).length > 0) &&
      kubelet.pods(),
    'two pods to run',
  );
  for (const { name, log } of pods) {
    expect(saidBy(log())[0]).toEqual({
      ...{ pid: 1, uid: 65532, gid: 65532, groups: [65532], args: [name, '$(NOBODY)', '$(POD_NAME)'] },
      env: {
        ...{ PATH: '/usr/local/bin:/usr/bin:/bin', FROM_IMAGE: 'yes', HOSTNAME: name, POD_NAME: name },
        ...{ MEMORY: '256', NOTE: 'wait', TWICE: 'wait wait' },
        ...{ KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' },
        ...{ KUBERNETES_SERVICE_PORT_HTTPS: '443', DUO_SERVICE_PORT_WEB: '80' },
        ...{ DUO_SERVICE_HOST: '10.96.7.7', DUO_SERVICE_PORT: '80' },
      },
      ...{ note: 'wait', absent: 'ENOENT', root: 'EROFS', tmp: 'written' },
      files: ['ca.crt', 'namespace', 'token'],
    });
  }
  expect(await readyAddresses()).toEqual([]);
}, 60_000);

test('the readiness probe decides about Ready, and mounted files follow their object', async () => {
  await setNote('ready');
  await kubelet.settled('default', 2);
  const addresses = await cluster.waitFor(async () => {
    const ready = await readyAddresses();
    return ready.length === 2 && ready;
  }, 'two endpoints');
  const answers = await Promise.all(addresses.map(async (ip) => (await fetch(`http://${ip}:8080/`)).text()));
  expect(answers.toSorted()).toEqual(
    kubelet
      .pods()
      .map(({ name }) => name)
      .toSorted(),
  );
  await setNote('wait');
  await cluster.waitFor(async () => (await readyAddresses()).length === 0, 'no endpoint');
  expect(kubelet.pods().map((pod) => pod.restarts())).toEqual([0, 0]);
}, 60_000);

test('a failed liveness probe and a crash start the container again', async () => {
  await setNote('dead');
  await cluster.waitFor(
    () => kubelet.pods().length === 2 && kubelet.pods().every((pod) => pod.restarts() > 0),
    'both to be started again',
  );
  await setNote('ready');
  await kubelet.settled('default', 2);
  const [one] = kubelet.pods();
  if (one === undefined) throw new Error('no pod runs');
  expect(one.exits()[0]).toBe('exit code 0');
  const before = one.restarts();
  one.signal('SIGKILL');
  await cluster.waitFor(() => !one.ready(), 'the crashed one to be not Ready');
  await cluster.waitFor(() => one.ready() && one.restarts() === before + 1, 'it to be back');
  expect(one.exits().at(-1)).toBe('SIGKILL');
}, 60_000);

test('a deleted pod gets SIGTERM and is removed when its program has ended', async () => {
  const before = kubelet.pods();
  await cluster.kubectl(['scale', 'deployment/duo', '--replicas=0']);
  await kubelet.settled('default', 0);
  for (const pod of before) {
    expect(pod.exits().at(-1)).toBe('exit code 0');
    expect(saidBy(pod.log()).at(-1)).toEqual({ said: 'SIGTERM' });
  }
}, 60_000);

test.each([
  [0, 'Succeeded'],
  [3, 'Failed'],
])(
  'a pod that runs once and ends with %i has %s',
  async (code, phase) => {
    const name = `once-${code}`;
    const spec = {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'x', args: ['-e', `console.log("ran"); process.exit(${code})`] }],
    };
    const metadata = { name, namespace: 'default', labels: { 'app.kubernetes.io/name': 'netsluice-test' } };
    await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }));
    const path = `/api/v1/namespaces/default/pods/${name}`;
    const status = await cluster.waitFor(async () => {
      const pod = await cluster.json<{ status: { phase: string; containerStatuses: { state: object }[] } }>(
        'GET',
        path,
      );
      return pod.status.phase === phase && pod.status;
    }, `${name} to be over`);
    expect(status.containerStatuses[0]?.state).toMatchObject({ terminated: { exitCode: code } });
    const log =
      kubelet
        .everyPod()
        .find((pod) => pod.name === name)
        ?.log() ?? '';
    expect(readFileSync(log, 'utf8')).toBe('ran\n');
  },
  60_000,
);
