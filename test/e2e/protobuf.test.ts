import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiClient, contentTypeOf, expectOk } from '../../src/cluster/api-client.ts';
import { createClient } from '../../src/cluster/client.ts';
import type { Codec } from '../../src/cluster/codec.ts';
import { jsonCodec } from '../../src/cluster/json-codec.ts';
import { collectionPath, resourceName, type WatchedKind, watchedKinds } from '../../src/cluster/kinds.ts';
import { get } from '../../src/model/decode/lenient.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { type Cluster, startCluster } from '../control-plane/cluster.ts';

const manifest = readFileSync(join(__dirname, 'manifests', 'every-kind.yaml'), 'utf8');

let cluster: Cluster;
let client: ApiClient;

beforeAll(async () => {
  cluster = await startCluster();
  client = await createClient({ kubeconfig: cluster.kubeconfig, context: null });
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
}, 60_000);

/** Those of which the API server has a protobuf encoding. */
const kinds = watchedKinds.filter(({ codec }) => codec !== jsonCodec);

interface Read<T> {
  readonly contentType: string;
  readonly read: readonly T[];
  readonly resourceVersion: string;
}

async function list(kind: WatchedKind, codec: Codec, query: Record<string, string>) {
  const signal = AbortSignal.timeout(20_000);
  const response = await client.get(collectionPath(kind), query, { signal, accept: codec.listAccept });
  await expectOk(response, 'listing');
  const contentType = contentTypeOf(response);
  const read: (ClusterObject | null)[] = [];
  for await (const part of codec.readList(response.body, contentType)) {
    if (part.type === 'objects') read.push(...part.objects.map(kind.decode));
    else return { contentType, read, resourceVersion: part.resourceVersion, rest: part.continueToken };
  }
  throw new Error('the list has no end');
}

interface Seen {
  readonly type: string;
  readonly version: unknown;
  readonly record: ClusterObject | null;
}

/** What a watch from one resourceVersion says up to another. */
async function watch(kind: WatchedKind, codec: Codec, query: Record<string, string>): Promise<Read<Seen>> {
  const signal = AbortSignal.timeout(20_000);
  const whole = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '1', ...query };
  const response = await client.get(collectionPath(kind), whole, { signal, accept: codec.watchAccept });
  await expectOk(response, 'watching');
  const contentType = contentTypeOf(response);
  const read: Seen[] = [];
  for await (const { type, object } of codec.readWatch(response.body, contentType)) {
    const version = get(object, 'metadata', 'resourceVersion');
    const isEnd = get(object, 'metadata', 'annotations', 'k8s.io/initial-events-end') === 'true';
    const record = type === 'BOOKMARK' ? null : kind.decode(object);
    read.push({ type: isEnd ? 'END' : type, version, record });
  }
  return { contentType, read, resourceVersion: '' };
}

const before = new Map<WatchedKind, string>();

async function gone(): Promise<boolean> {
  const left = await Promise.all(kinds.map(async (kind) => (await list(kind, jsonCodec, {})).read));
  const names = left.flat().map((record) => record?.name);
  return !['brief', 'full', 'worker-9', 'nightly', 'once', 'nowhere', 'by-hand'].some((name) =>
    names.includes(name),
  );
}

describe('a real API server', () => {
  beforeAll(async () => {
    await cluster.waitFor(
      async () =>
        (await cluster.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
      'the account',
    );
    for (const kind of kinds) before.set(kind, (await list(kind, jsonCodec, {})).resourceVersion);
    await cluster.apply(manifest);
    await cluster.kubectl(['label', '-f', '-', 'tier=two'], { stdin: manifest });
  }, 120_000);

  test('the kinds', () => {
    expect(kinds.map(resourceName)).toEqual([
      'namespaces',
      'pods',
      'networkpolicies.networking.k8s.io',
      'services',
      'nodes',
      'endpointslices.discovery.k8s.io',
      'deployments.apps',
      'statefulsets.apps',
      'daemonsets.apps',
      'jobs.batch',
      'cronjobs.batch',
      'ingresses.networking.k8s.io',
      'rolebindings.rbac.authorization.k8s.io',
      'clusterrolebindings.rbac.authorization.k8s.io',
      'validatingwebhookconfigurations.admissionregistration.k8s.io',
      'mutatingwebhookconfigurations.admissionregistration.k8s.io',
    ]);
  });

  test.each(kinds)('lists $resource alike', async (kind) => {
    const { resourceVersion } = await list(kind, jsonCodec, {});
    const same = { resourceVersion, resourceVersionMatch: 'Exact' };
    const json = await list(kind, jsonCodec, same);
    const protobuf = await list(kind, kind.codec, same);
    expect([json.contentType, protobuf.contentType]).toEqual([
      'application/json',
      'application/vnd.kubernetes.protobuf',
    ]);
    expect(json.read.length).toBeGreaterThan(0);
    expect(protobuf.read).toEqual(json.read);
    expect(protobuf.resourceVersion).toBe(json.resourceVersion);
  });

  test('pages', async () => {
    const pods = kinds.find(({ resource }) => resource === 'pods')!;
    const first = await list(pods, pods.codec, { limit: '2' });
    expect([first.read.length, first.rest === null]).toEqual([2, false]);
    const all = await list(pods, pods.codec, { limit: '500' });
    const rest = await list(pods, pods.codec, { limit: '500', continue: first.rest ?? '' });
    expect([...first.read, ...rest.read]).toEqual(all.read);
  });

  test('a refusal can be read', async () => {
    const pods = kinds.find(({ resource }) => resource === 'pods')!;
    await expect(list(pods, pods.codec, { limit: '2', continue: 'nonsense' })).rejects.toThrow(
      /^listing: the API server answers 400 \(invalid continue token: continue key is not valid: /,
    );
  });

  test('watches them alike, from the first object to the last deletion', async () => {
    await cluster.kubectl(['delete', '-f', '-', '--wait=false'], { stdin: manifest });
    await cluster.waitFor(gone, 'everything to be deleted');
    await Promise.all(
      kinds.map(async (kind) => {
        const { resourceVersion } = await list(kind, jsonCodec, {});
        const query = { resourceVersion: before.get(kind) ?? '' };
        const [json, protobuf] = await Promise.all([
          watch(kind, jsonCodec, query),
          watch(kind, kind.codec, query),
        ]);
        expect(json.contentType).toBe('application/json');
        expect(protobuf.contentType).toBe('application/vnd.kubernetes.protobuf;stream=watch');
        const until = ({ version, type }: Seen) =>
          type !== 'BOOKMARK' && Number(version) <= Number(resourceVersion);
        expect(protobuf.read.filter(until)).toEqual(json.read.filter(until));
        const types = new Set(json.read.filter(until).map(({ type }) => type));
        expect([resourceName(kind), ...types].sort()).toEqual(
          [resourceName(kind), 'ADDED', 'DELETED', 'MODIFIED'].sort(),
        );
      }),
    );
  }, 120_000);

  test('streams a list alike, with the bookmark at its end', async () => {
    const nodes = kinds.find(({ resource }) => resource === 'nodes')!;
    const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
    const [json, protobuf] = await Promise.all([
      watch(nodes, jsonCodec, query),
      watch(nodes, nodes.codec, query),
    ]);
    const beginning = ({ read }: Read<Seen>) =>
      read
        .slice(0, read.findIndex(({ type }) => type === 'END') + 1)
        .map(({ type, record }) => ({ type, record }));
    expect(beginning(protobuf)).toEqual(beginning(json));
    expect(beginning(json).map(({ type }) => type)).toEqual(['ADDED', 'END']);
  });
});
