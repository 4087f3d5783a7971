// What a generated cluster holds, counted afresh and not by what its name says: `node bench/describe-cluster.mjs NAME
// [--seed N]` prints one line of JSON; `--named` tells of all named clusters what they are to hold. Selectors are looked at by hand here, and what is written as JSON and as protobuf is
// read back by netsluice's own readers.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { watchedKinds } from '../dist/cluster/kinds.js';
import { protobufCodec } from '../dist/cluster/protobuf-codec.js';
import { toJson } from '../dist/cluster/record-json.js';
import { decodeObject } from '../dist/model/decode/cluster-object.js';
import { apiObjectOf } from './api-objects.mjs';
import { encodeMessage, listHead, listItem } from './api-protobuf.mjs';
import { shapeOf, shapes } from './cluster-names.mjs';
import { policiesOf, recordOf, recordsOf } from './clusters.mjs';

const matches = (labels, selector) =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels.get(key) === value);

/** The seven numbers of one policy, counted; peers give the numbers of the first selector that matches. */
function profileOf({ metadata, spec }, namespaces, pods) {
  const inside = (namespace) => pods.get(namespace) ?? [];
  const count = (namespace, selector) =>
    inside(namespace).filter(({ labels }) => matches(labels, selector)).length;
  const [clause = {}] = spec.ingress ?? spec.egress ?? [];
  const peers = clause.from ?? clause.to ?? [];
  const selectors = peers.filter(({ ipBlock }) => ipBlock === undefined);
  const reached = selectors.map(({ namespaceSelector, podSelector }) => {
    const wanted = [...namespaces.values()].filter(({ name, labels }) =>
      namespaceSelector === undefined ? name === metadata.namespace : matches(labels, namespaceSelector),
    );
    const each = new Set(wanted.map(({ name }) => count(name, podSelector)));
    return [namespaceSelector === undefined ? 0 : wanted.length, [...each].join('/')];
  });
  const ports = clause.ports ?? [];
  const ranges = ports.filter(({ endPort }) => endPort !== undefined).length;
  const same = (index) => [...new Set(reached.map((each) => String(each[index])))].join('/') || '0';
  return [
    count(metadata.namespace, spec.podSelector),
    ports.length - ranges,
    ranges,
    selectors.length,
    same(0),
    same(1),
    peers.length - selectors.length,
  ].join('-');
}

/** Reads the record's object back from JSON and from protobuf. */
async function readBack(object) {
  const { apiVersion, kind } = object;
  const fromJson = decodeObject(JSON.parse(JSON.stringify(object)));
  const item = Buffer.concat(listItem(encodeMessage(kind, object)));
  const head = listHead(apiVersion, kind, { resourceVersion: '1' }, item.length);
  const body = (async function* body() {
    yield Buffer.from(head);
    yield item;
  })();
  for await (const part of protobufCodec(kind).readList(body, 'application/vnd.kubernetes.protobuf'))
    if (part.type === 'objects')
      return [
        fromJson,
        watchedKinds.find(({ record }) => record === kind).decode(part.objects[0]),
        item.length,
      ];
  return [fromJson, null, item.length];
}

async function describe(name, seed) {
  const shape = shapeOf(name);
  const [counts, namespaces, pods] = [{}, new Map(), new Map()];
  const [digest, bytes] = [createHash('sha256'), { json: 0, protobuf: 0 }];
  const names = new Set();
  let [serial, differing] = [0, 0];
  for (const record of recordsOf(shape, seed)) {
    serial += 1;
    counts[record.kind] = (counts[record.kind] ?? 0) + 1;
    names.add(`${record.kind} ${record.namespace ?? ''}/${record.name}`);
    digest.update(JSON.stringify(toJson(record)));
    if (record.kind === 'Namespace') namespaces.set(record.name, record);
    if (record.kind === 'Pod') pods.set(record.namespace, [...(pods.get(record.namespace) ?? []), record]);
    const object = apiObjectOf(record, serial);
    if (object === null) continue;
    const [fromJson, fromProtobuf, length] = await readBack(object);
    if (!isDeepStrictEqual(fromJson, record) || !isDeepStrictEqual(fromProtobuf, record)) differing += 1;
    if (record.kind === 'Pod') bytes.json += JSON.stringify(object).length;
    if (record.kind === 'Pod') bytes.protobuf += length;
  }
  const policies = [...policiesOf(shape, seed)];
  const profiles = new Set(
    shape.profile === null ? [] : policies.map((policy) => profileOf(policy, namespaces, pods)),
  );
  const all = [...pods.values()].flat();
  return {
    name,
    counts,
    digest: digest.digest('hex'),
    twice: serial - names.size,
    differing,
    bytesPerPod: {
      json: Math.round(bytes.json / all.length),
      protobuf: Math.round(bytes.protobuf / all.length),
    },
    profiles: [...profiles],
    pods: {
      hostNetwork: all.filter(({ hostNetwork }) => hostNetwork).length,
      withoutLabels: all.filter(({ labels }) => labels.size === 0).length,
      finished: all.filter(({ finished }) => finished).length,
      owners: [...new Set(all.map(({ owner }) => owner?.kind ?? 'none'))].sort(),
      addresses: new Set(all.filter(({ hostNetwork }) => !hostNetwork).map(({ addresses }) => addresses[0]))
        .size,
    },
  };
}

/** How many of the first policies of a shape can be read; `recordOf` throws where one cannot. */
function readable(shape, seed) {
  let read = 0;
  for (const policy of policiesOf(shape, seed)) {
    if (read === 200) break;
    recordOf(policy);
    read += 1;
  }
  return read;
}

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '7' }, named: { type: 'boolean', default: false } },
  allowPositionals: true,
});
try {
  if (values.named)
    for (const [name, shape] of Object.entries(shapes)) {
      const { pods, namespaces, policies } = shape;
      const told = { name, pods, namespaces, policies, readable: readable(shape, Number(values.seed)) };
      process.stdout.write(`${JSON.stringify(told)}\n`);
    }
  for (const name of positionals)
    process.stdout.write(`${JSON.stringify(await describe(name, Number(values.seed)))}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
