// What a pod costs on its way from the bytes of the API server to its record, in both encodings, and what a record
// weighs. Run with `node --expose-gc bench/decode.mjs`, after `npm run build`.
import { jsonCodec } from '../dist/cluster/json-codec.js';
import { watchedKinds } from '../dist/cluster/kinds.js';
import { withSharedParts } from '../dist/cluster/shared-parts.js';
import { apiPod, podPage } from './api-pods.mjs';

const pods = watchedKinds.find(({ resource }) => resource === 'pods');
const pageSize = 500;
const chunkSize = 64 * 1024;
const rounds = process.argv.includes('--quick') ? 3 : 40;

const page = podPage(
  Array.from({ length: pageSize }, (_, index) => apiPod(index)),
  '1',
);

async function* chunksOf(bytes) {
  for (let start = 0; start < bytes.length; start += chunkSize)
    yield bytes.subarray(start, start + chunkSize);
}

/** Microseconds per pod at the best of the rounds: of the objects, and of the records made of them. */
async function timed(codec, bytes, contentType) {
  const figures = [];
  for (let round = 0; round < rounds; round += 1) {
    const objects = [];
    const started = performance.now();
    for await (const part of codec.readList(chunksOf(bytes), contentType))
      if (part.type === 'objects') objects.push(...part.objects);
    const parsed = performance.now();
    const records = objects.map(pods.decode);
    const ended = performance.now();
    if (records.length !== pageSize) throw new Error('pods are missing');
    figures.push([parsed - started, ended - parsed].map((ms) => (ms * 1000) / pageSize));
  }
  const best = (at) => Math.min(...figures.map((figure) => figure[at]));
  return { bytes: Math.round(bytes.length / pageSize), decode: best(0), project: best(1) };
}

const line = (name, { bytes, decode, project }) =>
  `| ${name} | ${bytes} | ${decode.toFixed(1)} | ${project.toFixed(1)} |`;
const protobuf = await timed(pods.codec, page.protobuf, 'application/vnd.kubernetes.protobuf');
const json = await timed(jsonCodec, page.json, 'application/json');
console.log('| encoding | bytes per pod | decode µs | project µs |\n|---|---|---|---|');
console.log(line('protobuf', protobuf));
console.log(line('JSON', json));

/** Bytes of heap for each record that is kept, after a list. */
async function weight(kind) {
  const count = 20_000;
  const kept = [];
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let first = 0; first < count; first += pageSize) {
    const { protobuf: bytes } = podPage(
      Array.from({ length: pageSize }, (_, index) => apiPod(first + index)),
      '1',
    );
    for await (const part of pods.codec.readList(chunksOf(bytes), 'application/vnd.kubernetes.protobuf'))
      if (part.type === 'objects') kept.push(...part.objects.map(kind.decode));
  }
  globalThis.gc();
  return Math.round((process.memoryUsage().heapUsed - before) / kept.length);
}

if (globalThis.gc !== undefined) {
  console.log(`\nA record with its own parts: ${await weight(pods)} bytes of heap.`);
  console.log(`A record with shared parts: ${await weight(withSharedParts(pods))} bytes of heap.`);
}
