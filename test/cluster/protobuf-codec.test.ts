import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { StreamError } from '../../src/cluster/api-client.ts';
import type { Codec, ListPart, WatchEvent } from '../../src/cluster/codec.ts';
import { jsonCodec } from '../../src/cluster/json-codec.ts';
import { type WatchedKind, watchedKinds } from '../../src/cluster/kinds.ts';
import { get } from '../../src/model/decode/lenient.ts';
import { DecodeError } from '../../src/model/decode/value.ts';
import { everyKindText } from '../support/every-kind.ts';
import { anyObject } from '../support/protobuf-arbitrary.ts';
import { encodeEvent, encodeList, encodeMessage } from '../support/protobuf-encoder.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';
const json = 'application/json';

/** The name of the kind is how the encoding calls it; both bindings give one kind of record. */
const kindNames = new Map([
  ['rolebindings', 'RoleBinding'],
  ['clusterrolebindings', 'ClusterRoleBinding'],
]);

interface Encoded {
  readonly watched: WatchedKind;
  readonly apiVersion: string;
  readonly kind: string;
}

const encoded: readonly Encoded[] = watchedKinds
  .filter(({ codec }) => codec !== jsonCodec)
  .map((watched) => ({
    watched,
    apiVersion: watched.group === '' ? watched.version : `${watched.group}/${watched.version}`,
    kind: kindNames.get(watched.resource) ?? watched.record,
  }));

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size)
    yield Buffer.from(bytes.subarray(start, start + size));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The objects of a list, and its end. */
async function listed(codec: Codec, body: AsyncIterable<Buffer>, contentType: string) {
  const parts: ListPart[] = await all(codec.readList(body, contentType));
  const objects = parts.flatMap((part) => (part.type === 'objects' ? part.objects : []));
  return { objects, ends: parts.filter(({ type }) => type === 'end') };
}

/** The record, or why there is none. */
function recordOf({ decode }: WatchedKind, object: unknown): unknown {
  try {
    return decode(object);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

function jsonList(metadata: object, items: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify({ metadata, items }));
}

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function documentsOf(kind: string): Document[] {
  const documents: Document[] = parseAllDocuments(everyKindText).map((document) => document.toJS());
  return documents.filter((item) => item.kind === kind);
}

const metadata = { resourceVersion: '77', continue: 'more' };
const end = { type: 'end', resourceVersion: '77', continueToken: 'more' };

describe('both encodings of a list give the same records', () => {
  test.each(encoded)('every $kind of the tests', async ({ watched, apiVersion, kind }) => {
    const items = documentsOf(kind).filter(({ metadata: { name } }) => name !== 'unreadable');
    expect(items.length).toBeGreaterThan(0);
    const bytes = encodeList(apiVersion, kind, metadata, items);
    const whole = await listed(watched.codec, chunks(bytes, bytes.length), protobuf);
    expect(whole.ends).toEqual([end]);
    expect(whole.objects.map(watched.decode)).toEqual(items.map(watched.decode));
    const bytewise = await listed(watched.codec, chunks(bytes, 1), protobuf);
    expect(bytewise).toEqual(whole);
  });

  test('a zero that means something is kept: agents of a plugin that no node runs', async () => {
    const { watched } = encoded.find(({ kind }) => kind === 'DaemonSet')!;
    const daemonSet = (status: object) => ({
      metadata: { name: 'calico-node', namespace: 'kube-system' },
      spec: { template: { spec: { hostNetwork: true, containers: [{ name: 'calico-node' }] } } },
      status,
    });
    const items = [
      daemonSet({ desiredNumberScheduled: 0, observedGeneration: 1 }),
      daemonSet({ desiredNumberScheduled: 0 }),
    ];
    const bytes = encodeList('apps/v1', 'DaemonSet', metadata, items);
    const { objects } = await listed(watched.codec, chunks(bytes, 100), protobuf);
    const agents = [{ program: 'calico', options: [] }];
    expect(objects.map((object) => get(watched.decode(object), 'agents'))).toEqual([undefined, agents]);
  });

  test.each(encoded)('any $kind, however it is chunked', async ({ watched, apiVersion, kind }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyObject(kind), { maxLength: 3 }),
        fc.integer({ min: 1, max: 400 }),
        async (items, size) => {
          const asJson = await listed(jsonCodec, chunks(jsonList(metadata, items), size), json);
          const bytes = encodeList(apiVersion, kind, metadata, items);
          const asProtobuf = await listed(watched.codec, chunks(bytes, size), protobuf);
          const records = ({ objects }: { objects: readonly unknown[] }) =>
            objects.map((object) => [
              recordOf(watched, object),
              get(object, 'metadata', 'resourceVersion'),
              get(object, 'metadata', 'namespace'),
            ]);
          expect(records(asProtobuf)).toEqual(records(asJson));
          expect(asProtobuf.ends).toEqual([end]);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('both encodings of a watch give the same events', () => {
  test.each(encoded)('of any $kind, however it is chunked', async ({ watched, apiVersion, kind }) => {
    const type = fc.constantFrom('ADDED', 'MODIFIED', 'DELETED');
    const events = fc.array(fc.record({ type, object: anyObject(kind) }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 400 }), async (said, size) => {
        const lines = Buffer.from(said.map((event) => `${JSON.stringify(event)}\n`).join(''));
        const frames = Buffer.concat(
          said.map((event) => encodeEvent(apiVersion, kind, event.type, encodeMessage(kind, event.object))),
        );
        const asJson = await all(jsonCodec.readWatch(chunks(lines, size), json));
        const asProtobuf = await all(
          watched.codec.readWatch(chunks(frames, size), `${protobuf};stream=watch`),
        );
        const records = (seen: readonly WatchEvent[]) =>
          seen.map((event) => [event.type, recordOf(watched, event.object)]);
        expect(records(asProtobuf)).toEqual(records(asJson));
      }),
      { numRuns: 8 },
    );
  });

  const pods = encoded.find(({ kind }) => kind === 'Pod')!;
  const read = (...frames: readonly Buffer[]) =>
    all(pods.watched.codec.readWatch(chunks(Buffer.concat(frames), 50), protobuf));

  test('a bookmark tells that the list is complete', async () => {
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    const bookmark = { metadata: { resourceVersion: '9', annotations } };
    expect(await read(encodeEvent('v1', 'Pod', 'BOOKMARK', encodeMessage('Pod', bookmark)))).toEqual([
      { type: 'BOOKMARK', object: { ...bookmark, spec: {}, status: {} } },
    ]);
  });

  test('an error is a Status', async () => {
    const status = { code: 410, message: 'too old', details: { retryAfterSeconds: 7 } };
    expect(await read(encodeEvent('v1', 'Status', 'ERROR', encodeMessage('Status', status)))).toEqual([
      { type: 'ERROR', object: status },
    ]);
  });

  test('a frame that was cut off is not read', async () => {
    const frame = encodeEvent('v1', 'Pod', 'ADDED', encodeMessage('Pod', { metadata: { name: 'a' } }));
    for (let length = 0; length < frame.length; length += 1)
      expect((await read(frame, frame.subarray(0, length))).length).toBe(1);
  });
});

describe('the server chooses', () => {
  test.each([json, `${json};charset=utf-8`, `${json};stream=watch`])(
    'an answer of %s is read as JSON',
    async (type) => {
      const codec = encoded.find(({ kind }) => kind === 'Pod')!.watched.codec;
      const items = [{ metadata: { name: 'a', anything: 'goes' } }];
      expect(await listed(codec, chunks(jsonList(metadata, items), 7), type)).toEqual({
        objects: items,
        ends: [end],
      });
      const event = { type: 'ADDED', object: items[0] };
      expect(await all(codec.readWatch(chunks(Buffer.from(`${JSON.stringify(event)}\n`), 7), type))).toEqual([
        event,
      ]);
    },
  );

  test('what is asked for', () => {
    expect(encoded.map(({ watched }) => [watched.codec.listAccept, watched.codec.watchAccept])).toEqual(
      encoded.map(() => [
        'application/vnd.kubernetes.protobuf,application/json;q=0.9',
        'application/vnd.kubernetes.protobuf;stream=watch,application/json;q=0.9',
      ]),
    );
  });
});

describe('bytes that are no answer', () => {
  const { watched, apiVersion } = encoded.find(({ kind }) => kind === 'NetworkPolicy')!;
  const policy = documentsOf('NetworkPolicy').find((item) => item.metadata.name === 'web')!;
  const whole = encodeList(apiVersion, 'NetworkPolicy', metadata, [policy, policy]);
  const frames = Buffer.concat([
    encodeEvent(apiVersion, 'NetworkPolicy', 'ADDED', encodeMessage('NetworkPolicy', policy)),
    encodeEvent(apiVersion, 'NetworkPolicy', 'MODIFIED', encodeMessage('NetworkPolicy', policy)),
  ]);

  /** What reading and decoding comes to; anything but a whole answer or a StreamError fails the test. */
  const tryAll = async (bytes: Uint8Array, size: number): Promise<string[]> => {
    const parts = [
      async () => (await listed(watched.codec, chunks(bytes, size), protobuf)).objects,
      async () =>
        (await all(watched.codec.readWatch(chunks(bytes, size), protobuf))).map(({ object }) => object),
    ];
    return Promise.all(
      parts.map(async (objects) => {
        try {
          for (const object of await objects()) recordOf(watched, object);
          return 'read';
        } catch (error) {
          if (error instanceof StreamError && error.reason === 'parse') return 'refused';
          throw error;
        }
      }),
    );
  };

  test('a list that is cut off anywhere', async () => {
    for (let length = 0; length < whole.length; length += 1) {
      // Without the last empty fields of the envelope the list is whole.
      const expected = length === whole.length - 2 || length === whole.length - 4 ? 'read' : 'refused';
      expect([length, (await tryAll(whole.subarray(0, length), 1000))[0]]).toEqual([length, expected]);
    }
  });

  test.each([
    ['no magic', Buffer.from('{"items":[]}')],
    ['a list of another kind', encodeList('v1', 'Pod', metadata, [])],
    ['no resourceVersion', encodeList(apiVersion, 'NetworkPolicy', {}, [])],
    ['an object longer than 16 MiB', listHead(17 * 1024 * 1024)],
    ['an object longer than its list', listHead(2000)],
    ['a number that does not end', Buffer.from([...Buffer.from('k8s\0'), ...Array<number>(12).fill(0xff)])],
    ['a group', Buffer.from([...Buffer.from('k8s\0'), 0x2b])],
    ['an item that is a number', Buffer.from([...Buffer.from('k8s\0'), 0x12, 2, 0x10, 1])],
  ])('%s in the place of a list', async (_what, bytes) => {
    await expect(listed(watched.codec, chunks(bytes, 5), protobuf)).rejects.toThrow(StreamError);
  });

  test.each([
    ['a frame longer than 16 MiB', Buffer.from([1, 0, 0, 1])],
    ['an event without a type', Buffer.from([0, 0, 0, 0])],
    ['an event without an object', Buffer.from([0, 0, 0, 3, 0x0a, 1, 0x41])],
    ['another kind', encodeEvent('v1', 'Pod', 'ADDED', encodeMessage('Pod', {}))],
    ['a text that is longer than its event', Buffer.from([0, 0, 0, 2, 0x0a, 0x7f])],
  ])('%s in a watch', async (_what, bytes) => {
    await expect(all(watched.codec.readWatch(chunks(bytes, 5), protobuf))).rejects.toThrow(StreamError);
  });

  test('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, size) => {
          const enveloped = Buffer.concat([Buffer.from('k8s\0'), bytes]);
          expect((await tryAll(bytes, size)).length).toBe(2);
          expect((await tryAll(enveloped, size)).length).toBe(2);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('good streams with wrong bytes', async () => {
    const fault = fc.record({
      at: fc.nat({ max: Math.max(whole.length, frames.length) }),
      remove: fc.nat({ max: 3 }),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (faults, list) => {
          let bytes: Buffer = list ? Buffer.from(whole) : frames;
          for (const { at, remove, insert } of faults)
            bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
          expect((await tryAll(bytes, 300)).length).toBe(2);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** The beginning of a list whose first item says that it has this length. */
function listHead(length: number): Buffer {
  const writer = new BinaryWriter().raw(Buffer.from('k8s\0'));
  writer
    .uint32(0x12)
    .uint32(length === 2000 ? 1000 : length + 100)
    .uint32(0x12)
    .uint32(length);
  return Buffer.concat([writer.finish(), Buffer.alloc(length === 2000 ? 3000 : 10)]);
}
