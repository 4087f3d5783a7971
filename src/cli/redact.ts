import type { Snapshot } from '../cluster/snapshot.ts';
import { decodeRecord, fieldsOf } from '../model/decode/record-shapes.ts';
import type { Shape } from '../model/decode/shape.ts';
import { isRecord } from '../model/decode/value.ts';
import { type Operator, type Requirement, selectorOf } from '../model/selector.ts';
import { type AddressVeil, addressVeil } from './redact-addresses.ts';
import { type WordVeil, wordVeil } from './redact-words.ts';

interface Veils {
  readonly words: WordVeil;
  readonly addresses: AddressVeil;
}

/**
 * Replaces names, labels and addresses, each always by the same, so that selectors match and blocks hold what they did.
 * What the shapes do not know is taken for a name.
 *
 * @param secret Bytes that nobody can guess and that are thrown away afterwards.
 */
export function redacted(snapshot: Snapshot, secret: Uint8Array): Snapshot {
  const veils = { words: wordVeil(secret, snapshot.objects), addresses: addressVeil(secret) };
  const { platform } = snapshot;
  return {
    ...snapshot,
    redacted: true,
    platform: platform === null ? null : { ...platform, because: 'detected before names were replaced' },
    objects: snapshot.objects.map((object) => {
      const hidden = hiddenFields(object, fieldsOf(object.kind), veils);
      return decodeRecord({ ...hidden, kind: object.kind }, new Set([object.kind]));
    }),
  };
}

function hiddenFields(
  value: object,
  fields: Readonly<Record<string, Shape>>,
  veils: Veils,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, hidden(item, fields[key] ?? null, veils)]),
  );
}

/** @param shape Null where nothing is known of the value. */
function hidden(value: unknown, shape: Shape | null, veils: Veils): unknown {
  if (value === null || value === undefined) return value;
  switch (shape?.is) {
    case 'nullable':
    case 'optional':
      return hidden(value, shape.of, veils);
    case 'list':
      return Array.isArray(value) ? value.map((item) => hidden(item, shape.of, veils)) : null;
    case 'object':
      return isRecord(value) ? hiddenFields(value, shape.fields, veils) : null;
    case 'labels':
      return value instanceof Map ? hiddenLabels(value, veils) : null;
    case 'annotations':
      return value instanceof Map ? hiddenAnnotations(value, veils) : null;
    case 'selector':
      return hiddenSelector(value, veils);
    case 'one':
    case 'boolean':
    case 'number':
      return value;
    case 'nothing':
      return null;
    case 'either':
      return typeof value === 'string' && shape.values.includes(value)
        ? value
        : hidden(value, shape.of, veils);
    case 'text':
      return 'redacted';
    default:
      return hiddenLeaf(value, veils);
  }
}

/** Numbers and truth values tell no name. An address in any text is one, whatever the field. */
function hiddenLeaf(value: unknown, veils: Veils): unknown {
  if (typeof value === 'string')
    return veils.addresses.address(value) ?? veils.addresses.block(value) ?? veils.words.word(value);
  if (Array.isArray(value)) return value.map((item) => hiddenLeaf(item, veils));
  if (value instanceof Set) return new Set([...value].map((item) => hiddenLeaf(item, veils)));
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [hiddenLeaf(key, veils), hiddenLeaf(item, veils)]));
  return isRecord(value) ? hiddenFields(value, {}, veils) : value;
}

function hiddenLabels(labels: ReadonlyMap<unknown, unknown>, { words }: Veils): ReadonlyMap<string, string> {
  return new Map([...labels].map(([key, value]) => [words.labelKey(String(key)), words.word(String(value))]));
}

function hiddenAnnotations(
  annotations: ReadonlyMap<unknown, unknown>,
  { words }: Veils,
): ReadonlyMap<string, string> {
  return new Map(
    [...annotations].flatMap(([key, value]) => {
      const entry = words.annotation(String(key), String(value));
      return entry === null ? [] : [entry];
    }),
  );
}

const operators: readonly Operator[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

function hiddenSelector(value: unknown, { words }: Veils): unknown {
  const requirements = isRecord(value) && Array.isArray(value['requirements']) ? value['requirements'] : [];
  const all: readonly unknown[] = requirements;
  return selectorOf(
    all.flatMap((each): Requirement[] => {
      const operator = isRecord(each) ? operators.find((known) => known === each['operator']) : undefined;
      if (!isRecord(each) || operator === undefined) return [];
      const values: readonly unknown[] = Array.isArray(each['values']) ? each['values'] : [];
      return [
        {
          key: words.labelKey(String(each['key'])),
          operator,
          values: values.map((item) => words.word(String(item))),
        },
      ];
    }),
  );
}
