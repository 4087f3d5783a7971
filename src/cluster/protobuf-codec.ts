import { get, text } from '../model/decode/lenient.ts';
import { StreamError } from './api-client.ts';
import type { Codec, ListPart, WatchEvent } from './codec.ts';
import { splitFrames } from './frames.ts';
import { jsonCodec } from './json-codec.ts';
import { protobufKinds } from './protobuf-kinds.ts';
import { ListCutter } from './protobuf-list.ts';
import { decodeMessage, type Table } from './protobuf-message.ts';
import { listMeta, magic, status, typeMeta, unknown, watchEvent } from './protobuf-meta.ts';
import { TextPool } from './text-pool.ts';

const mediaType = 'application/vnd.kubernetes.protobuf';
// etcd refuses objects above 1.5 MiB.
const objectMax = 16 * 1024 * 1024;
const batchMax = 16;

/** Reads a kind as protobuf; as JSON where the server answers JSON, and where the kind has no other encoding. */
export function protobufCodec(kind: string): Codec {
  const table = protobufKinds.get(kind);
  if (table === undefined) return jsonCodec;
  return {
    listAccept: `${mediaType},application/json;q=0.9`,
    watchAccept: `${mediaType};stream=watch,application/json;q=0.9`,
    readList: (body, contentType) =>
      isProtobuf(contentType)
        ? new ProtobufReader(kind, table).readList(body)
        : jsonCodec.readList(body, contentType),
    readWatch: (body, contentType) =>
      isProtobuf(contentType)
        ? new ProtobufReader(kind, table).readWatch(body)
        : jsonCodec.readWatch(body, contentType),
  };
}

function isProtobuf(contentType: string): boolean {
  const [type = ''] = contentType.split(';');
  return type.trim().toLowerCase() === mediaType;
}

/** Reads one answer. */
class ProtobufReader {
  readonly #kind: string;
  readonly #table: Table;
  readonly #pool = new TextPool();

  constructor(kind: string, table: Table) {
    this.#kind = kind;
    this.#table = table;
  }

  async *readList(body: AsyncIterable<Buffer>): AsyncGenerator<ListPart> {
    const cutter = new ListCutter(objectMax);
    let meta: unknown = null;
    for await (const chunk of body) {
      let objects: unknown[] = [];
      for (const { part, bytes } of cutter.push(chunk)) {
        if (part === 'item') objects.push(this.#decode(bytes, this.#table));
        else if (part === 'metadata') meta = this.#decode(bytes, listMeta);
        else this.#expectKind(this.#decode(bytes, typeMeta), `${this.#kind}List`);
        if (objects.length < batchMax) continue;
        yield { type: 'objects', objects };
        objects = [];
      }
      if (objects.length > 0) yield { type: 'objects', objects };
    }
    cutter.end();
    const resourceVersion = text(get(meta, 'resourceVersion'));
    if (resourceVersion === null) throw new StreamError('parse', 'the list has no resourceVersion');
    yield { type: 'end', resourceVersion, continueToken: text(get(meta, 'continue')) };
  }

  /** A last frame without its end was cut off; it is not read, the next watch brings it again. */
  async *readWatch(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
    for await (const frame of splitFrames(body, objectMax)) {
      const event = this.#decode(frame, watchEvent);
      const type = text(get(event, 'type'));
      if (type === null) throw new StreamError('parse', 'a watch event has no type');
      yield { type, object: this.#decodeObject(get(event, 'object', 'raw'), type) };
    }
  }

  /** `k8s\0` and a runtime.Unknown: the object, or a Status where the event is an ERROR. */
  #decodeObject(bytes: unknown, type: string): unknown {
    if (!Buffer.isBuffer(bytes) || !bytes.subarray(0, magic.length).equals(magic))
      throw new StreamError('parse', 'a watch event holds no Kubernetes protobuf');
    const envelope = this.#decode(bytes.subarray(magic.length), unknown);
    const isError = type === 'ERROR';
    this.#expectKind(get(envelope, 'typeMeta'), isError ? 'Status' : this.#kind);
    const raw = get(envelope, 'raw');
    return this.#decode(Buffer.isBuffer(raw) ? raw : Buffer.alloc(0), isError ? status : this.#table);
  }

  #expectKind(type: unknown, expected: string): void {
    const kind = text(get(type, 'kind'));
    if (kind !== expected)
      throw new StreamError('parse', `a ${kind ?? 'nameless kind'} in the place of a ${expected}`);
  }

  #decode(bytes: Buffer, table: Table): unknown {
    try {
      return decodeMessage(bytes, table, this.#pool);
    } catch (error) {
      throw new StreamError(
        'parse',
        `not protobuf: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
