import { get, text } from '../model/decode/lenient.ts';
import { StreamError } from './api-client.ts';
import type { Codec, ListPart, WatchEvent } from './codec.ts';
import { type Frame, FrameCutter } from './frames.ts';
import { jsonCodec } from './json-codec.ts';
import { protobufKinds } from './protobuf-kinds.ts';
import { ListCutter } from './protobuf-list.ts';
import { decodeMessage, type Source, Span, sourceOf, type Table } from './protobuf-message.ts';
import { listMeta, magic, status, typeMeta, unknown, watchEvent } from './protobuf-meta.ts';
import { PodReader, unshared } from './protobuf-pod-reader.ts';
import { TextPool } from './text-pool.ts';
import { unroll } from './unroll.ts';

const mediaType = 'application/vnd.kubernetes.protobuf';
// etcd refuses objects above 1.5 MiB.
const objectMax = 16 * 1024 * 1024;
const batchMax = 16;

/**
 * Reads a kind as protobuf; as JSON where the server answers JSON, and where the kind has no other encoding. Pods are
 * `ReadPod`s then; `pods` reads them where more than one answer is to share parts.
 */
export function protobufCodec(kind: string, pods: PodReader | null = null): Codec {
  const table = protobufKinds.get(kind);
  if (table === undefined) return jsonCodec;
  return {
    listAccept: `${mediaType},application/json;q=0.9`,
    watchAccept: `${mediaType};stream=watch,application/json;q=0.9`,
    readList: (body, contentType) =>
      isProtobuf(contentType)
        ? new ProtobufReader(kind, table, pods).readList(body)
        : jsonCodec.readList(body, contentType),
    readWatch: (body, contentType) =>
      isProtobuf(contentType)
        ? new ProtobufReader(kind, table, pods).readWatch(body)
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
  readonly #pods: PodReader | null;
  /** Of the chunk that was read last. */
  #source: Source | null = null;

  constructor(kind: string, table: Table, pods: PodReader | null) {
    this.#kind = kind;
    this.#table = table;
    this.#pods = kind === 'Pod' ? (pods ?? new PodReader(unshared)) : null;
  }

  async *readList(body: AsyncIterable<Buffer>): AsyncGenerator<ListPart> {
    const cutter = new ListCutter(objectMax);
    let meta: unknown = null;
    for await (const chunk of body) {
      let objects: unknown[] = [];
      for (const { part, bytes } of cutter.push(chunk)) {
        if (part === 'item') objects.push(this.#readObject(sourceOf(bytes, this.#pool), 0, bytes.length));
        else if (part === 'metadata') meta = this.#decodeAll(bytes, listMeta);
        else this.#expectKind(this.#decodeAll(bytes, typeMeta), `${this.#kind}List`);
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
  readWatch(body: AsyncIterable<Buffer>): AsyncIterable<WatchEvent> {
    const cutter = new FrameCutter(objectMax);
    return unroll(body, (chunk) => this.#eventsIn(cutter.push(chunk)));
  }

  *#eventsIn(frames: Iterable<Frame>): Generator<WatchEvent> {
    for (const { bytes, start, end } of frames) yield this.#event(this.#sourceOf(bytes), start, end);
  }

  #event(source: Source, start: number, end: number): WatchEvent {
    const event = this.#decode(source, start, end, watchEvent);
    const type = text(get(event, 'type'));
    if (type === null) throw new StreamError('parse', 'a watch event has no type');
    return { type, object: this.#decodeObject(source, get(event, 'object', 'raw'), type) };
  }

  /** `k8s\0` and a runtime.Unknown: the object, or a Status where the event is an ERROR. */
  #decodeObject(source: Source, place: unknown, type: string): unknown {
    if (!(place instanceof Span) || !startsWithMagic(source.bytes, place))
      throw new StreamError('parse', 'a watch event holds no Kubernetes protobuf');
    const envelope = this.#decode(source, place.start + magic.length, place.end, unknown);
    const isError = type === 'ERROR';
    this.#expectKind(get(envelope, 'typeMeta'), isError ? 'Status' : this.#kind);
    const raw = get(envelope, 'raw');
    const { start, end } = raw instanceof Span ? raw : new Span(0, 0);
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')
      return this.#readObject(source, start, end);
    return this.#decode(source, start, end, isError ? status : this.#table);
  }

  #expectKind(type: unknown, expected: string): void {
    const kind = text(get(type, 'kind'));
    if (kind !== expected)
      throw new StreamError('parse', `a ${kind ?? 'nameless kind'} in the place of a ${expected}`);
  }

  /** Many frames lie in one chunk, and are read by one reader. */
  #sourceOf(bytes: Buffer): Source {
    if (this.#source?.bytes !== bytes) this.#source = sourceOf(bytes, this.#pool);
    return this.#source;
  }

  #decodeAll(bytes: Buffer, table: Table): unknown {
    return this.#decode(sourceOf(bytes, this.#pool), 0, bytes.length, table);
  }

  #readObject(source: Source, start: number, end: number): unknown {
    const pods = this.#pods;
    if (pods === null) return this.#decode(source, start, end, this.#table);
    return orStreamError(() => pods.read(source, start, end));
  }

  #decode(source: Source, start: number, end: number, table: Table): unknown {
    return orStreamError(() => decodeMessage(source, table, start, end));
  }
}

function orStreamError(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    throw new StreamError('parse', `not protobuf: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function startsWithMagic(bytes: Buffer, { start, end }: Span): boolean {
  return end - start >= magic.length && magic.every((byte, index) => bytes[start + index] === byte);
}
