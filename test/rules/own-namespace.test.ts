import { describe, expect, test } from '@jest/globals';
import { type Profile, profiles, unknownProfile } from '../../src/model/profile.ts';
import { factsOf } from '../../src/platform/facts.ts';
import { adminTierOverrides } from '../../src/rules/admin-tier-overrides.ts';
import { cniDoesNotEnforce } from '../../src/rules/cni-does-not-enforce.ts';
import { namespaceMissingDefaultDeny } from '../../src/rules/namespace-missing-default-deny.ts';
import { podsUnprotected } from '../../src/rules/pods-unprotected.ts';
import type { PolicyRule } from '../../src/rules/rule.ts';
import { findingsOf } from '../../src/rules/run.ts';
import { Shared } from '../../src/rules/shared.ts';
import { type Json, pod, policy, worldWith } from '../support/build.ts';

const web =
  '{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}';
const baseline: Json = {
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'BaselineAdminNetworkPolicy',
  metadata: { name: 'default' },
  spec: { subject: { namespaces: {} }, ingress: [{ action: 'Deny' }] },
};

/** Who tells it, where three policies stand that are equal but for their names. */
function tellers(rule: PolicyRule, profile: Profile, more: readonly Json[] = []): string[] {
  // The order in which the cluster was learnt must not matter.
  const policies = ['c', 'a', 'b'].map((name) => policy(`shop/${name}`, web));
  const world = worldWith([pod('shop/web'), pod('shop/db'), ...policies, ...more], profile);
  const facts = factsOf(world);
  return [...world.policiesIn('shop')].flatMap((one) =>
    findingsOf(rule, {
      policy: one,
      world,
      previous: null,
      facts,
      shared: new Shared(),
      invented: false,
    }).map(({ key }) => `${one.ref.name}${key === '' ? '' : ` ${key}`}`),
  );
}

describe('what is true of a namespace is told on its first policy by name', () => {
  test('pods without a policy, once for each direction', () => {
    expect(tellers(podsUnprotected, unknownProfile)).toEqual(['a ingress', 'a egress']);
  });

  test('no default-deny', () => {
    expect(tellers(namespaceMissingDefaultDeny, unknownProfile)).toEqual(['a']);
  });

  test('nothing enforces', () => {
    expect(tellers(cniDoesNotEnforce, profiles.get('flannel') ?? unknownProfile)).toEqual(['a']);
  });

  test('pods that have left the Baseline tier', () => {
    expect(tellers(adminTierOverrides, unknownProfile, [baseline])).toEqual(['a escape ingress default']);
  });
});
