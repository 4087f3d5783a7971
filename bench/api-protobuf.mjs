// Objects in the protobuf of the API, as the API server writes it. What fields there are is read from the table that the
// tests of the reader have; it knows nothing of the reader's own.
import { readFileSync } from 'node:fs';
import { BinaryWriter } from '@bufbuild/protobuf/wire';

const source = readFileSync(new URL('../test/support/protobuf-messages.ts', import.meta.url), 'utf8');

/** @type {Map<string, { name: string, type: string, mark: string, number: number }[]>} */
const messages = new Map(
  [...source.matchAll(/(\w+) \{([^}]*)\}/g)].map(([, message, fields]) => [
    message,
    [...fields.matchAll(/([\w~]+):(\*|\[\]|!)?(\w+)=(\d+)/g)]
      .map(([, name, mark = '', type, number]) => ({ name, type, mark, number: Number(number) }))
      .sort((a, b) => a.number - b.number),
  ]),
);

const delimited = 2;
const varint = 0;

/** The object alone. @param {string} kind @param {object} object */
export function encodeMessage(kind, object) {
  const writer = new BinaryWriter();
  writeFields(writer, kind, object);
  return writer.finish();
}

function writeFields(writer, message, object) {
  const shape = messages.get(message);
  if (shape === undefined) throw new Error(`there is no message ${message}`);
  for (const field of shape) {
    const value = field.name === '~' ? object : object[field.name];
    if (value === undefined || value === null) continue;
    if (field.mark === '[]') for (const item of value) writeValue(writer, field, item);
    else if (field.type === 'map') writeMap(writer, field.number, value);
    else writeValue(writer, field, value);
  }
}

function writeMap(writer, number, map) {
  for (const [key, value] of Object.entries(map))
    writer.tag(number, delimited).fork().tag(1, delimited).string(key).tag(2, delimited).string(value).join();
}

/** Parts that many objects share are encoded once. */
const opaques = new WeakMap();

/** Nobody reads it: what counts is its length, which is about that of its JSON. */
function opaqueOf(value) {
  if (typeof value !== 'object') return Buffer.from(JSON.stringify(value));
  const known = opaques.get(value);
  if (known !== undefined) return known;
  const bytes = Buffer.from(JSON.stringify(value));
  opaques.set(value, bytes);
  return bytes;
}

function writeValue(writer, { number, type }, value) {
  switch (type) {
    case 'string':
      return writer.tag(number, delimited).string(value);
    case 'int':
      return writer.tag(number, varint).int64(value);
    case 'bool':
      return writer.tag(number, varint).bool(value);
    case 'opaque':
      return writer.tag(number, delimited).bytes(opaqueOf(value));
    case 'Time':
      writer.tag(number, delimited).fork();
      return writer
        .tag(1, varint)
        .int64(Date.parse(value) / 1000)
        .join();
    case 'IntOrString':
      writer.tag(number, delimited).fork();
      if (typeof value === 'string') writer.tag(1, varint).int64(1).tag(3, delimited).string(value);
      else writer.tag(1, varint).int64(0).tag(2, varint).int64(value);
      return writer.join();
    default:
      writer.tag(number, delimited).fork();
      writeFields(writer, type, value);
      return writer.join();
  }
}

/** An item of a list, with its tag and length, in pieces. @param {Uint8Array} message */
export function listItem(message) {
  return [new BinaryWriter().tag(2, delimited).uint32(message.length).finish(), message];
}

/**
 * What stands before the items of a list: everything but the items themselves.
 * @param {string} apiVersion @param {string} kind of the items @param {object} metadata @param {number} itemBytes
 */
export function listHead(apiVersion, kind, metadata, itemBytes) {
  const meta = new BinaryWriter().tag(1, delimited).bytes(encodeMessage('ListMeta', metadata)).finish();
  const writer = new BinaryWriter().raw(Buffer.from('k8s\0'));
  writer.tag(1, delimited).fork();
  writer.tag(1, delimited).string(apiVersion).tag(2, delimited).string(`${kind}List`).join();
  return writer
    .tag(2, delimited)
    .uint32(meta.length + itemBytes)
    .raw(meta)
    .finish();
}

const magic = Buffer.from('k8s\0');

/**
 * One frame of a watch, in pieces: four bytes of length, and an event with the object inside. `message` is the encoded object.
 * @param {string} apiVersion @param {string} kind @param {string} type of the event @param {Uint8Array} message
 */
export function watchFrame(apiVersion, kind, type, message) {
  const unknown = new BinaryWriter().raw(magic).tag(1, delimited).fork();
  unknown.tag(1, delimited).string(apiVersion).tag(2, delimited).string(kind).join();
  const raw = unknown.tag(2, delimited).uint32(message.length).finish();
  const object = new BinaryWriter()
    .tag(1, delimited)
    .uint32(raw.length + message.length)
    .finish();
  const event = new BinaryWriter().tag(1, delimited).string(type).tag(2, delimited);
  const head = event.uint32(object.length + raw.length + message.length).finish();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length + object.length + raw.length + message.length);
  return [length, head, object, raw, message];
}
