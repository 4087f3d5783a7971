import { expect, test } from '@jest/globals';
import type { Review } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { duplicateObject } from '../../src/rules/duplicate-object.ts';
import { egressOnlyPolicyDeniesIngress } from '../../src/rules/egress-only-policy-denies-ingress.ts';
import { emptyPeerListAllowsAll } from '../../src/rules/empty-peer-list-allows-all.ts';
import { missingNamespace } from '../../src/rules/missing-namespace.ts';
import { policyTypesStyle } from '../../src/rules/policy-types-style.ts';
import { ruleOpenToAnyPeer } from '../../src/rules/rule-open-to-any-peer.ts';
import { unknownOrMisplacedField } from '../../src/rules/unknown-or-misplaced-field.ts';
import { contextOf, type Json, namespace, pod, policy, request, worldWith } from '../support/build.ts';

const rules = [
  egressOnlyPolicyDeniesIngress,
  emptyPeerListAllowsAll,
  ruleOpenToAnyPeer,
  unknownOrMisplacedField,
  missingNamespace,
  duplicateObject,
  policyTypesStyle,
];
const key = 'kubectl.kubernetes.io/last-applied-configuration';
const world = [namespace('shop'), pod('shop/web')];
const selects = 'podSelector: {matchLabels: {app: web}}';
const inForce = `{${selects}, policyTypes: [Ingress, Egress], egress: [{to: [{podSelector: {}}]}]}`;

function applied(stored: string, written: string): Json {
  const { metadata, ...rest } = policy('shop/p', written);
  return policy('shop/p', stored, { [key]: JSON.stringify({ ...rest, metadata: { name: 'p' } }) });
}

function asked(after: Json, before: Json | null = null, others: readonly Json[] = []): Review {
  const objects = [...world, ...others, ...(before === null ? [] : [before])];
  return review(
    request({ before, after }),
    contextOf(worldWith(objects), { rules, settings: { modes: { enforce: 'restricted' } } }),
  );
}

const rulesIn = ({ findings }: Review) =>
  findings.map(({ rule, severity }) => `${rule} ${severity.baseline}/${severity.restricted}`);

test('egress alone, as kubectl noted it down, warns and never rejects', () => {
  const said = asked(applied(inForce, `{${selects}, egress: [{to: [{podSelector: {}}]}]}`));
  expect([said.decision, said.warnings]).toEqual([
    'admitted',
    [
      '[egress-only-policy-denies-ingress] policyTypes is missing, so its pods refuse all ingress too until another policy allows it; write policyTypes: [Egress], or [Ingress, Egress] if that is meant',
      'ref 3f9c1a2b',
    ],
  ]);
});

test('the same from a server-side apply', () => {
  const managedFields = [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:egress': {} } } }];
  expect(rulesIn(asked(policy('shop/p', inForce, {}, { managedFields })))).toEqual([
    'egress-only-policy-denies-ingress error/error',
  ]);
});

test('it is silent where the author named the types, where nothing is known, and where the pods were isolated', () => {
  const deny = policy('shop/deny', '{podSelector: {}, policyTypes: [Ingress]}');
  const bare = applied(inForce, `{${selects}, egress: [{to: [{podSelector: {}}]}]}`);
  expect(asked(applied(inForce, inForce)).warnings).toEqual([]);
  expect(asked(policy('shop/p', inForce)).findings).toEqual([]);
  expect(asked(bare, null, [deny]).findings).toEqual([]);
});

test('an empty list of peers is told as an open clause; what the author wrote is noted', () => {
  const stored = `{${selects}, policyTypes: [Ingress], ingress: [{ports: [{port: 80, protocol: TCP}]}]}`;
  const said = asked(
    applied(stored, `{${selects}, policyTypes: [Ingress], ingress: [{from: [], ports: [{port: 80}]}]}`),
  );
  expect(rulesIn(said)).toEqual([
    'empty-peer-list-allows-all info/info',
    'rule-open-to-any-peer info/warning',
  ]);
  expect(said.warnings.filter((line) => !line.startsWith('ref'))).toEqual([]);
});

test('a field that the server dropped is an info, and old where the old object had lost it too', () => {
  const stored = `{${selects}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}`;
  const before = applied(stored, stored.replace('policyTypes', 'policyType: [], policyTypes'));
  const metadata = before['metadata'] as { readonly annotations: Json };
  const annotations = { ...metadata.annotations, 'netsluice.dev/note': 'changed' };
  const after = { ...before, metadata: { ...metadata, annotations } };
  const said = asked(before);
  expect([said.decision, rulesIn(said)]).toEqual(['admitted', ['unknown-or-misplaced-field info/info']]);
  expect(said.findings[0]?.happens).toEqual(['policyType was dropped in silence, for it is no field']);
  expect(said.record.rules).toEqual(['unknown-or-misplaced-field']);
  const later = asked(after, before);
  expect([rulesIn(later), later.record.rules]).toEqual([['unknown-or-misplaced-field info/info'], []]);
});
