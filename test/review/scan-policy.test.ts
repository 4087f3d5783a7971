import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/model/finding.ts';
import { findingId, shortHash } from '../../src/review/finding-id.ts';
import {
  namespacesWithPolicies,
  policiesInForce,
  policyCreatedNow,
  type ScanContext,
  standingFindings,
} from '../../src/review/scan-policy.ts';
import { settingsSchema } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { type Json, policy, type SettingsMore, service, settingsWith } from '../support/build.ts';
import { denyEgress, denyIngress, shop } from './shop.ts';

function contextFor(world: ClusterWorld, settings: SettingsMore = {}): ScanContext {
  return {
    world,
    settings: settingsWith(settings),
    rules,
    freshness: { stale: [], absent: [] },
    today: '2026-06-15',
  };
}

const webhook: readonly Json[] = [
  service('shop/hook', { app: 'web' }, ['443->8080/TCP']),
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'guard' },
    webhooks: [
      {
        name: 'guard.example.com',
        failurePolicy: 'Fail',
        clientConfig: { service: { namespace: 'shop', name: 'hook', port: 443 } },
      },
    ],
  },
];

/** What is told of a namespace where a policy denies one direction to all, and nothing the other. */
const halfOpen = ['info pods-unprotected', 'info namespace-missing-default-deny'];

function told(world: ClusterWorld, name: string, look: typeof standingFindings): string[] {
  const found = policiesInForce(world, ['shop']).find(({ ref }) => ref.name === name);
  if (found === undefined) throw new Error(`there is no policy ${name}`);
  const { findings, failed } = look(found, 'baseline', contextFor(world));
  expect(failed).toEqual([]);
  return findings.map(
    ({ finding, severity, rejects }) => `${severity}${rejects ? ' rejects' : ''} ${finding.rule}`,
  );
}

describe('a policy in force, as it stands', () => {
  test('has the harms that it has part in', () => {
    const world = shop({}, [policy('shop/deny', denyEgress)]);
    expect(told(world, 'deny', standingFindings)).toEqual(['warning egress-blocks-dns', ...halfOpen]);
  });

  test('has them also when a second policy does the same harm', () => {
    const world = shop({}, [policy('shop/deny', denyEgress), policy('shop/deny-too', denyEgress)]);
    for (const name of ['deny', 'deny-too'])
      expect(told(world, name, standingFindings)).toContain('warning egress-blocks-dns');
  });

  test('loses them as soon as another policy cures them', () => {
    const allow = '{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}';
    const world = shop({}, [policy('shop/deny', denyEgress), policy('shop/dns', allow)]);
    expect(told(world, 'deny', standingFindings)).not.toContain('warning egress-blocks-dns');
  });

  test('says that the API server cannot call a webhook', () => {
    const world = shop({}, [...webhook, policy('shop/deny', denyIngress)]);
    expect(told(world, 'deny', standingFindings)[0]).toBe('error rejects control-plane-callback-blocked');
  });

  test('says nothing of changes, because nothing changes', () => {
    const world = shop({}, [policy('shop/deny', denyIngress)]);
    expect(told(world, 'deny', standingFindings)).toEqual(halfOpen);
  });

  test('speaks for a pod with the labels it asks for where it selects none', () => {
    const spec = '{podSelector: {matchLabels: {app: later}}, policyTypes: [Egress]}';
    const world = shop({}, [policy('shop/later', spec)]);
    expect(told(world, 'later', standingFindings)).toEqual([
      'warning egress-blocks-dns',
      'info policy-selects-no-pods',
      'info pods-unprotected',
      ...halfOpen,
    ]);
  });
});

describe('a policy in force, as if it were created now', () => {
  test('does what it would do over the world without it', () => {
    const world = shop({}, [policy('shop/deny', denyEgress)]);
    expect(told(world, 'deny', policyCreatedNow)).toEqual([
      'warning egress-blocks-dns',
      'warning pods-newly-isolated',
      'warning connections-newly-blocked',
      ...halfOpen,
      'info existing-connections-unaffected',
    ]);
  });

  test('does nothing where another policy does the same', () => {
    const world = shop({}, [policy('shop/deny', denyEgress), policy('shop/deny-too', denyEgress)]);
    expect(told(world, 'deny', policyCreatedNow)).toEqual(halfOpen);
  });

  test('breaks contracts as its creation would', () => {
    const world = shop({}, [policy('shop/deny', denyIngress)]);
    const [deny] = policiesInForce(world, ['shop']);
    if (deny === undefined) throw new Error('no policy');
    const web = { namespace: 'shop', podSelector: { matchLabels: { app: 'web' } } };
    const db = { namespace: 'shop', podSelector: { matchLabels: { app: 'db' } } };
    const contract = { name: 'web-db', require: { from: web, to: db, ports: ['5432/TCP'] }, level: 'error' };
    const settings = settingsSchema.parse({ contracts: [contract] });
    const { findings } = policyCreatedNow(deny, 'baseline', { ...contextFor(world), settings });
    expect(findings.filter(({ rejects }) => rejects).map(({ finding }) => finding.rule)).toEqual([
      'contract-broken',
    ]);
  });

  test('leaves the world as it was', () => {
    const world = shop({}, [...webhook, policy('shop/deny', denyIngress)]);
    expect(told(world, 'deny', policyCreatedNow)).toEqual(told(world, 'deny', policyCreatedNow));
    expect(namespacesWithPolicies(world)).toEqual(['shop']);
  });
});

test('settings turn findings off, and waivers are seen', () => {
  const spec = '{podSelector: {matchLabels: {app: later}}, policyTypes: [Egress]}';
  const world = shop({}, [policy('shop/deny', spec)]);
  const [deny] = policiesInForce(world, ['shop']);
  if (deny === undefined) throw new Error('no policy');
  const waiver = {
    rule: 'egress-blocks-dns',
    namespace: 'shop',
    name: 'deny',
    reason: 'r',
    until: '2026-06-15',
  };
  const off = Object.fromEntries(
    ['policy-selects-no-pods', 'pods-unprotected', 'namespace-missing-default-deny'].map((rule) => [
      rule,
      'off' as const,
    ]),
  );
  const context = contextFor(world, { rules: off, waivers: [waiver] });
  const found = standingFindings(deny, 'baseline', context).findings;
  expect(found.map(({ finding, waived }) => [finding.rule, waived])).toEqual([['egress-blocks-dns', true]]);
});

describe('the id of a finding', () => {
  // Published values of FNV-1a with 64 bits.
  test.each([
    ['', 'cbf29ce48422'],
    ['a', 'af63dc4c8601'],
    ['foobar', '85944171f739'],
  ])('is the beginning of the hash of %p', (text, hash) => {
    expect(shortHash(text)).toBe(hash);
  });

  test('stays when text, place and pods change, and differs by rule, object and key', () => {
    const base: Finding = {
      rule: 'r',
      number: 'R01',
      object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'p' },
      key: 'k',
      severity: { baseline: 'warning', restricted: 'warning' },
      confidence: 'certain',
      cure: 'none',
      needs: [],
      restsOnVerdicts: false,
      at: 'spec',
      happens: ['x'],
      advice: [],
      affected: [],
      invented: false,
      related: [],
      fix: [],
      admission: 'told',
    };
    expect(findingId({ ...base, at: 'spec.egress', happens: ['y'], affected: ['shop/a'] })).toBe(
      findingId(base),
    );
    const others = [
      { ...base, rule: 's' },
      { ...base, key: 'l' },
      { ...base, object: { ...base.object, name: 'q' } },
    ];
    expect(new Set([base, ...others].map(findingId)).size).toBe(4);
  });
});
