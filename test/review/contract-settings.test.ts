import { describe, expect, test } from '@jest/globals';
import { type Contract, contractsOf } from '../../src/review/contract.ts';
import { contractText } from '../../src/review/contract-words.ts';
import { decodeSettings } from '../../src/review/settings.ts';

function read(contract: string): readonly Contract[] | string {
  const found = decodeSettings(`contracts:\n- ${contract}`, []);
  return 'problem' in found ? found.problem : contractsOf(found.settings.contracts);
}

test('the least contract gets its defaults', () => {
  const found = read('{name: a, forbid: {from: internet, to: {namespace: shop}}}');
  if (typeof found === 'string') throw new Error(found);
  expect(found).toMatchObject([
    { name: 'a', kind: 'forbid', ports: null, level: 'error', onDelete: 'warn', reason: '' },
  ]);
  expect(found.map(contractText)).toEqual(['forbid internet -> shop/* on all ports']);
});

test.each([
  [
    '{name: a, require: {from: {podSelector: {matchLabels: {app: web}}}, to: dns}}',
    'require */app=web -> dns',
  ],
  [
    '{name: a, require: {from: {namespaceSelector: {matchExpressions: [{key: env, operator: In, values: [b, a]}]}}, to: internet, ports: [443/TCP]}}',
    'require env in (a,b)/* -> internet on 443/TCP',
  ],
  [
    '{name: a, forbid: {from: {}, to: {namespace: s}, ports: [1-10/UDP, 5/UDP, 80/TCP]}}',
    'forbid */* -> s/* on 80/TCP,1-10/UDP',
  ],
])('%s', (contract, text) => {
  const found = read(contract);
  expect(typeof found === 'string' ? found : found.map(contractText)).toEqual([text]);
});

describe('what is wrong is told with its place', () => {
  const flow = 'from: internet, to: {namespace: shop}';
  test.each([
    ['{name: a}', 'contracts.0: must have either forbid or require'],
    [`{name: a, forbid: {${flow}}, require: {${flow}}}`, 'contracts.0: must have either forbid or require'],
    [
      `{name: A_b, forbid: {${flow}}}`,
      'contracts.0.name: must be at most 63 lower-case letters, digits and "-"',
    ],
    [`{name: a, forbid: {${flow}}}\n- {name: a, forbid: {${flow}}}`, 'contracts.1.name: "a" is there twice'],
    [
      `{name: a, forbid: {${flow}, port: [1/TCP]}}`,
      'unknown key "contracts.0.forbid.port"; did you mean "ports"?',
    ],
    [
      `{name: a, forbids: {${flow}}}`,
      'unknown key "contracts.0.forbids"; did you mean "forbid"?; contracts.0: must have either forbid or require',
    ],
    [
      '{name: a, forbid: {from: {podselector: {}}, to: internet}}',
      'unknown key "contracts.0.forbid.from.podselector"; did you mean "podSelector"?',
    ],
    [
      '{name: a, forbid: {from: {podSelector: {matchLabel: {a: b}}}, to: internet}}',
      'unknown key "contracts.0.forbid.from.podSelector.matchLabel"; did you mean "matchLabels"?',
    ],
    [
      '{name: a, forbid: {from: {podSelector: {matchLabels: {"a b": c}}}, to: internet}}',
      'contracts.0.forbid.from.podSelector: matchLabels is "a b"; it must be a label key such as "app" or "app.kubernetes.io/name"',
    ],
    [
      '{name: a, forbid: {from: {podSelector: {matchExpressions: [{key: a, operator: In}]}}, to: internet}}',
      'contracts.0.forbid.from.podSelector: matchExpressions[0].values is missing; In needs at least one value',
    ],
    [
      '{name: a, forbid: {from: {namespace: a, namespaceSelector: {}}, to: internet}}',
      'contracts.0.forbid.from: has both namespace and namespaceSelector; one of them says where the pods are',
    ],
    [
      '{name: a, forbid: {from: dns, to: internet}}',
      'contracts.0.forbid.from: must be internet, or pods by namespace or namespaceSelector and podSelector',
    ],
    [
      '{name: a, forbid: {from: internet, to: internet}}',
      'contracts.0.forbid: is from internet to internet, which no policy decides',
    ],
    [
      `{name: a, forbid: {${flow}, ports: [5432]}}`,
      'contracts.0.forbid.ports.0: must be text such as 5432/TCP',
    ],
    [
      `{name: a, forbid: {${flow}, ports: [5432/tcp]}}`,
      'contracts.0.forbid.ports.0: is "5432/tcp"; write 5432/TCP or 8000-8080/TCP',
    ],
    [
      `{name: a, forbid: {${flow}, ports: [80-70/TCP]}}`,
      'contracts.0.forbid.ports.0: is "80-70/TCP"; write 5432/TCP or 8000-8080/TCP',
    ],
    [
      `{name: a, forbid: {${flow}, ports: []}}`,
      'contracts.0.forbid.ports: must list a port; leave ports out to mean every port',
    ],
    [
      `{name: a, level: info, forbid: {${flow}}}`,
      'contracts.0.level: Invalid option: expected one of "error"|"warning"',
    ],
  ])('%s', (contract, problem) => {
    expect(read(contract)).toBe(problem);
  });
});

test('contract-broken is a rule that settings may name', () => {
  const found = decodeSettings('rules: {contract-broken: warn}', ['egress-blocks-dns']);
  expect('settings' in found && found.settings.rules).toEqual({ 'contract-broken': 'warn' });
});
