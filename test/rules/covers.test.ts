import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import type { Clause, Peer } from '../../src/model/policy.ts';
import { genericProfile, type Profile, profiles } from '../../src/model/profile.ts';
import { matches } from '../../src/model/selector.ts';
import { coversClause, coversPeer, coversSelector, type OwnNamespace } from '../../src/rules/covers.ts';

const shop: OwnNamespace = { name: 'shop', labels: null };

function clauses(profile: Profile, ...ingress: object[]): Clause[] {
  const object = { metadata: { name: 'p', namespace: 'shop' }, spec: { podSelector: {}, ingress } };
  return [...(compileNetworkPolicy(decodeNetworkPolicy(object), profile).ingress?.clauses ?? [])];
}

function peersIn(profile: Profile, ...from: object[]): Peer[] {
  const [clause] = clauses(profile, { from });
  return clause === undefined || clause.peers === 'any' ? [] : [...clause.peers];
}

function covered(outer: object, inner: object, own = shop, profile = genericProfile): boolean {
  const [wide, narrow] = peersIn(profile, outer, inner);
  if (wide === undefined || narrow === undefined) throw new Error('two peers');
  return coversPeer(wide, narrow, own);
}

const app = (value: string) => ({ podSelector: { matchLabels: { app: value } } });
const named = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});
const team = (operator: string, ...values: string[]) => ({
  namespaceSelector: { matchExpressions: [{ key: 'team', operator, values }] },
});
const block = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, except } });

describe('what a peer proves to hold', () => {
  test.each<[string, object, object]>([
    ['every namespace holds the own one', { namespaceSelector: {} }, app('a')],
    ['the own namespace by its name holds it', named('shop'), { podSelector: {} }],
    ['and the other way round', { podSelector: {} }, named('shop')],
    ['fewer labels hold more', app('a'), { podSelector: { matchLabels: { app: 'a', tier: 'x' } } }],
    ['a list holds its part', team('In', 'a', 'b'), team('In', 'a')],
    ['without a value is without any of the list', team('NotIn', 'a'), team('NotIn', 'a', 'b')],
    ['a value is another value', team('NotIn', 'a'), team('In', 'b')],
    ['no label is no value', team('NotIn', 'a'), team('DoesNotExist')],
    ['a value is a label', team('Exists'), team('In', 'b')],
    ['a block holds its part', block('10.0.0.0/8', '10.1.0.0/16'), block('10.2.0.0/16')],
    [
      'an exception within the other’s',
      block('10.0.0.0/8', '10.1.2.0/24'),
      block('10.0.0.0/8', '10.1.0.0/16'),
    ],
  ])('%s', (_title, outer, inner) => {
    expect(covered(outer, inner)).toBe(true);
  });

  test.each<[string, object, object]>([
    ['another namespace', named('bank'), { podSelector: {} }],
    ['the own namespace holds no other', { podSelector: {} }, team('In', 'a')],
    ['labels of the own namespace may change', team('In', 'a'), { podSelector: {} }],
    ['and so may those that it lacks', team('DoesNotExist'), { podSelector: {} }],
    ['other labels', app('a'), app('b')],
    ['one of several labels', app('a'), { podSelector: {} }],
    ['a list is more than its part', team('In', 'a'), team('In', 'a', 'b')],
    ['without may be without the label', team('Exists'), team('NotIn', 'b')],
    ['addresses that an exception takes out', block('10.0.0.0/8', '10.1.0.0/16'), block('10.1.2.0/24')],
    ['the other family', block('0.0.0.0/0'), block('::/0')],
    ['plugins differ on pods in blocks', block('0.0.0.0/0'), app('a')],
    ['pods are no addresses', { namespaceSelector: {} }, block('10.0.0.0/8')],
  ])('nothing: %s', (_title, outer, inner) => {
    expect(covered(outer, inner)).toBe(false);
  });

  test('labels that the own namespace is known to have count where they are asked for', () => {
    const today = { name: 'shop', labels: new Map([['team', 'a']]) };
    expect(covered(team('In', 'a'), app('x'), today)).toBe(true);
    expect(covered(team('NotIn', 'b'), app('x'), today)).toBe(false);
  });

  test('a plugin may match pods of the node network by one form of peer only', () => {
    const ovn = profiles.get('ovn-kubernetes');
    const both = { ...named('a'), ...app('a') };
    expect(covered(named('a'), both)).toBe(true);
    expect(covered(named('a'), both, shop, ovn)).toBe(false);
  });
});

test('a selector that holds another matches all that it matches', () => {
  const values = [undefined, 'a', 'b', 'c'];
  const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
  const lists = [['a'], ['b'], ['a', 'b'], ['a', 'b', 'c']];
  const selectors = operators.flatMap((operator) =>
    (operator === 'In' || operator === 'NotIn' ? lists : [[]]).map((list) => ({
      requirements: [{ key: 'k', operator, values: list }],
      text: '',
    })),
  );
  let proven = 0;
  for (const outer of selectors) {
    for (const inner of selectors) {
      if (!coversSelector(outer, inner)) continue;
      proven += 1;
      for (const value of values) {
        const labels = new Map(value === undefined ? [] : [['k', value]]);
        if (matches(inner, labels)) expect(matches(outer, labels)).toBe(true);
      }
    }
  }
  expect(proven).toBe(30);
});

describe('what a clause proves to hold', () => {
  test('all peers and all ports must be held', () => {
    const [every, ports, two, narrow] = clauses(
      genericProfile,
      {},
      { from: [app('a')], ports: [{ port: 80, endPort: 90 }] },
      { from: [app('a'), app('b')], ports: [{ port: 80 }] },
      { from: [app('a')], ports: [{ port: 85 }] },
    );
    if (!every || !ports || !two || !narrow) throw new Error('four clauses');
    const holds = [every, ports, two, narrow].map((outer) =>
      [every, ports, two, narrow].map((inner) => coversClause(outer, inner, shop)),
    );
    expect(holds).toEqual([
      [true, true, true, true],
      [false, true, false, true],
      [false, false, true, false],
      [false, false, false, true],
    ]);
  });

  test('a clause whose ports the plugin drops holds nothing and is held by nothing but everything', () => {
    const profile = { ...genericProfile, sctp: 'unsupported' as const };
    const [sctp, other] = clauses(
      profile,
      { from: [app('a')], ports: [{ port: 1, protocol: 'SCTP' }] },
      { from: [app('a')], ports: [{ port: 1 }] },
    );
    if (!sctp || !other) throw new Error('two clauses');
    expect([coversClause(sctp, other, shop), coversClause(other, sctp, shop)]).toEqual([false, false]);
  });
});
