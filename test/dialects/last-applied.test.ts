import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writtenInObject } from '../../src/dialects/last-applied.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';

const key = 'kubectl.kubernetes.io/last-applied-configuration';
const stored = {
  podSelector: { matchLabels: { app: 'web' } },
  policyTypes: ['Ingress', 'Egress'],
  egress: [{}],
};
const metadata = { name: 'web', namespace: 'shop' };

function read(noted: unknown, managedFields: unknown = undefined, spec: object = stored) {
  const text = typeof noted === 'string' ? noted : JSON.stringify(noted);
  const value = {
    metadata: { ...metadata, ...(text === undefined ? {} : { annotations: { [key]: text } }), managedFields },
    spec,
  };
  return writtenInObject(value, decodeNetworkPolicy(value));
}

const document = (spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata,
  spec,
});

const applied = (fields: object, operation = 'Apply') => ({
  manager: 'flux',
  operation,
  fieldsV1: { 'f:spec': fields },
});

describe('what kubectl noted down', () => {
  test('tells what was left out and what was empty', () => {
    const written = read(document({ podSelector: stored.podSelector, egress: [{ to: [] }] }));
    expect([written?.source, [...(written?.given ?? [])], written?.emptyPeers]).toEqual([
      'last-applied',
      ['egress'],
      ['spec.egress[0].to'],
    ]);
  });

  test('tells fields that were dropped in silence', () => {
    const written = read(document({ ...stored, policyType: [] }));
    expect(written?.document?.unknown.map(({ path }) => path)).toEqual(['spec.policyType']);
  });

  test.each([
    ['the object says something else by now', document({ ...stored, egress: [] })],
    ['the types were changed by hand', document({ ...stored, policyTypes: ['Egress'] })],
    ['it is no JSON', '{'],
    ['it is something else', '"web"'],
    ['it is longer than the API server takes', JSON.stringify(document(stored)).padEnd(262_145)],
  ])('tells nothing where %s', (_, noted) => {
    expect(read(noted)).toBeNull();
  });
});

describe('what a server-side apply owns', () => {
  test.each([
    ['egress alone', [applied({ 'f:egress': {} })], ['egress']],
    ['the types too', [applied({ 'f:egress': {}, 'f:policyTypes': {} })], ['policyTypes', 'egress']],
    [
      'together with another',
      [applied({ 'f:egress': {} }), applied({ 'f:policyTypes': {} })],
      ['policyTypes', 'egress'],
    ],
    [
      'beside an update of other fields',
      [applied({ 'f:egress': {} }), applied({ 'f:ingress': {} }, 'Update')],
      ['egress'],
    ],
  ])('%s', (_, managers, given) => {
    const written = read(undefined, managers);
    expect([written?.source, [...(written?.given ?? [])]]).toEqual(['managed-fields', given]);
  });

  test.each([
    ['only updates are noted: they own what was defaulted', [applied({ 'f:egress': {} }, 'Update')]],
    ['an update owns the types', [applied({ 'f:egress': {} }), applied({ 'f:policyTypes': {} }, 'Update')]],
    ['there is none', undefined],
    ['it is no list', 'x'],
    ['nothing in it is as it should be', [null, 1, { operation: 'Apply', fieldsV1: [] }]],
  ])('tells nothing where %s', (_, managers) => {
    expect(read(undefined, managers)).toBeNull();
  });
});

test('whatever arrives, nothing throws', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((text) => `{"spec":${text}}`),
  );
  fc.assert(
    fc.property(anything, fc.jsonValue(), (noted, managed) => {
      const written = read(noted, managed);
      expect(written === null || written.given instanceof Set).toBe(true);
    }),
  );
});
