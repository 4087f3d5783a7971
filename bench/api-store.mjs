// The bytes in which an API server would send the objects of a generated cluster, in files: one for each kind and
// encoding, with the places where pages of 500 begin. They are made once and then read in pieces, as from a socket, so
// that whoever reads them holds none of it.
//
// `node bench/api-store.mjs SHAPE SEED FOLDER json|protobuf` writes them (in a process of its own, for it takes memory).
import { closeSync, createReadStream, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { apiObjectOf, storedPolicy } from './api-objects.mjs';
import { encodeMessage, listHead, listItem, watchFrame } from './api-protobuf.mjs';
import { shapeOf } from './cluster-names.mjs';
import { populationOf } from './cluster-pods.mjs';
import { policiesOf } from './clusters.mjs';

export const pageSize = 500;
const pieceBytes = 64 * 1024;

/** Every object of the cluster, lazily. @returns {Generator<import('./api-objects.mjs').ApiObject>} */
export function* apiObjectsOf(shape, seed) {
  let serial = 0;
  for (const record of populationOf(shape, seed)) {
    serial += 1;
    const object = apiObjectOf(record, serial);
    if (object !== null) yield object;
  }
  for (const policy of policiesOf(shape, seed)) {
    serial += 1;
    yield storedPolicy(policy, serial);
  }
}

/** Collects what is written and hands it on in large pieces. */
class KindFile {
  #handle;
  #held = [];
  #heldBytes = 0;
  #bytes = 0;
  #count = 0;
  #pages = [0];

  constructor(file) {
    this.#handle = openSync(file, 'w');
  }

  add(bytes) {
    if (this.#count > 0 && this.#count % pageSize === 0) this.#pages.push(this.#bytes);
    this.#count += 1;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    this.#bytes += bytes.length;
    if (this.#heldBytes > 4 * 2 ** 20) this.#flush();
  }

  #flush() {
    writeSync(this.#handle, Buffer.concat(this.#held));
    this.#held = [];
    this.#heldBytes = 0;
  }

  close() {
    this.#flush();
    closeSync(this.#handle);
    return { bytes: this.#bytes, count: this.#count, pages: this.#pages };
  }
}

const encoders = {
  // Each item with the comma before it; the first of a page is sent without.
  json: (object) => Buffer.from(`,${JSON.stringify({ ...object, apiVersion: undefined, kind: undefined })}`),
  protobuf: (object) => listItem(encodeMessage(object.kind, object)),
};

/** Writes the files of a cluster and what they hold. @param {'json' | 'protobuf'} encoding */
export function writeStore(folder, shape, seed, encoding) {
  const kinds = new Map();
  for (const object of apiObjectsOf(shape, seed)) {
    const { kind, apiVersion } = object;
    if (!kinds.has(kind)) {
      const file = join(folder, `${kind}.${encoding}`);
      kinds.set(kind, { file, apiVersion, writer: new KindFile(file) });
    }
    kinds.get(kind).writer.add(encoders[encoding](object));
  }
  const index = [...kinds].map(([kind, { file, apiVersion, writer }]) => {
    return { kind, apiVersion, file, ...writer.close() };
  });
  writeFileSync(join(folder, `index.${encoding}`), JSON.stringify(index));
}

const version = '900000';
const mediaTypes = { json: 'application/json', protobuf: 'application/vnd.kubernetes.protobuf' };

/** Answers lists from the files of a folder. @param {'json' | 'protobuf'} encoding */
export function openStore(folder, encoding) {
  const index = JSON.parse(readFileSync(join(folder, `index.${encoding}`), 'utf8'));
  const kinds = new Map(index.map((entry) => [entry.kind, entry]));
  return {
    contentType: mediaTypes[encoding],
    version,
    kinds,
    /** A collection that has objects, as a stream of events; only of protobuf. */
    stream: (kind) => streamOf(kinds.get(kind)),
    /** The bytes of one page, in pieces; an empty list of a kind that has no objects. */
    page: (kind, apiVersion, continueToken) => {
      const empty = { kind, apiVersion, file: null, bytes: 0, count: 0, pages: [0] };
      return pageOf(kinds.get(kind) ?? empty, Number(continueToken ?? '0'), encoding);
    },
  };
}

async function* pageOf({ kind, apiVersion, file, bytes, pages }, page, encoding) {
  const start = pages[page];
  const end = pages[page + 1] ?? bytes;
  const last = page + 1 >= pages.length;
  const metadata = { resourceVersion: version, ...(last ? {} : { continue: String(page + 1) }) };
  const json = encoding === 'json';
  yield json
    ? Buffer.from(
        `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
      )
    : Buffer.from(listHead(apiVersion, kind, metadata, end - start));
  const first = start + (json ? 1 : 0);
  if (end > first) yield* createReadStream(file, { start: first, end: end - 1, highWaterMark: pieceBytes });
  if (json) yield Buffer.from(']}');
}

const annotations = { 'k8s.io/initial-events-end': 'true' };
const endOfList = { metadata: { resourceVersion: version, annotations } };

/** The end of a streamed list, for a kind that has no objects or no protobuf. */
export const emptyStream = Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: endOfList })}\n`);

/** A whole collection as the beginning of a watch, in protobuf: each object an event, and at last the bookmark. */
async function* streamOf({ kind, apiVersion, file }) {
  let rest = Buffer.alloc(0);
  for await (const piece of createReadStream(file, { highWaterMark: pieceBytes })) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const frames = [];
    let at = 0;
    for (let item = itemAt(bytes, at); item !== null; item = itemAt(bytes, at)) {
      frames.push(watchFrame(apiVersion, kind, 'ADDED', bytes.subarray(item.start, item.end)));
      at = item.end;
    }
    rest = bytes.subarray(at);
    if (frames.length > 0) yield Buffer.concat(frames);
  }
  yield watchFrame(apiVersion, kind, 'BOOKMARK', encodeMessage(kind, endOfList));
}

/** Where the item begins and ends whose tag and length stand here; null where its end is not there yet. */
function itemAt(bytes, from) {
  let [length, at] = [0, from + 1];
  for (let shift = 0; at < bytes.length; shift += 7) {
    const byte = bytes[at];
    at += 1;
    length |= (byte & 127) << shift;
    if (byte < 128) return at + length <= bytes.length ? { start: at, end: at + length } : null;
  }
  return null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, seed, folder, encoding] = process.argv.slice(2);
  writeStore(folder, shapeOf(name), Number(seed), encoding);
}
