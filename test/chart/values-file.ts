import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A key of values.yaml with what its comment says. */
interface Key {
  readonly name: string;
  readonly value: Json;
  readonly meaning: string;
  /** What the line `# @schema {...}` says, or null. */
  readonly narrowed: JsonObject | null;
  readonly children: readonly Key[];
}

interface Line {
  readonly indent: number;
  readonly name: string;
  readonly comment: readonly string[];
}

/** Every line of the file that begins a key, with the comment right above it. */
function keyLines(text: string): Line[] {
  const lines: Line[] = [];
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const remark = /^ *# ?(.*)$/.exec(line)?.[1];
    const [, indent, name] = /^( *)([A-Za-z]\w*):/.exec(line) ?? [];
    if (remark !== undefined) comment.push(remark);
    else if (name !== undefined) lines.push({ indent: indent?.length ?? 0, name, comment });
    if (remark === undefined) comment = [];
  }
  return lines;
}

function keysOf(lines: readonly Line[], values: JsonObject): Key[] {
  const [first] = lines;
  if (first === undefined) return [];
  const starts = lines.flatMap((line, index) => (line.indent === first.indent ? [index] : []));
  return starts.map((start, index) => {
    const { name, comment } = lines[start] as Line;
    const value = values[name];
    if (value === undefined) throw new Error(`values.yaml: ${name} is not where its line is`);
    const schema = comment.find((line) => line.startsWith('@schema '));
    const inner = lines.slice(start + 1, starts[index + 1]);
    return {
      name,
      value,
      meaning: comment.filter((line) => !line.startsWith('@schema ')).join(' '),
      narrowed: schema === undefined ? null : (JSON.parse(schema.slice('@schema '.length)) as JsonObject),
      // What is narrowed is a value as a whole; what stands below it is its default.
      children: schema === undefined ? keysOf(inner, value as JsonObject) : [],
    };
  });
}

export function readValues(file: string): Key[] {
  const text = readFileSync(file, 'utf8');
  return keysOf(keyLines(text), parse(text) as JsonObject);
}

function typeOf(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) throw new Error('a default of null needs a type in @schema');
  return typeof value === 'number' ? 'integer' : typeof value;
}

function schemaOfKey(key: Key): JsonObject {
  const described = key.meaning === '' ? {} : { description: key.meaning };
  if (key.children.length > 0) return { ...described, ...schemaOfKeys(key.children) };
  const { value, narrowed } = key;
  const type = narrowed?.['enum'] !== undefined || narrowed?.['type'] !== undefined ? {} : typeOf(value);
  return { ...described, ...(typeof type === 'string' ? { type } : {}), default: value, ...closed(narrowed) };
}

/** An object of which the properties are told has no others. */
function closed(narrowed: JsonObject | null): JsonObject {
  if (narrowed === null) return {};
  return narrowed['properties'] === undefined ? narrowed : { ...narrowed, additionalProperties: false };
}

function schemaOfKeys(keys: readonly Key[]): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(keys.map((key) => [key.name, schemaOfKey(key)])),
  };
}

/** values.schema.json. Draft 7, which Helm 3 and 4 both read. `settings` is the schema of what netsluice itself reads. */
export function schemaText(keys: readonly Key[], settings: JsonObject): string {
  const { properties, ...rest } = schemaOfKeys(keys);
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart netsluice',
    ...rest,
    properties: {
      ...(properties as JsonObject),
      // Wrong settings would keep a pod from starting; Helm says so before.
      settings: { ...((properties as JsonObject)['settings'] as JsonObject), ...settings },
      // Helm hands this down to a chart that is part of another one.
      global: { description: 'Not read.', type: 'object' },
    },
  };
  return `${jsonText(schema)}\n`;
}

/** As the formatter writes it: an array of plain values stands on one line where it fits. */
export function jsonText(value: Json, indent = '', used = 0): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => jsonText(item, inner));
    const inline = `[${items.join(', ')}]`;
    const plain = value.every((item: Json) => typeof item !== 'object' || item === null);
    if (value.length === 0 || (plain && inline.length + used <= 110)) return inline;
    return `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => {
    const start = `${inner}${JSON.stringify(key)}: `;
    return start + jsonText(item as Json, inner, start.length + 1);
  });
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
}

/** One row per value that can be set: key, default, meaning. */
export function valueRows(keys: readonly Key[], prefix = ''): string[][] {
  return keys.flatMap((key) => {
    const path = prefix + key.name;
    if (key.children.length > 0) return valueRows(key.children, `${path}.`);
    const limits = limitText(key.narrowed);
    const meaning = [key.meaning, limits].filter((part) => part !== '').join(' ');
    if (key.meaning === '') throw new Error(`values.yaml: ${path} has no comment`);
    return [[`\`${path}\``, `\`${JSON.stringify(key.value)}\``, meaning]];
  });
}

function limitText(narrowed: JsonObject | null): string {
  const [from, to] = [narrowed?.['minimum'], narrowed?.['maximum']];
  if (narrowed?.['enum'] !== undefined) {
    return `One of ${(narrowed['enum'] as Json[]).map((each) => `\`${String(each)}\``).join(', ')}.`;
  }
  if (from !== undefined && to !== undefined) return `From ${from} to ${to}.`;
  return from === undefined ? '' : `At least ${from}.`;
}
