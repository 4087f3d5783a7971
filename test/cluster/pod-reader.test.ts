import { describe, expect, test } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import { type WatchedKind, watchedKinds } from '../../src/cluster/kinds.ts';
import { SharedParts, withSharedParts } from '../../src/cluster/shared-parts.ts';
import { SharedRecords } from '../../src/cluster/shared-records.ts';
import type { ClusterObject, PodRecord } from '../../src/model/objects.ts';
import type { Json } from '../support/build.ts';
import { anyObject } from '../support/protobuf-arbitrary.ts';
import { encodeEvent, encodeMessage } from '../support/protobuf-encoder.ts';

const found = watchedKinds.find(({ resource }) => resource === 'pods');
if (found === undefined) throw new Error('pods are not watched');
const pods = found;

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** What one answer makes of these pods. */
async function read(kind: WatchedKind, objects: readonly Json[]): Promise<(ClusterObject | null)[]> {
  const frames = objects.map((object) => encodeEvent('v1', 'Pod', 'ADDED', encodeMessage('Pod', object)));
  const records: (ClusterObject | null)[] = [];
  const type = 'application/vnd.kubernetes.protobuf;stream=watch';
  for await (const { object } of kind.codec.readWatch(once(Buffer.concat(frames)), type))
    records.push(kind.decode(object));
  return records;
}

/** The pod with some parts of the other. */
function mixed(pod: Json, other: Json, fields: readonly string[]): Json {
  const copy = structuredClone(pod) as Record<string, Record<string, unknown>>;
  for (const field of fields) {
    const [part = '', name = ''] = field.split('.');
    const theirs = (other as typeof copy)[part]?.[name];
    const ours = { ...copy[part] };
    if (theirs === undefined) delete ours[name];
    else ours[name] = theirs;
    copy[part] = ours;
  }
  return copy;
}

const fields = [
  ...['labels', 'annotations', 'ownerReferences', 'namespace', 'deletionTimestamp'].map(
    (f) => `metadata.${f}`,
  ),
  ...['containers', 'initContainers', 'dnsPolicy', 'nodeSelector', 'serviceAccountName'].map(
    (f) => `spec.${f}`,
  ),
  ...['serviceAccount', 'nodeName', 'hostNetwork', 'os', 'automountServiceAccountToken'].map(
    (f) => `spec.${f}`,
  ),
  ...['phase', 'podIP', 'podIPs'].map((f) => `status.${f}`),
];

const named: Arbitrary<Json> = anyObject('Pod').map((object) => ({
  ...object,
  metadata: { ...(object['metadata'] as object), name: 'a' },
}));

/** Pods that differ from each other in a few fields. */
const siblings = fc
  .tuple(named, named, fc.array(fc.subarray(fields, { maxLength: 2 }), { minLength: 1, maxLength: 6 }))
  .map(([one, other, differing]) => [one, ...differing.map((some) => mixed(one, other, some)), one]);

/** Whose records are there when the next pod is read. */
function remembering(): WatchedKind {
  const known = new Map<string, ClusterObject>();
  const parts = new SharedParts((namespace, name) => known.get(`${namespace}/${name}`));
  const kind = withSharedParts(pods, new SharedRecords(parts));
  return {
    ...kind,
    decode: (object) => {
      const record = kind.decode(object);
      if (record?.kind === 'Pod') known.set(`${record.namespace}/${record.name}`, record);
      return record;
    },
  };
}

describe('pods that are read after their siblings', () => {
  test.each([
    ['alone', () => pods],
    ['with shared parts', () => withSharedParts(pods)],
    ['where the one before is there', remembering],
  ])('are the records that JSON gives, %s', async (_how, kindOf) => {
    await fc.assert(
      fc.asyncProperty(siblings, async (objects) => {
        expect(await read(kindOf(), objects)).toEqual(objects.map((object) => pods.decode(object)));
      }),
      { numRuns: 150 },
    );
  });

  const pod = (name: string, labels: object = { app: 'web' }): Json => ({
    metadata: {
      name,
      namespace: 'shop',
      labels,
      annotations: { 'prometheus.io/port': '9090', [`unread-${name}`]: name },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-7d4f', controller: true }],
    },
    spec: {
      nodeName: `node-${name}`,
      containers: [{ name, ports: [{ containerPort: 8080 }], livenessProbe: { httpGet: { port: 8080 } } }],
    },
    status: { podIP: `10.0.0.${name}`, podIPs: [{ ip: `10.0.0.${name}` }] },
  });
  const parts = ['labels', 'annotations', 'ports', 'probePorts', 'owner'] as const;
  const differing = ([one, other]: readonly PodRecord[]): readonly string[] =>
    parts.filter((part) => one?.[part] !== other?.[part]);

  test('share what their bytes say alike, and read nothing else of it', async () => {
    const objects = [pod('1'), pod('2')];
    const records = await read(pods, objects);
    expect(records).toEqual(objects.map((object) => pods.decode(object)));
    expect(differing(records as PodRecord[])).toEqual([]);
    expect(differing((await read(pods, [pod('1'), pod('2', { app: 'db' })])) as PodRecord[])).toEqual([
      'labels',
    ]);
  });

  const port = { name: 'p', containerPort: 1 };
  test.each<Readonly<Record<string, object>>>([
    { spec: { nodeSelector: { 'kubernetes.io/os': 'windows' } } },
    { spec: { os: { name: 'windows' } } },
    { spec: { hostNetwork: true } },
    { spec: { dnsPolicy: 'None' } },
    { spec: { automountServiceAccountToken: false } },
    { spec: { serviceAccountName: 'other' } },
    { spec: { serviceAccount: 'old' } },
    { spec: { containers: [{ name: 'a', ports: [port] }] } },
    { spec: { initContainers: [{ name: 'a', ports: [port] }] } },
    { spec: { initContainers: [{ name: 'a', ports: [port], restartPolicy: 'Always' }] } },
    { spec: { containers: [{ name: 'a', readinessProbe: { tcpSocket: { port: 2 } } }] } },
    { spec: { containers: [{ name: 'a', startupProbe: { tcpSocket: { port: 2 } } }] } },
    { metadata: { annotations: { 'k8s.v1.cni.cncf.io/networks': 'x' } } },
    { metadata: { annotations: { 'netsluice.dev/x': 'y' } } },
    { metadata: { ownerReferences: [{ kind: 'Job', name: 'j', controller: true }] } },
    { metadata: { labels: { app: 'db' } } },
    { metadata: { deletionTimestamp: '2026-01-02T03:04:05Z' } },
    { spec: { nodeName: 'other' } },
    { status: { phase: 'Succeeded' } },
    { status: { podIP: '10.0.0.1' } },
    { status: { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] } },
  ])('show that %j is another', async (other) => {
    const plain = { metadata: { name: 'a', namespace: 'shop' }, spec: { nodeName: 'n' }, status: {} };
    const part = {
      ...plain,
      metadata: { ...plain.metadata, ...other['metadata'] },
      spec: { ...plain.spec, ...other['spec'] },
      status: other['status'] ?? {},
    };
    const objects = [plain, part, plain];
    const [one, two, three] = objects.map((object) => pods.decode(object));
    expect(await read(pods, objects)).toEqual([one, two, three]);
    expect(await read(remembering(), objects)).toEqual([one, two, three]);
    expect(two).not.toEqual(one);
  });

  test('with more bytes than are compared share nothing, and are right', async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`label-of-some-length-${i}`, 'x'.repeat(40)]),
    );
    const objects = [pod('1', labels), pod('2', labels)];
    const records = await read(pods, objects);
    expect(records).toEqual(objects.map((object) => pods.decode(object)));
    expect(differing(records as PodRecord[])).toContain('labels');
  });

  test('are the record that is there where nothing in them is another', async () => {
    const addressed = (...ips: readonly string[]) => ({
      ...(pod('1') as object),
      status: { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) },
    });
    const two = ['10.0.0.1', 'fd00::1'];
    const kind = remembering();
    for (const ips of [['10.0.0.1'], two, [], ['10.0.0.2'], ['10.0.0.1', 'fd00::2']]) {
      const [first, again] = await read(kind, [addressed(...ips), addressed(...ips)]);
      expect(first).toEqual(pods.decode(addressed(...ips)));
      expect(again).toBe(first);
    }
  });

  test('of another answer share parts where the kind does', async () => {
    const kind = withSharedParts(pods);
    const records = [...(await read(kind, [pod('1')])), ...(await read(kind, [pod('2')]))];
    expect(differing(records as PodRecord[])).toEqual([]);
  });
});
