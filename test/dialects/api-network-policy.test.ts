import { describe, expect, test } from '@jest/globals';
import { apiRejections } from '../../src/dialects/api-network-policy.ts';
import { rejectionText } from '../../src/dialects/api-rejection.ts';

// That the words are those of kube-apiserver is held against a real one in test/e2e/api-validation.test.ts.

function told(spec: object, more: object = {}): string[] {
  const type = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
  const object = { ...type, metadata: { name: 'a' }, spec: { podSelector: {}, ...spec }, ...more };
  return apiRejections(object).map(
    (rejection) => `${rejection.at} | ${rejectionText(rejection)} | ${rejection.help}`,
  );
}

const ports = (...entries: object[]): object => ({ ingress: [{ ports: entries }] });
const peers = (...entries: (object | null)[]): object => ({ egress: [{ to: entries }] });
const refused = 'NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: ';

describe('what to write instead', () => {
  test.each([
    [
      ports({ port: '80' }),
      'spec.ingress[0].ports[0].port | spec.ingress[0].ports[0].port: Invalid value: "80": must contain at least one letter (a-z) | write 80 without quotes',
    ],
    [
      ports({ port: '80-90' }),
      'spec.ingress[0].ports[0].port | spec.ingress[0].ports[0].port: Invalid value: "80-90": must contain at least one letter (a-z) | write port: 80 and endPort: 90',
    ],
    [
      ports({ protocol: 'tcp' }),
      'spec.ingress[0].ports[0].protocol | spec.ingress[0].ports[0].protocol: Unsupported value: "tcp": supported values: "TCP", "UDP", "SCTP" | write TCP',
    ],
    [
      { policyTypes: ['egress'] },
      'spec.policyTypes[0] | spec.policyTypes[0]: Unsupported value: "egress": supported values: "Ingress", "Egress" | write Egress',
    ],
    [
      peers(null),
      'spec.egress[0].to[0] | spec.egress[0].to[0]: Required value: must specify a peer | name podSelector, namespaceSelector or ipBlock; for every pod of every namespace write namespaceSelector: {}',
    ],
    [
      peers({ ipBlock: { cidr: '10.0.0.5/24' } }),
      'spec.egress[0].to[0].ipBlock.cidr | spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.5/24": must not have bits set beyond the prefix length | write 10.0.0.0/24 for the range, or 10.0.0.5/32 for the one address',
    ],
    [
      peers({ ipBlock: { cidr: '10.0.0.5' } }),
      'spec.egress[0].to[0].ipBlock.cidr | spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.5": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64) | write 10.0.0.5/32 for one IPv4 address',
    ],
    [
      { ingress: { from: [] } },
      `spec.ingress | ${refused}json: cannot unmarshal object into Go struct field NetworkPolicySpec.spec.ingress of type []v1.NetworkPolicyIngressRule | write a list, each item with a dash`,
    ],
    [
      { podSelector: { matchLabels: { on: true } } },
      `spec.podSelector.matchLabels[on] | ${refused}json: cannot unmarshal bool into Go struct field LabelSelector.spec.podSelector.matchLabels of type string | put it in quotes`,
    ],
    [
      { podselector: {} },
      `spec.podselector | ${refused}strict decoding error: unknown field "spec.podselector" | `,
    ],
    [
      peers({ podSelector: {}, ports: [] }),
      `spec.egress[0].to[0].ports | ${refused}strict decoding error: unknown field "spec.egress[0].to[0].ports" | `,
    ],
  ])('%j', (spec, line) => {
    expect(told(spec)).toEqual([line]);
  });

  test('a label is told at its own place, although the server names the map only', () => {
    const [line = '', ...more] = told({}, { metadata: { name: 'a', labels: { ok: 'y', app: '-x' } } });
    expect([more, line.split(': ').slice(0, 3)]).toEqual([
      [],
      ['metadata.labels[app] | metadata.labels', 'Invalid value', '"-x"'],
    ]);
  });

  test('only what came with 1.36 says so', () => {
    const since = (cidr: string) =>
      apiRejections({ metadata: { name: 'a' }, spec: peers({ ipBlock: { cidr } }) }).map(
        (each) => each.since,
      );
    expect(
      ['10.0.0.5/24', '010.0.0.0/8', '::ffff:10.0.0.0/104', '10.0.0.0/33', '10.0.0.0/8'].map(since),
    ).toEqual([['1.36'], ['1.36'], ['1.36'], ['ever'], []]);
  });

  test('hostile lengths are refused at once', () => {
    const long = `${'a-'.repeat(100_000)}!`;
    expect(told({ podSelector: { matchLabels: { [long]: long } } })).toHaveLength(4);
    expect(told({}, { metadata: { name: long } })).toHaveLength(2);
    expect(told(peers({ ipBlock: { cidr: `${'0'.repeat(100_000)}1.0.0.0/8` } }))).toHaveLength(1);
  });
});
