import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { blocksOf } from '../../src/certificates/chain.ts';
import { bundlesIn, configurationPath } from '../../src/certificates/configuration.ts';
import { type Keeper, secretPath, serviceNames, startKeeper } from '../../src/certificates/keeper.ts';
import { standardTimes } from '../../src/certificates/plan.ts';
import { rotateAnnotation, storedIn } from '../../src/certificates/stored.ts';
import { type ApiObjects, apiObjects } from '../../src/cluster/api-objects.ts';
import { createClient } from '../../src/cluster/client.ts';
import { systemClock } from '../../src/cluster/clock.ts';
import type { Leadership } from '../../src/cluster/leadership.ts';
import { startLease } from '../../src/cluster/lease.ts';
import { type Cluster, startCluster } from '../control-plane/cluster.ts';

const namespace = 'netsluice-system';
const names = serviceNames('netsluice', namespace);
const secret = secretPath(namespace, 'netsluice-tls');
const configuration = configurationPath('netsluice');
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** As the chart renders them, with the rights that the chart gives. */
const manifests = `
apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: netsluice, namespace: ${namespace} }
---
apiVersion: v1
kind: Secret
metadata: { name: netsluice-tls, namespace: ${namespace}, labels: { app.kubernetes.io/name: netsluice } }
type: Opaque
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: netsluice, namespace: ${namespace} }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: netsluice, namespace: ${namespace} }
rules:
- { apiGroups: [''], resources: [secrets], resourceNames: [netsluice-tls], verbs: [get, update] }
- { apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [netsluice], verbs: [get, update] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: netsluice, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: netsluice }
subjects: [{ kind: ServiceAccount, name: netsluice, namespace: ${namespace} }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: netsluice }
rules:
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [netsluice]
  verbs: [get, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: netsluice }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: netsluice }
subjects: [{ kind: ServiceAccount, name: netsluice, namespace: ${namespace} }]
`;

const entry = (name: string, resource: string) => `
- name: ${name}.netsluice.dev
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  timeoutSeconds: 2
  clientConfig: { service: { namespace: ${namespace}, name: netsluice, path: /validate } }
  matchConditions: [{ name: never, expression: 'false' }]
  rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: [${resource}] }]`;

const webhooks = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: netsluice }
webhooks:${entry('policies', 'networkpolicies')}${entry('workloads', 'deployments')}
`;

interface Configuration {
  readonly metadata: {
    readonly generation: number;
    readonly managedFields: readonly { readonly manager: string; readonly fieldsV1: unknown }[];
  };
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

let cluster: Cluster;
let objects: ApiObjects;

beforeAll(async () => {
  cluster = await startCluster({ apiPort: 0 });
  await cluster.apply(manifests);
  await cluster.apply(webhooks);
  const token = await cluster.token(namespace, 'netsluice');
  const kubeconfig = join(dirname(cluster.logs), 'netsluice-kubeconfig');
  const ca = Buffer.from(cluster.ca).toString('base64');
  const content = {
    'current-context': 'pod',
    clusters: [{ name: 'pod', cluster: { server: cluster.server, 'certificate-authority-data': ca } }],
    users: [{ name: 'pod', user: { token } }],
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(content));
  objects = apiObjects(await createClient({ kubeconfig, context: null }), 5_000);
}, 600_000);

afterAll(async () => {
  await cluster?.stop();
}, 60_000);

interface Replica {
  readonly lead: Leadership;
  readonly keeper: Keeper;
  readonly log: string[];
}

function replica(identity: string): Replica {
  const lines: string[] = [];
  const log = {
    info: (message: string) => lines.push(message),
    warn: (message: string) => lines.push(`warn: ${message}`),
  };
  const lead = startLease({ objects, namespace, name: 'netsluice', identity, clock: systemClock, log });
  const keeper = startKeeper({
    ...{ objects, log, namespace, names },
    leadership: lead,
    clock: systemClock,
    wall: () => new Date(),
    secret: 'netsluice-tls',
    configuration: 'netsluice',
    times: { ...standardTimes, overlapMs: 2_000 },
  });
  return { lead, keeper, log: lines };
}

const stored = async () => storedIn(await cluster.json('GET', secret), names, new Date());
const current = async () => (await stored()).current?.chain;
const configured = () => cluster.json<Configuration>('GET', configuration);
const bundles = async () => bundlesIn(await configured()).map(blocksOf);

async function eachHolds(...authorities: readonly (string | undefined)[]): Promise<boolean> {
  return JSON.stringify(await bundles()) === JSON.stringify(Array(2).fill(authorities));
}

function withoutBundles({ webhooks: entries }: Configuration): unknown {
  return entries.map(({ clientConfig: { caBundle: _, ...clientConfig }, ...rest }) => ({
    ...rest,
    clientConfig,
  }));
}

test('on a real API server: published once and nothing else touched, rotated on a wish, handed over, restored, never made again', async () => {
  const before = await configured();
  const first = replica('first');
  await cluster.waitFor(async () => eachHolds((await current())?.authority), 'the first bundle');
  const original = await current();
  const after = await configured();
  expect(withoutBundles(after)).toEqual(withoutBundles(before));
  expect([before.metadata.generation, after.metadata.generation]).toEqual([1, 2]);
  const owned = after.metadata.managedFields.filter(({ manager }) => manager === 'netsluice');
  const own = (name: string) => [
    `k:{"name":"${name}.netsluice.dev"}`,
    { 'f:clientConfig': { 'f:caBundle': {} } },
  ];
  expect(owned.map(({ fieldsV1 }) => fieldsV1)).toEqual([
    { 'f:webhooks': Object.fromEntries([own('policies'), own('workloads')]) },
  ]);

  const second = replica('second');
  // The one that leads ends in the middle of a rotation, and the other one takes it to its end.
  await cluster.kubectl(['annotate', 'secret', 'netsluice-tls', '-n', namespace, `${rotateAnnotation}=now`]);
  await cluster.waitFor(async () => (await stored()).next !== null, 'the next chain');
  await first.keeper.stop();
  await first.lead.stop();
  const next = (await stored()).next?.chain ?? (await current());
  await cluster.waitFor(async () => (await current())?.leaf !== original?.leaf, 'the next chain in use');
  expect(await current()).toEqual(next);
  await cluster.waitFor(async () => eachHolds(next?.authority, original?.authority), 'both authorities');
  expect(second.lead.leading()).toBe(true);
  expect(await cluster.json('GET', `${leases}/netsluice`)).toMatchObject({
    spec: { holderIdentity: 'second', leaseDurationSeconds: 15 },
  });

  // Case 80: what a deployment tool writes over it is restored; what it deletes is not made again.
  await cluster.kubectl(['replace', '-f', '-'], { stdin: webhooks });
  await cluster.waitFor(
    async () => eachHolds(next?.authority, original?.authority),
    'the bundle to be restored',
  );
  const { generation } = (await configured()).metadata;
  await cluster.kubectl(['delete', 'validatingwebhookconfiguration', 'netsluice']);
  await cluster.kubectl(['annotate', 'secret', 'netsluice-tls', '-n', namespace, `${rotateAnnotation}=now`]);
  await cluster.waitFor(
    async () => (await current())?.leaf !== next?.leaf,
    'a rotation without anybody who calls',
  );
  expect((await cluster.request('GET', configuration)).status).toBe(404);
  await cluster.apply(webhooks);
  const last = await current();
  await cluster.waitFor(
    async () => eachHolds(last?.authority, original?.authority, next?.authority),
    'the bundle in the configuration that came back',
  );
  expect(generation).toBeGreaterThan(1);
  await second.keeper.stop();
  await second.lead.stop();
  expect([...first.log, ...second.log].filter((line) => line.startsWith('warn'))).toEqual([
    'warn: somebody else changed the caBundle; it is restored',
    'warn: somebody else changed the caBundle; it is restored',
  ]);
}, 180_000);
