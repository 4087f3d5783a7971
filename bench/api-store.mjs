// The bytes in which an API server would send the objects of a generated cluster, in files: one for each kind and
// encoding, with the places where pages of 500 begin, and for protobuf another with the whole collection as the beginning
// of a watch. They are made once, so that whoever sends them only reads and writes bytes.
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
const version = '900000';
const annotations = { 'k8s.io/initial-events-end': 'true' };
const endOfList = { metadata: { resourceVersion: version, annotations } };
const framesOf = (file) => `${file}.frames`;

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

  add(pieces) {
    if (this.#count > 0 && this.#count % pageSize === 0) this.#pages.push(this.#bytes);
    this.#count += 1;
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#held.push(...pieces);
    this.#heldBytes += bytes;
    this.#bytes += bytes;
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

/** The files of one kind: its items, and of protobuf the same as frames of a watch. */
class KindStore {
  #kind;
  #apiVersion;
  #file;
  #items;
  #frames;

  constructor(folder, { kind, apiVersion }, encoding) {
    this.#kind = kind;
    this.#apiVersion = apiVersion;
    this.#file = join(folder, `${kind}.${encoding}`);
    this.#items = new KindFile(this.#file);
    this.#frames = encoding === 'protobuf' ? new KindFile(framesOf(this.#file)) : null;
  }

  add(object) {
    if (this.#frames === null) {
      // Each item with the comma before it; the first of a page is sent without.
      const item = { ...object, apiVersion: undefined, kind: undefined };
      this.#items.add([Buffer.from(`,${JSON.stringify(item)}`)]);
      return;
    }
    const message = encodeMessage(this.#kind, object);
    this.#items.add(listItem(message));
    this.#frames.add(watchFrame(this.#apiVersion, this.#kind, 'ADDED', message));
  }

  close() {
    this.#frames?.add(
      watchFrame(this.#apiVersion, this.#kind, 'BOOKMARK', encodeMessage(this.#kind, endOfList)),
    );
    this.#frames?.close();
    return { kind: this.#kind, apiVersion: this.#apiVersion, file: this.#file, ...this.#items.close() };
  }
}

/** Writes the files of a cluster and what they hold. @param {'json' | 'protobuf'} encoding */
export function writeStore(folder, shape, seed, encoding) {
  const kinds = new Map();
  for (const object of apiObjectsOf(shape, seed)) {
    if (!kinds.has(object.kind)) kinds.set(object.kind, new KindStore(folder, object, encoding));
    kinds.get(object.kind).add(object);
  }
  const index = [...kinds.values()].map((store) => store.close());
  writeFileSync(join(folder, `index.${encoding}`), JSON.stringify(index));
}

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
    stream: (kind) => createReadStream(framesOf(kinds.get(kind).file), { highWaterMark: pieceBytes }),
    /** That a watch has come as far as the list; as JSON of a kind that has no objects. */
    bookmark: (kind) => bookmarkOf(kinds.get(kind), encoding),
    /** The bytes of one page, in pieces; an empty list of a kind that has no objects. */
    page: (kind, apiVersion, continueToken) => {
      const empty = { kind, apiVersion, file: null, bytes: 0, count: 0, pages: [0] };
      return pageOf(kinds.get(kind) ?? empty, Number(continueToken ?? '0'), encoding);
    },
  };
}

function bookmarkOf(known, encoding) {
  const object = { metadata: { resourceVersion: version } };
  if (known === undefined || encoding === 'json')
    return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  const { kind, apiVersion } = known;
  return Buffer.concat(watchFrame(apiVersion, kind, 'BOOKMARK', encodeMessage(kind, object)));
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

/** The end of a streamed list, for a kind that has no objects or no protobuf. */
export const emptyStream = Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: endOfList })}\n`);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, seed, folder, encoding] = process.argv.slice(2);
  writeStore(folder, shapeOf(name), Number(seed), encoding);
}
