import { get, text } from '../model/decode/lenient.ts';
import { StreamError } from './api-client.ts';
import type { Codec, ListPart, WatchEvent } from './codec.ts';
import { ItemSplitter } from './json-items.ts';
import { splitLines } from './lines.ts';

// etcd refuses objects above 1.5 MiB; as JSON with managedFields they stay well below this.
const objectMax = 16 * 1024 * 1024;

export const jsonCodec: Codec = {
  listAccept: 'application/json',
  watchAccept: 'application/json',
  readList,
  readWatch,
};

/** The same, asking for metadata alone; servers that cannot do that send whole objects. */
export const metadataCodec: Codec = {
  ...jsonCodec,
  listAccept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
  watchAccept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
};

async function* readList(body: AsyncIterable<Buffer>): AsyncGenerator<ListPart> {
  const splitter = new ItemSplitter(objectMax);
  for await (const chunk of body) {
    const items = splitter.push(chunk);
    if (items.length > 0) yield { type: 'objects', objects: items.map(parse) };
  }
  const envelope = parse(splitter.end());
  const resourceVersion = text(get(envelope, 'metadata', 'resourceVersion'));
  if (resourceVersion === null) throw new StreamError('parse', 'the list has no resourceVersion');
  yield { type: 'end', resourceVersion, continueToken: text(get(envelope, 'metadata', 'continue')) };
}

/** A last line without its end was cut off; it is not read, the next watch brings it again. */
async function* readWatch(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  for await (const line of splitLines(body, objectMax)) {
    const event = parse(line);
    const type = text(get(event, 'type'));
    if (type === null) throw new StreamError('parse', 'a watch event has no type');
    yield { type, object: get(event, 'object') };
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new StreamError('parse', `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
