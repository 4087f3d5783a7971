import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import { DecodeError } from '../../src/model/decode/value.ts';
import { matches } from '../../src/model/selector.ts';

const metadata = { name: 'p', namespace: 'shop' };
const withSpec = (spec: unknown) => ({ metadata, spec });
const withIngress = (...clauses: unknown[]) => withSpec({ ingress: clauses });
const withPeer = (peer: unknown) => withIngress({ from: [peer] });
const withPort = (port: unknown) => withIngress({ ports: [port] });
const withBlock = (cidr: unknown, except?: unknown) => withPeer({ ipBlock: { cidr, except } });

function problemOf(value: unknown): { path: string; message: string } {
  try {
    decodeNetworkPolicy(value);
  } catch (error) {
    if (error instanceof DecodeError) return { path: error.path, message: error.message };
    throw error;
  }
  throw new Error('it was accepted');
}

const port = 'spec.ingress[0].ports[0].port';
const peer = 'spec.ingress[0].from[0]';
const cidr = `${peer}.ipBlock.cidr`;
const aPort = 'it must be a whole number from 1 to 65535';
const aCidr = 'it must be a CIDR, for example "10.9.8.0/24" or "2001:db8::/64"';

const refused: readonly (readonly [string, unknown, string, string])[] = [
  ['no object', null, '', 'the object is missing; it must be a NetworkPolicy'],
  ['a list', [], '', 'the object is a list; it must be an object'],
  ['a string', 'x', '', 'the object is "x"; it must be an object'],
  ['no name', { metadata: {} }, 'metadata.name', 'metadata.name is missing; every object needs a name'],
  ['no metadata', {}, 'metadata.name', 'metadata.name is missing; every object needs a name'],
  ['metadata a list', { metadata: [] }, 'metadata', 'metadata is a list; it must be an object'],
  ['name a number', { metadata: { name: 7 } }, 'metadata.name', 'metadata.name is 7; it must be a string'],
  [
    'labels a list',
    { metadata: { ...metadata, labels: [] } },
    'metadata.labels',
    'metadata.labels is a list; it must be an object',
  ],
  [
    'a label that is a number',
    { metadata: { ...metadata, labels: { app: 1 } } },
    'metadata.labels[app]',
    'metadata.labels[app] is 1; it must be a string',
  ],
  [
    'an annotation that is true',
    { metadata: { ...metadata, annotations: { a: true } } },
    'metadata.annotations[a]',
    'metadata.annotations[a] is true; it must be a string',
  ],
  ['spec a string', withSpec('x'), 'spec', 'spec is "x"; it must be an object'],
  [
    'podSelector a list',
    withSpec({ podSelector: [] }),
    'spec.podSelector',
    'spec.podSelector is a list; it must be an object',
  ],
  [
    'matchLabels a list',
    withSpec({ podSelector: { matchLabels: ['app'] } }),
    'spec.podSelector.matchLabels',
    'spec.podSelector.matchLabels is a list; it must be an object',
  ],
  [
    'a label value that cannot exist',
    withSpec({ podSelector: { matchLabels: { app: 'a,b' } } }),
    'spec.podSelector.matchLabels',
    'spec.podSelector.matchLabels is "a,b"; it must be a label value: at most 63 letters, digits, "-", "_" or "."',
  ],
  [
    'operator Near',
    withSpec({ podSelector: { matchExpressions: [{ key: 'app', operator: 'Near' }] } }),
    'spec.podSelector.matchExpressions[0].operator',
    'spec.podSelector.matchExpressions[0].operator is "Near"; it must be "In", "NotIn", "Exists" or "DoesNotExist"',
  ],
  [
    'an expression without key',
    withSpec({ podSelector: { matchExpressions: [{ operator: 'Exists' }] } }),
    'spec.podSelector.matchExpressions[0].key',
    'spec.podSelector.matchExpressions[0].key is missing; it must be a label key such as "app" or "app.kubernetes.io/name"',
  ],
  [
    'In without values',
    withSpec({ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] } }),
    'spec.podSelector.matchExpressions[0].values',
    'spec.podSelector.matchExpressions[0].values is missing; In needs at least one value',
  ],
  [
    'Exists with values',
    withSpec({ podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['x'] }] } }),
    'spec.podSelector.matchExpressions[0].values',
    'spec.podSelector.matchExpressions[0].values is a list; Exists takes no values',
  ],
  [
    'a value that is a number',
    withSpec({ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 5] }] } }),
    'spec.podSelector.matchExpressions[0].values[1]',
    'spec.podSelector.matchExpressions[0].values[1] is 5; it must be a string',
  ],
  [
    'policyTypes a string',
    withSpec({ policyTypes: 'Ingress' }),
    'spec.policyTypes',
    'spec.policyTypes is "Ingress"; it must be a list',
  ],
  [
    'policyType Foo',
    withSpec({ policyTypes: ['Ingress', 'Foo'] }),
    'spec.policyTypes[1]',
    'spec.policyTypes[1] is "Foo"; it must be "Ingress" or "Egress"',
  ],
  [
    'three policyTypes',
    withSpec({ policyTypes: ['Ingress', 'Egress', 'Ingress'] }),
    'spec.policyTypes',
    'spec.policyTypes has 3 entries; at most two are allowed',
  ],
  [
    'ingress an object',
    withSpec({ ingress: {} }),
    'spec.ingress',
    'spec.ingress is an object; it must be a list',
  ],
  ['egress a number', withSpec({ egress: 3 }), 'spec.egress', 'spec.egress is 3; it must be a list'],
  [
    'a clause that is text',
    withIngress('x'),
    'spec.ingress[0]',
    'spec.ingress[0] is "x"; it must be an object',
  ],
  [
    'from an object',
    withIngress({}, { from: {} }),
    'spec.ingress[1].from',
    'spec.ingress[1].from is an object; it must be a list',
  ],
  [
    'to an object',
    withSpec({ egress: [{ to: {} }] }),
    'spec.egress[0].to',
    'spec.egress[0].to is an object; it must be a list',
  ],
  ['a peer that is text', withPeer('x'), peer, `${peer} is "x"; it must be an object`],
  [
    'an empty peer',
    withPeer({}),
    peer,
    `${peer} names no peer; it must have podSelector, namespaceSelector or ipBlock`,
  ],
  [
    'a null peer',
    withPeer(null),
    peer,
    `${peer} names no peer; it must have podSelector, namespaceSelector or ipBlock`,
  ],
  [
    'ipBlock beside a selector',
    withPeer({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
    peer,
    `${peer} has ipBlock and a selector; only one of the two is allowed in one peer`,
  ],
  [
    'ipBlock a string',
    withPeer({ ipBlock: 'x' }),
    `${peer}.ipBlock`,
    `${peer}.ipBlock is "x"; it must be an object`,
  ],
  ['no cidr', withBlock(undefined), cidr, `${cidr} is missing; ${aCidr}`],
  ['cidr a number', withBlock(10), cidr, `${cidr} is 10; it must be a string`],
  ['no prefix length', withBlock('10.0.0.0'), cidr, `${cidr} is "10.0.0.0"; ${aCidr}`],
  ['/33', withBlock('10.0.0.0/33'), cidr, `${cidr} is "10.0.0.0/33"; the prefix length must be from 0 to 32`],
  ['/129', withBlock('::/129'), cidr, `${cidr} is "::/129"; the prefix length must be from 0 to 128`],
  [
    '/08',
    withBlock('10.0.0.0/08'),
    cidr,
    `${cidr} is "10.0.0.0/08"; the prefix length must not have leading zeros`,
  ],
  [
    'leading zeros',
    withBlock('010.0.0.0/8'),
    cidr,
    `${cidr} is "010.0.0.0/8"; its numbers must not have leading zeros, which some programs read as octal`,
  ],
  [
    'IPv4 mapped into IPv6',
    withBlock('::ffff:10.0.0.0/104'),
    cidr,
    `${cidr} is "::ffff:10.0.0.0/104"; it must be written as IPv4, not as IPv4 mapped into IPv6`,
  ],
  ['a zone', withBlock('fe80::1%eth0/64'), cidr, `${cidr} is "fe80::1%eth0/64"; it must not name a zone`],
  ['too few numbers', withBlock('10.0/8'), cidr, `${cidr} is "10.0/8"; ${aCidr}`],
  ['a host name', withBlock('example.com/8'), cidr, `${cidr} is "example.com/8"; ${aCidr}`],
  [
    'except not inside',
    withBlock('10.0.0.0/8', ['10.1.0.0/16', '11.0.0.0/16']),
    `${peer}.ipBlock.except[1]`,
    `${peer}.ipBlock.except[1] is "11.0.0.0/16"; it must lie inside 10.0.0.0/8 and be smaller`,
  ],
  [
    'except of the same size',
    withBlock('10.0.0.0/8', ['10.0.0.0/8']),
    `${peer}.ipBlock.except[0]`,
    `${peer}.ipBlock.except[0] is "10.0.0.0/8"; it must lie inside 10.0.0.0/8 and be smaller`,
  ],
  [
    'except of the other family',
    withBlock('0.0.0.0/0', ['::/1']),
    `${peer}.ipBlock.except[0]`,
    `${peer}.ipBlock.except[0] is "::/1"; it must lie inside 0.0.0.0/0 and be smaller`,
  ],
  [
    'except a string',
    withBlock('10.0.0.0/8', '10.1.0.0/16'),
    `${peer}.ipBlock.except`,
    `${peer}.ipBlock.except is "10.1.0.0/16"; it must be a list`,
  ],
  [
    'ports an object',
    withIngress({ ports: {} }),
    'spec.ingress[0].ports',
    'spec.ingress[0].ports is an object; it must be a list',
  ],
  [
    'a port that is a number',
    withPort(80),
    'spec.ingress[0].ports[0]',
    'spec.ingress[0].ports[0] is 80; it must be an object',
  ],
  [
    'protocol XYZ',
    withPort({ protocol: 'XYZ' }),
    'spec.ingress[0].ports[0].protocol',
    'spec.ingress[0].ports[0].protocol is "XYZ"; it must be "TCP", "UDP" or "SCTP", in capitals',
  ],
  [
    'protocol in small letters',
    withPort({ protocol: 'tcp' }),
    'spec.ingress[0].ports[0].protocol',
    'spec.ingress[0].ports[0].protocol is "tcp"; it must be "TCP", "UDP" or "SCTP", in capitals',
  ],
  ['port 0', withPort({ port: 0 }), port, `${port} is 0; ${aPort}`],
  ['port 65536', withPort({ port: 65536 }), port, `${port} is 65536; ${aPort}`],
  ['port 80.5', withPort({ port: 80.5 }), port, `${port} is 80.5; ${aPort}`],
  ['port true', withPort({ port: true }), port, `${port} is true; ${aPort}`],
  ['port a list', withPort({ port: [80] }), port, `${port} is a list; ${aPort}`],
  ['port ""', withPort({ port: '' }), port, `${port} is ""; a port name must have 1 to 63 characters`],
  [
    'a port name of 64 characters',
    withPort({ port: 'a'.repeat(64) }),
    port,
    `${port} is "${'a'.repeat(59)}…"; a port name must have 1 to 63 characters`,
  ],
  [
    'endPort below port',
    withPort({ port: 90, endPort: 80 }),
    'spec.ingress[0].ports[0].endPort',
    'spec.ingress[0].ports[0].endPort is 80; it must not be below port 90',
  ],
  [
    'endPort beside a named port',
    withPort({ port: 'web', endPort: 80 }),
    'spec.ingress[0].ports[0].endPort',
    'spec.ingress[0].ports[0].endPort is 80; it may not stand beside a named port ("web")',
  ],
  [
    'endPort alone',
    withPort({ endPort: 80 }),
    'spec.ingress[0].ports[0].endPort',
    'spec.ingress[0].ports[0].endPort is 80; it may only stand beside a port',
  ],
  [
    'endPort 65536',
    withPort({ port: 80, endPort: 65536 }),
    'spec.ingress[0].ports[0].endPort',
    `spec.ingress[0].ports[0].endPort is 65536; ${aPort}`,
  ],
  [
    'endPort a string',
    withPort({ port: 80, endPort: '90' }),
    'spec.ingress[0].ports[0].endPort',
    'spec.ingress[0].ports[0].endPort is "90"; it must be a whole number',
  ],
];

describe('what cannot be read is refused with the path and a sentence', () => {
  test.each(refused)('%s', (_name, value, path, message) => {
    expect(problemOf(value)).toEqual({ path, message });
  });
});

describe('what the API server accepts is read', () => {
  test('a whole policy', () => {
    const policy = decodeNetworkPolicy({
      metadata: { ...metadata, uid: 'u', labels: { constructor: 'x' }, annotations: { a: 'b' } },
      spec: {
        podSelector: { matchLabels: { app: 'db' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          {
            from: [
              {
                podSelector: {},
                namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] },
              },
              { ipBlock: { cidr: '10.0.0.5/8', except: ['10.1.0.0/16'] } },
            ],
            ports: [{ port: 80, endPort: 90 }, { protocol: 'UDP', port: 'dns' }, {}],
          },
        ],
        egress: [{ to: [{ ipBlock: { cidr: '2001:db8::/64' } }] }],
      },
    });
    const everything = { requirements: [], text: '' };
    expect(policy).toEqual({
      namespace: 'shop',
      name: 'p',
      uid: 'u',
      labels: new Map([['constructor', 'x']]),
      annotations: new Map([['a', 'b']]),
      terminating: false,
      owned: false,
      written: null,
      spec: {
        podSelector: {
          requirements: [{ key: 'app', operator: 'In', values: ['db'], place: 'labels' }],
          text: 'app=db',
        },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          {
            peers: [
              {
                podSelector: everything,
                namespaceSelector: {
                  requirements: [{ key: 'team', operator: 'Exists', values: [], place: 0 }],
                  text: 'team',
                },
                ipBlock: null,
              },
              {
                podSelector: null,
                namespaceSelector: null,
                ipBlock: { cidr: '10.0.0.5/8', except: ['10.1.0.0/16'] },
              },
            ],
            ports: [
              { protocol: 'TCP', port: 80, endPort: 90 },
              { protocol: 'UDP', port: 'dns', endPort: null },
              { protocol: 'TCP', port: null, endPort: null },
            ],
          },
        ],
        egress: [
          {
            peers: [
              {
                podSelector: null,
                namespaceSelector: null,
                ipBlock: { cidr: '2001:db8::/64', except: [] },
              },
            ],
            ports: [],
          },
        ],
      },
    });
  });

  test('no spec stays apart from an empty one', () => {
    expect(decodeNetworkPolicy({ metadata }).spec).toBeNull();
    const empty = { podSelector: null, policyTypes: [], ingress: [], egress: [] };
    expect(decodeNetworkPolicy(withSpec({})).spec).toEqual(empty);
  });

  test('null is absent in every list and field', () => {
    const nulls = { podSelector: null, policyTypes: null, ingress: null, egress: null };
    expect(decodeNetworkPolicy(withSpec(nulls))).toEqual(decodeNetworkPolicy(withSpec({})));
    const fields = withIngress({ from: null, ports: [{ protocol: null, port: null, endPort: null }] });
    expect(decodeNetworkPolicy(fields)).toEqual(decodeNetworkPolicy(withPort({})));
    expect(decodeNetworkPolicy(withIngress(null))).toEqual(decodeNetworkPolicy(withIngress({})));
  });

  test('a generated name that is not there yet is written with a star', () => {
    const { name, namespace } = decodeNetworkPolicy({ metadata: { generateName: 'deny-' } });
    expect({ name, namespace }).toEqual({ name: 'deny-*', namespace: 'default' });
  });

  test('labels named like members of every object are data, and __proto__ is dropped', () => {
    const policy = decodeNetworkPolicy(
      JSON.parse(
        '{"metadata":{"name":"p","labels":{"__proto__":"x","toString":"y"}},' +
          '"spec":{"__proto__":{"ingress":"x"},"podSelector":{"matchLabels":{"toString":"y","__proto__":"z"}}}}',
      ),
    );
    expect(policy.labels).toEqual(new Map([['toString', 'y']]));
    expect(policy.spec?.podSelector?.text).toBe('toString=y');
    expect(policy.spec?.podSelector && matches(policy.spec.podSelector, new Map())).toBe(false);
    expect(Object.hasOwn(Object.prototype, 'ingress')).toBe(false);
  });

  test('inherited fields are not read', () => {
    expect(problemOf(Object.create({ metadata })).path).toBe('metadata.name');
  });

  test('40,000 address blocks are read', () => {
    const from = Array.from({ length: 40_000 }, (_, i) => ({
      ipBlock: { cidr: `10.${i >> 8}.${i & 255}.0/24` },
    }));
    // The second number runs past 155, never past 255.
    expect(decodeNetworkPolicy(withIngress({ from })).spec?.ingress[0]?.peers.length).toBe(40_000);
  });
});

describe('whatever comes, it is read or refused with a DecodeError', () => {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      80.5,
      65536,
      -1,
      Number.POSITIVE_INFINITY,
      '',
      'Foo',
      '10.0.0.0/33',
      '::/0',
      [],
      {},
    ),
    fc.string(),
  );
  const keys = fc.constantFrom(
    ...[
      'metadata',
      'name',
      'namespace',
      'labels',
      'spec',
      'podSelector',
      'matchLabels',
      'matchExpressions',
      'key',
    ],
    ...['operator', 'values', 'policyTypes', 'ingress', 'egress', 'from', 'to', 'ports', 'port', 'endPort'],
    ...['protocol', 'ipBlock', 'cidr', 'except', 'namespaceSelector', '__proto__', 'constructor'],
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 8, depthSize: 'medium' },
      leaf,
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(keys, tie('json'), { maxKeys: 6 }),
    ),
  }));

  test('any JSON value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(() => readOrRefuse(value)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  test('a policy with one part replaced by any JSON value', () => {
    const parts = ['metadata', 'podSelector', 'policyTypes', 'ingress', 'from', 'ports', 'peer', 'port'];
    fc.assert(
      fc.property(fc.constantFrom(...parts), json, (part, value) => {
        const or = (name: string, usual: unknown) => (name === part ? value : usual);
        const policy = {
          metadata: or('metadata', metadata),
          spec: {
            podSelector: or('podSelector', {}),
            policyTypes: or('policyTypes', ['Ingress']),
            ingress: or('ingress', [
              {
                from: or('from', [or('peer', { podSelector: {} })]),
                ports: or('ports', [or('port', { port: 80 })]),
              },
            ]),
          },
        };
        expect(() => readOrRefuse(policy)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  function readOrRefuse(value: unknown): void {
    try {
      decodeNetworkPolicy(value);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
});
