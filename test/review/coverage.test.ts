import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { decodeObject } from '../../src/model/decode/cluster-object.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import type { CompiledPolicy } from '../../src/model/policy.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { coverageOf, gapsOf } from '../../src/review/coverage.ts';
import { rules } from '../../src/rules/registry.ts';

function policy(spec: object): CompiledPolicy {
  const object = { metadata: { name: 'a', namespace: 'own' }, spec: { podSelector: {}, ...spec } };
  return compileNetworkPolicy(decodeNetworkPolicy(object), genericProfile);
}

function pod(namespace: string) {
  const record = decodeObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace } });
  if (record === null) throw new Error('a pod is known');
  return record;
}

const named = (...values: string[]): object => ({
  namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] },
});
const own = { podSelector: { matchLabels: { app: 'x' } } };
const some = { namespaceSelector: { matchLabels: { team: 'x' } } };
const notNamed = {
  namespaceSelector: {
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['held'] }],
  },
};
const block = { ipBlock: { cidr: '10.0.0.0/8' } };

function gaps(number: string, spec: object, complete = false): readonly string[] | null {
  const rule = rules.find((each) => each.number === number);
  if (rule === undefined) throw new Error(`there is no ${number}`);
  const found = gapsOf(rule, policy(spec), coverageOf([pod('own'), pod('held')], complete));
  return found === null ? null : [...found];
}

describe('what the input covers', () => {
  test('a peer is looked at where it names its namespaces, and only all that it names count', () => {
    const from = [
      own,
      named('held'),
      named('held', 'other'),
      named('other'),
      some,
      notNamed,
      block,
      { namespaceSelector: {} },
    ];
    const missing = [2, 3, 4, 5, 7].map((index) => `spec.ingress[0].from[${index}]`);
    for (const number of ['R08', 'R09', 'R10'])
      expect(gaps(number, { ingress: [{ from }] })).toEqual(missing);
    expect(gaps('R08', { ingress: [{ from }] }, true)).toEqual([]);
  });

  test('ports are looked up at their destination', () => {
    const ports = [{ port: 80 }];
    const spec = {
      ingress: [{ from: [some], ports }],
      egress: [{ to: [own, block], ports }, { to: [some], ports }, { to: [some] }, { ports }],
    };
    for (const number of ['R11', 'R12'])
      expect(gaps(number, spec)).toEqual(['spec.egress[1]', 'spec.egress[3]']);
  });

  test('rules about the own pods need the own namespace; those about the text need nothing', () => {
    const elsewhere = coverageOf([pod('held')], false);
    const silent = rules
      .filter((rule) => rule.judges === 'policy' && gapsOf(rule, policy({}), elsewhere) === null)
      .map(({ number }) => number);
    expect(silent).toEqual(expect.arrayContaining(['R07', 'R17', 'R18', 'R19']));
    for (const number of ['R01', 'R02', 'R06', 'R38']) expect(silent).not.toContain(number);
  });
});
