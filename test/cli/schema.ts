import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const validators = new Map<string, ValidateFunction>();

/**
 * Where a document is not as a published schema says. Consumers ignore what they do not know; what is published must
 * be described all the same, so that here a field that the schema does not know is a problem too.
 */
export function schemaProblems(name: string, document: unknown): string[] {
  return problems(validatorOf(`docs/schemas/${name}.json`, closed), document);
}

/** Where a document is not as OASIS wants SARIF 2.1.0. Its schema says itself what must not be unknown. */
export function sarifProblems(document: unknown): string[] {
  return problems(
    validatorOf('node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'),
    document,
  );
}

function validatorOf(
  file: string,
  adapt: (schema: unknown) => unknown = (schema) => schema,
): ValidateFunction {
  const known = validators.get(file);
  if (known !== undefined) return known;
  const {
    $schema = '',
    id: _,
    ...schema
  } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  // SARIF's is of draft 04; nothing that it uses has changed its meaning since but `id`, and
  // one of its patterns is none where `u` is set.
  const Dialect = String($schema).includes('2020-12') ? Ajv2020 : Ajv;
  const ajv = new Dialect({ allErrors: true, strict: false, unicodeRegExp: false });
  addFormats.default(ajv);
  const compiled = ajv.compile(adapt(schema) as object);
  validators.set(file, compiled);
  return compiled;
}

function problems(validate: ValidateFunction, document: unknown): string[] {
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
  });
}

/** Every object that lists its fields takes no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const lists = 'properties' in schema && typeof schema.properties === 'object' && 'type' in schema;
  return lists && !('additionalProperties' in schema) ? { ...inside, additionalProperties: false } : inside;
}
