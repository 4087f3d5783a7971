import type { TypeMeta } from '../model/decode/cluster-object.ts';
import { get, text } from '../model/decode/lenient.ts';
import { policyTypeOf } from '../model/decode/policy-type.ts';
import { isRecord } from '../model/decode/value.ts';
import type { UnknownField, WrittenDocument } from '../model/written.ts';
import { unknownPlaces } from './api-shape.ts';

/** What rules about documents see of one; `scope` as the input has it. Takes anything and never throws. */
export function writtenDocument(
  value: unknown,
  { apiVersion, kind }: TypeMeta,
  scope: string,
): WrittenDocument {
  return {
    apiVersion,
    kind,
    namespace: text(get(value, 'metadata', 'namespace')),
    name: text(get(value, 'metadata', 'name')) ?? text(get(value, 'metadata', 'generateName')),
    value,
    // Only where documents are compared with each other does anybody ask for it.
    get spec() {
      return canonical(get(value, 'spec'));
    },
    // Of other vendors' kinds nothing is known but what every object has.
    unknown: policyTypeOf({ apiVersion, kind }) === 'other-group' ? slipsAtTop(value) : unknownPlaces(value),
    scope,
  };
}

const everyObject: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

function slipsAtTop(value: unknown): UnknownField[] {
  const beside = isRecord(value) ? Object.keys(value) : [];
  const isSlip = (key: string): boolean =>
    !everyObject.includes(key) && everyObject.some((known) => known.toLowerCase() === key.toLowerCase());
  return beside.filter(isSlip).map((key) => ({ path: key, key, known: everyObject, beside }));
}

function canonical(value: unknown): string {
  if (value === undefined || value === null) return '';
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
