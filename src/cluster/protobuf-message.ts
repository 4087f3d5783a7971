import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { TextPool } from './text-pool.ts';

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** Bytes that hold messages, on their way in. */
export interface Source {
  readonly bytes: Buffer;
  readonly reader: BinaryReader;
  readonly pool: TextPool;
}

type Plain = Record<string, unknown>;

/** How one field comes into the plain object that the JSON of the API would give. */
export interface Field {
  readonly wire: number;
  readonly read: (source: Source, into: Plain) => void;
}

/** The fields of a message by their numbers. What is not in it is skipped unread. */
export type Table = readonly (Field | undefined)[];

/** Where a part lies in the bytes of its source. */
export class Span {
  readonly start: number;
  readonly end: number;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
  }
}

export function sourceOf(bytes: Buffer, pool: TextPool): Source {
  return { bytes, reader: new BinaryReader(bytes), pool };
}

/** Reads the message from `start` up to `end`. Throws an Error of some kind where the bytes are no such message. */
export function decodeMessage(source: Source, table: Table, start: number, end: number): unknown {
  source.reader.pos = start;
  return readFields(source, table, end, {});
}

export function tableOf(fields: Readonly<Record<number, Field>>): Table {
  const table: (Field | undefined)[] = [];
  for (const [number, field] of Object.entries(fields)) table[Number(number)] = field;
  // Without holes, so that looking a number up stays quick.
  return Array.from(table);
}

/** A string that the JSON has even where it is empty: a pointer, or a field without "omitempty". */
export function text(name: string): Field {
  return single(name, delimited, readText);
}

/** A string with "omitempty", which the JSON leaves out where it is empty. */
export function textOrNone(name: string): Field {
  return single(name, delimited, (source) => readText(source) || undefined);
}

export function texts(name: string): Field {
  return list(name, readText);
}

export function bool(name: string): Field {
  return single(name, varint, ({ reader }) => reader.bool());
}

/** A bool with "omitempty" that is no pointer, which the JSON leaves out where it is false. */
export function boolOrNone(name: string): Field {
  return single(name, varint, ({ reader }) => reader.bool() || undefined);
}

/** An int32 that the JSON has even where it is zero. */
export function integer(name: string): Field {
  return single(name, varint, ({ reader }) => reader.int32());
}

/** An int32 with "omitempty" that is no pointer, which the JSON leaves out where it is zero. */
export function integerOrNone(name: string): Field {
  return single(name, varint, ({ reader }) => reader.int32() || undefined);
}

/** An int64 with "omitempty" that is no pointer. */
export function longOrNone(name: string): Field {
  return single(name, varint, ({ reader }) => Number(reader.int64()) || undefined);
}

/** A message that is there is a record, even an empty one: `podSelector: {}` is not an absent one. */
export function message(name: string, table: Table): Field {
  return single(name, delimited, (source) => readFields(source, table, endOf(source), {}));
}

export function messages(name: string, table: Table): Field {
  return list(name, (source) => readFields(source, table, endOf(source), {}));
}

/** A message that is the same in many objects: byte for byte equal ones are read once and are one object. */
export function recurring(name: string, table: Table): Field {
  return single(name, delimited, (source) => readRecurring(source, table));
}

export function recurrings(name: string, table: Table): Field {
  return list(name, (source) => readRecurring(source, table));
}

/** A message whose fields the JSON has in the record around it: what Go embeds. */
export function embedded(table: Table): Field {
  return {
    wire: delimited,
    read: (source, into) => {
      readFields(source, table, endOf(source), into);
    },
  };
}

/** Where bytes lie, for a message inside that is read by itself. */
export function raw(name: string): Field {
  return single(name, delimited, (source) => {
    const end = endOf(source);
    const start = source.reader.pos;
    source.reader.pos = end;
    return new Span(start, end);
  });
}

/** A map of strings; only the keys that `keeps` wants. */
export function textMap(name: string, keeps: (key: string) => boolean = () => true): Field {
  return {
    wire: delimited,
    read: (source, into) => {
      const found = into[name];
      const map = isPlain(found) ? found : {};
      into[name] = map;
      readEntry(source, map, keeps);
    },
  };
}

/** "type 0: the IntOrString holds an int; 1: a string". */
export function portOrName(name: string): Field {
  return single(name, delimited, (source) => {
    const port = readFields(source, intOrString, endOf(source), {});
    return port['type'] === 1 ? (port['strVal'] ?? '') : (port['intVal'] ?? 0);
  });
}

const intOrString = tableOf({ 1: integer('type'), 2: integer('intVal'), 3: text('strVal') });

/** A moment, as the JSON writes it: `2006-01-02T15:04:05Z`. */
export function time(name: string): Field {
  return single(name, delimited, (source) => {
    const { seconds } = readFields(source, timestamp, endOf(source), {});
    return `${new Date(Number(seconds ?? 0) * 1000).toISOString().slice(0, 19)}Z`;
  });
}

const timestamp = tableOf({ 1: longOrNone('seconds') });

function single(name: string, wire: number, read: (source: Source) => unknown): Field {
  return {
    wire,
    read: (source, into) => {
      const value = read(source);
      if (value !== undefined) into[name] = value;
    },
  };
}

function list(name: string, read: (source: Source) => unknown): Field {
  return {
    wire: delimited,
    read: (source, into) => {
      const value = read(source);
      const found = into[name];
      if (Array.isArray(found)) found.push(value);
      else into[name] = [value];
    },
  };
}

function readFields(source: Source, table: Table, end: number, into: Plain): Plain {
  const { reader } = source;
  while (reader.pos < end) {
    const tag = readNumber(source);
    const field = table[tag >>> 3];
    if (field === undefined) skip(source, tag & 7);
    else if (field.wire === (tag & 7)) field.read(source, into);
    else throw new Error(`field ${tag >>> 3} has the wire type ${tag & 7}`);
  }
  if (reader.pos !== end) throw new Error('a message is longer than it says');
  return into;
}

/** Most numbers are one byte; the reader takes the others, and what is not there. */
function readNumber({ reader, bytes }: Source): number {
  const byte = bytes[reader.pos] ?? 0xff;
  if (byte >= 0x80) return reader.uint32();
  reader.pos += 1;
  return byte;
}

/** Costs one number, however long the field is. */
function skip(source: Source, wire: number): void {
  const { reader } = source;
  switch (wire) {
    case varint:
      reader.uint32();
      break;
    case fixed64:
      reader.pos += 8;
      break;
    case delimited: {
      // Read first: it moves the position as well.
      const length = readNumber(source);
      reader.pos += length;
      break;
    }
    case fixed32:
      reader.pos += 4;
      break;
    default:
      // The API has no groups.
      throw new Error(`there is no wire type ${wire}`);
  }
}

/** Where the message ends whose length comes next. */
function endOf(source: Source): number {
  const { reader } = source;
  const length = readNumber(source);
  const end = reader.pos + length;
  if (end > reader.len) throw new Error('a field is longer than its message');
  return end;
}

function readRecurring(source: Source, table: Table): unknown {
  const end = endOf(source);
  const { reader, bytes, pool } = source;
  const start = reader.pos;
  const known = pool.recall(table, bytes, start, end);
  if (known !== undefined) {
    reader.pos = end;
    return known;
  }
  const read = readFields(source, table, end, {});
  pool.remember(table, bytes, start, end, read);
  return read;
}

function readText(source: Source): string {
  const end = endOf(source);
  const start = source.reader.pos;
  source.reader.pos = end;
  return source.pool.read(source.bytes, start, end);
}

/** Key and value of an entry; both are left out where they are empty. */
function readEntry(source: Source, map: Plain, keeps: (key: string) => boolean): void {
  const { reader } = source;
  const end = endOf(source);
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = readNumber(source);
    if (tag === 0x0a) key = readText(source);
    // The key comes first; the values of keys that nobody reads can be long.
    else if (tag === 0x12 && keeps(key)) value = readText(source);
    else skip(source, tag & 7);
  }
  if (reader.pos !== end) throw new Error('an entry is longer than it says');
  // No object of the API has a key of that name, and here it would be no key.
  if (keeps(key) && key !== '__proto__') map[key] = value;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null;
}
