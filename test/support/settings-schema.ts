import { z } from 'zod';
import { profiles } from '../../src/model/profile.ts';
import { settingsSchema } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import type { JsonObject } from '../chart/values-file.ts';

/** The settings file as JSON Schema, draft 7: what the schema in the code says, and the names that must exist. */
export function settingsJsonSchema(): JsonObject {
  const ruleIds = rules.map(({ id }) => id);
  const made = z.toJSONSchema(settingsSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema, path }) => {
      const place = path.filter((part) => part !== 'properties').join('.');
      if (place === 'waivers.items.rule') jsonSchema.enum = ruleIds;
      if (place === 'waiversAllowed.items.rules.items') jsonSchema.enum = ['*', ...ruleIds];
      if (place === 'platform.profile') jsonSchema.enum = [...profiles.keys()];
    },
  });
  const properties = {
    ...(made.properties as JsonObject),
    rules: byName(made.properties?.['rules'] as JsonObject),
  };
  return { ...(made as JsonObject), title: 'Settings of netsluice', properties };
}

/** One property a rule: readers tell the place of a wrong property rightly, of a wrong property name not all do. */
function byName({ propertyNames: _, additionalProperties: weight = {}, ...map }: JsonObject): JsonObject {
  const properties = Object.fromEntries(rules.map(({ id }) => [id, weight]));
  return { ...map, properties, additionalProperties: false };
}

/**
 * The same inside the schema of a chart's values. YAML 1.1, which Helm reads, takes a bare `off` for false; the chart
 * writes it as text again.
 */
export function settingsInValues(): JsonObject {
  const { $schema: _, title: __, ...schema } = settingsJsonSchema();
  return lenient(schema) as JsonObject;
}

function lenient(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lenient);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== 'default')
    .map(([key, inner]) => [key, lenient(inner)] as const);
  const schema = Object.fromEntries(entries);
  const { enum: values, type, ...rest } = schema;
  const off = Array.isArray(values) && values.includes('off');
  return off
    ? { ...rest, enum: [...values, false] }
    : { ...rest, ...(type === undefined ? {} : { type }), ...(values === undefined ? {} : { enum: values }) };
}
