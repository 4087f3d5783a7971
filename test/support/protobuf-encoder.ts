/** Objects as the API server encodes them in protobuf. Knows nothing of the tables in src/cluster. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { messages } from './protobuf-messages.ts';

/** One field of a message. */
export interface FieldShape {
  readonly name: string;
  readonly type: string;
  readonly mark: '' | '*' | '[]' | '!';
  readonly number: number;
}

const delimited = 2;

export const shapes: ReadonlyMap<string, readonly FieldShape[]> = new Map(
  [...messages.matchAll(/(\w+) \{([^}]*)\}/g)].map(([, name = '', fields = '']) => [
    name,
    [...fields.matchAll(/([\w~]+):(\*|\[\]|!)?(\w+)=(\d+)/g)]
      .map(([, field = '', mark = '', type = '', number]) => ({
        name: field,
        type,
        mark: mark as FieldShape['mark'],
        number: Number(number),
      }))
      .sort((a, b) => a.number - b.number),
  ]),
);

type Plain = Readonly<Record<string, unknown>>;

/** The object alone, without an envelope. */
export function encodeMessage(kind: string, object: object): Uint8Array {
  const writer = new BinaryWriter();
  writeFields(writer, kind, object as Plain);
  return writer.finish();
}

/** `k8s\0` and a runtime.Unknown around the object. */
export function encodeObject(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const writer = new BinaryWriter().raw(Buffer.from('k8s\0'));
  writer.tag(1, delimited).fork();
  writer.tag(1, delimited).string(apiVersion).tag(2, delimited).string(kind).join();
  writer.tag(2, delimited).bytes(raw).tag(3, delimited).string('').tag(4, delimited).string('');
  return writer.finish();
}

/** A list; `items` need no apiVersion and kind. */
export function encodeList(
  apiVersion: string,
  kind: string,
  metadata: object,
  items: readonly object[],
): Uint8Array {
  const writer = new BinaryWriter().tag(1, delimited).bytes(encodeMessage('ListMeta', metadata));
  for (const item of items) writer.tag(2, delimited).bytes(encodeMessage(kind, item));
  return encodeObject(apiVersion, `${kind}List`, writer.finish());
}

/** One frame of a watch; `message` is the encoded object alone. */
export function encodeEvent(apiVersion: string, kind: string, type: string, message: Uint8Array): Buffer {
  const raw = encodeObject(apiVersion, kind, message);
  const writer = new BinaryWriter().tag(1, delimited).string(type).tag(2, delimited).fork();
  const event = writer.tag(1, delimited).bytes(raw).join().finish();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

function writeFields(writer: BinaryWriter, message: string, object: Plain): void {
  const shape = shapes.get(message);
  if (shape === undefined) throw new Error(`there is no message ${message}`);
  for (const field of shape) {
    const value = field.name === '~' ? object : object[field.name];
    if (field.mark === '[]') for (const item of (value ?? []) as unknown[]) writeValue(writer, field, item);
    else if (field.type === 'map') writeMap(writer, field.number, (value ?? {}) as Record<string, string>);
    else if (value !== undefined && value !== null) writeValue(writer, field, value);
    else if (field.mark !== '*' && field.type !== 'opaque') writeValue(writer, field, undefined);
  }
}

function writeMap(writer: BinaryWriter, number: number, map: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(map).sort()) {
    writer.tag(number, delimited).fork();
    writer
      .tag(1, delimited)
      .string(key)
      .tag(2, delimited)
      .string(map[key] ?? '')
      .join();
  }
}

/** Undefined is what Go calls the zero value. */
function writeValue(writer: BinaryWriter, { type, number }: FieldShape, value: unknown): void {
  switch (type) {
    case 'string':
      writer.tag(number, delimited).string(String(value ?? ''));
      return;
    case 'int':
      writer.tag(number, 0).int64(Number(value ?? 0));
      return;
    case 'bool':
      writer.tag(number, 0).bool(value === true);
      return;
    case 'opaque':
      writer.tag(number, delimited).string(JSON.stringify(value));
      return;
  }
  writer.tag(number, delimited).fork();
  if (type === 'Time') {
    if (value !== undefined)
      writer
        .tag(1, 0)
        .int64(Date.parse(String(value)) / 1000)
        .tag(2, 0)
        .int32(0);
  } else if (type === 'IntOrString') {
    writer.tag(1, 0).int64(typeof value === 'string' ? 1 : 0);
    writer.tag(2, 0).int32(typeof value === 'number' ? value : 0);
    writer.tag(3, delimited).string(typeof value === 'string' ? value : '');
  } else writeFields(writer, type, (value ?? {}) as Plain);
  writer.join();
}
