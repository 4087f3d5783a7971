import { readFileSync } from 'node:fs';

type Schema = { readonly [key: string]: unknown };

/**
 * Where a document is not as a published schema says. Knows what those schemas use: type, const, enum, required,
 * properties, items and $ref to a definition.
 */
export function schemaProblems(name: string, document: unknown): string[] {
  const schema = JSON.parse(readFileSync(`docs/schemas/${name}.json`, 'utf8')) as Schema;
  return problems(schema, schema, document, '$');
}

function problems(root: Schema, schema: Schema, value: unknown, at: string): string[] {
  const { $ref } = schema;
  if (typeof $ref === 'string') {
    const definitions = root['$defs'] as Record<string, Schema>;
    return problems(root, definitions[$ref.replace('#/$defs/', '')] ?? {}, value, at);
  }
  const types = [schema['type'] ?? []].flat() as string[];
  if (types.length > 0 && !types.includes(typeOf(value))) return [`${at} is no ${types.join(' or ')}`];
  const found: string[] = [];
  const options = schema['enum'] as unknown[] | undefined;
  if (options !== undefined && !options.includes(value)) found.push(`${at} is none of its values`);
  if ('const' in schema && schema['const'] !== value) found.push(`${at} is not ${String(schema['const'])}`);
  if (Array.isArray(value)) {
    const items = schema['items'] as Schema | undefined;
    if (items !== undefined)
      found.push(...value.flatMap((item, i) => problems(root, items, item, `${at}[${i}]`)));
  } else if (typeof value === 'object' && value !== null) {
    found.push(...objectProblems(root, schema, value as Schema, at));
  }
  return found;
}

function objectProblems(root: Schema, schema: Schema, value: Schema, at: string): string[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = (schema['required'] ?? []) as string[];
  const missing = required.filter((key) => !(key in value)).map((key) => `${at}.${key} is missing`);
  // Consumers ignore what they do not know; what is published must be told all the same.
  const unknown = Object.keys(value).filter((key) => !(key in properties));
  const told = unknown;
  return [
    ...missing,
    ...told.map((key) => `${at}.${key} is not described`),
    ...Object.entries(properties).flatMap(([key, part]) =>
      key in value ? problems(root, part, value[key], `${at}.${key}`) : [],
    ),
  ];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
