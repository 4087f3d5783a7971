import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { apiRejections } from '../../src/dialects/api-network-policy.ts';
import { type Cluster, startCluster } from '../control-plane/cluster.ts';

const path =
  '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?dryRun=All&fieldValidation=Strict';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
}, 60_000);

type Bad = Readonly<Record<string, unknown>>;

/** What the API server says, as `field: message`, sorted; the message alone where it names no field. */
async function serverSays(object: Bad): Promise<string[]> {
  const { status, text } = await cluster.request('POST', path, { body: object });
  const answer = JSON.parse(text) as {
    message: string;
    details?: { causes?: readonly { field: string; message: string }[] };
  };
  if (status === 201) return [];
  const causes = answer.details?.causes ?? [];
  // The server also tells of the name that it made out of a bad prefix.
  const own = causes.filter(({ message }) => !/"Deny-[a-z0-9]{5}"/.test(message));
  return causes.length > 0
    ? [...new Set(own.map(({ field, message }) => `${field}: ${message}`))].sort()
    : [answer.message];
}

/** What netsluice says without asking anybody, in the same form. */
function netsluiceSays(object: Bad): string[] {
  const found = apiRejections(object).map(({ field, body }) => (field === '' ? body : `${field}: ${body}`));
  return [...new Set(found)].sort();
}

function named(metadata: Bad): Bad {
  const type = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
  return { ...type, metadata, spec: { podSelector: {} } };
}

function withSpec(spec: unknown): Bad {
  return { ...named({ name: 'bad' }), spec };
}

const ingress = (...clauses: unknown[]): Bad => withSpec({ podSelector: {}, ingress: clauses });
const egress = (...clauses: unknown[]): Bad => withSpec({ podSelector: {}, egress: clauses });
const ports = (...entries: unknown[]): Bad => ingress({ ports: entries });
const peers = (...entries: unknown[]): Bad => egress({ to: entries });
const block = (cidr: unknown, ...except: unknown[]): Bad => peers({ ipBlock: { cidr, except } });
const expression = (...entries: unknown[]): Bad => withSpec({ podSelector: { matchExpressions: entries } });
const labels = (matchLabels: unknown): Bad => withSpec({ podSelector: { matchLabels } });

const long = 'x'.repeat(64);

/** Field validation: the server tells every fault, and so does netsluice. */
const fields: readonly (readonly [what: string, object: Bad])[] = [
  ['no name', named({})],
  ['an upper-case name', named({ name: 'Deny' })],
  ['a name with an underscore', named({ name: 'default_deny' })],
  ['a name that is too long', named({ name: 'x'.repeat(254) })],
  ['a bad generateName', named({ generateName: 'Deny-' })],
  ['labels', named({ name: 'a', labels: { 'a b': 'c d', 'x/y/z': '', '/x': '', 'A_/x': '', [long]: long } })],
  ['a long prefix', named({ name: 'a', labels: { [`${'x'.repeat(254)}/y`]: '' } })],
  ['an empty label key', named({ name: 'a', labels: { '': 'x', 'example.com/': 'x' } })],
  ['annotations', named({ name: 'a', annotations: { 'a b': 'anything goes' } })],
  ['large annotations', named({ name: 'a', annotations: { a: 'x'.repeat(262_144) } })],
  ['owners', named({ name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: '' }] })],
  ['finalizers', named({ name: 'a', finalizers: ['example.com/ok', 'a b', 'plain', 'orphan'] })],
  ['matchLabels', labels({ 'app!': 'web', app: 'web server', long, '-x': '-y' })],
  ['an operator', expression({ key: 'app', operator: 'in', values: ['a'] })],
  [
    'In without values',
    expression({ key: 'app', operator: 'In' }, { key: 'b', operator: 'NotIn', values: [] }),
  ],
  ['Exists with values', expression({ key: 'app', operator: 'Exists', values: ['a'] })],
  ['a key and a value', expression({ key: '', operator: 'In', values: ['a b', long] })],
  ['a lower-case protocol', ports({ protocol: 'tcp', port: 80 }, { protocol: 'ICMP' }, { protocol: '' })],
  ['port numbers', ports({ port: 0 }, { port: -1 }, { port: 65536 })],
  ['quoted ports', ports({ port: '80' }, { port: '1024-65535' }, { port: '80-90' })],
  ['port names', ports({ port: 'HTTP' }, { port: 'a--b' }, { port: '-a' }, { port: 'a-' }, { port: '' })],
  ['a long port name', ports({ port: 'sixteen-letters-x' })],
  ['ranges', ports({ port: 90, endPort: 80 }, { port: 1, endPort: 65536 }, { port: 5, endPort: 0 })],
  ['endPort without port', ports({ endPort: 80 }, { port: 'web', endPort: 80 })],
  ['empty peers', peers({}, null)],
  ['a block and a selector', peers({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} })],
  ['a peer in ingress', ingress({ from: [{ namespaceSelector: { matchLabels: { 'a b': '' } } }] })],
  ['an empty cidr', block('')],
  [
    'texts that are no CIDR',
    peers(
      ...['10.0.0.1', 'x', '10.0.0.0/33', '::/129', 'fe80::1%eth0/64', '1.2.3/8'].map((cidr) => ({
        ipBlock: { cidr },
      })),
    ),
  ],
  ['leading zeros', peers(...['010.0.0.0/8', '10.0.0.0/08'].map((cidr) => ({ ipBlock: { cidr } })))],
  ['host bits', peers(...['10.0.0.5/24', '2001:db8::1/64'].map((cidr) => ({ ipBlock: { cidr } })))],
  ['a mapped address', block('::ffff:10.0.0.0/104')],
  [
    'except outside',
    block('10.0.0.0/8', '192.168.0.0/16', '10.0.0.0/8', '0.0.0.0/0', '::/0', 'x', '10.0.0.5/24'),
  ],
  ['three policyTypes', withSpec({ podSelector: {}, policyTypes: ['Ingress', 'Egress', 'Foo'] })],
  ['unknown policyTypes', withSpec({ podSelector: {}, policyTypes: ['ingress', 'Both'] })],
];

/** What it lets through: rules of netsluice's own speak here, if anything does. */
const fine: readonly (readonly [what: string, object: Bad])[] = [
  ['no spec', { ...named({ name: 'a' }), spec: undefined }],
  ['no podSelector', withSpec({})],
  ['a generated name', named({ generateName: 'deny-' })],
  ['nulls', withSpec({ podSelector: null, ingress: null, egress: [null], policyTypes: null })],
  ['duplicate policyTypes', withSpec({ podSelector: {}, policyTypes: ['Ingress', 'Ingress'] })],
  ['empty lists', ingress({ from: [], ports: [{}] })],
  ['any address', block('0.0.0.0/0', '10.0.0.0/8')],
  ['upper-case annotation keys', named({ name: 'a', annotations: { 'Example.COM/x': '' } })],
  ['a contradiction', expression({ key: 'a', operator: 'Exists' }, { key: 'a', operator: 'DoesNotExist' })],
];

/** Decoding: the server stops at the first fault of this kind. */
const shapes: readonly (readonly [what: string, object: Bad])[] = [
  ['ingress as an object', withSpec({ podSelector: {}, ingress: { from: [] } })],
  ['from as an object', ingress({ from: { podSelector: {} } })],
  ['a fraction of a port', ports({ port: 80.5 })],
  ['a port that is true', ports({ port: true })],
  ['a port that is a list', ports({ port: [80] })],
  ['a port beyond 32 bits', ports({ port: 99_999_999_999 })],
  ['policyTypes as a word', withSpec({ podSelector: {}, policyTypes: 'Ingress' })],
  ['a label that is true', labels({ app: true })],
  ['a label that is a number', named({ name: 'a', labels: { version: 1 } })],
  ['a quoted endPort', ports({ port: 1, endPort: '2' })],
  ['podSelector as a list', withSpec({ podSelector: [] })],
  ['spec as a word', withSpec('deny')],
  ['cidr as a list', block(['10.0.0.0/8'])],
  ['a peer that is a word', peers('web')],
  ['a protocol that is a number', ports({ protocol: 6 })],
  ['a name that is a number', named({ name: 5 })],
];

const unknown: readonly (readonly [what: string, object: Bad])[] = [
  ['Spec', { ...named({ name: 'a' }), Spec: {} }],
  ['status', { ...named({ name: 'a' }), status: {} }],
  ['namespaceselector', peers({ namespaceselector: {}, podSelector: {} })],
  ['ingress beside spec', { ...named({ name: 'a' }), ingress: [] }],
  ['ports in a peer', ingress({ from: [{ podSelector: {}, ports: [] }] })],
  ['two at once', { ...named({ name: 'a', clusterName: 'x' }), specs: {} }],
];

describe('what kube-apiserver rejects, netsluice knows without it', () => {
  test.each(fields)('%s', async (_, object) => {
    const said = await serverSays(object);
    expect(said.length).toBeGreaterThan(0);
    expect(netsluiceSays(object)).toEqual(said);
  });

  test.each(fine)('and what it lets through: %s', async (_, object) => {
    expect([await serverSays(object), netsluiceSays(object)]).toEqual([[], []]);
  });

  test.each(shapes)('a wrong type: %s', async (_, object) => {
    expect(netsluiceSays(object)).toEqual(await serverSays(object));
  });

  test.each(unknown)('a field that it does not know: %s', async (_, object) => {
    const [said = ''] = await serverSays(object);
    const mark = 'strict decoding error: ';
    const told = said
      .slice(said.indexOf(mark) + mark.length)
      .split(', ')
      .sort();
    expect(netsluiceSays(object).map((text) => text.slice(text.indexOf(mark) + mark.length))).toEqual(told);
    expect(netsluiceSays(object).every((text) => said.startsWith(text.slice(0, text.indexOf(mark))))).toBe(
      true,
    );
  });

  test('and whatever stands in one place of a policy, both say the same', async () => {
    const differences: object[] = [];
    let rejected = 0;
    for (const object of mutants()) {
      const [server, own] = [await serverSays(object), netsluiceSays(object)];
      rejected += server.length > 0 ? 1 : 0;
      // Of values that cannot be decoded the server tells the first.
      const same = own.join('\n') === server.join('\n') || (server.length === 1 && own.includes(server[0]!));
      if (!same) differences.push({ object: JSON.stringify(object), server, own });
    }
    expect(differences).toEqual([]);
    expect(rejected).toBeGreaterThan(400);
  }, 300_000);
});

const whole = (): Bad => ({
  ...named({
    name: 'a',
    labels: { a: 'b' },
    annotations: { a: 'b' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
    finalizers: ['example.com/f'],
  }),
  spec: {
    podSelector: {
      matchLabels: { app: 'x' },
      matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }],
    },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [
          { podSelector: {} },
          { namespaceSelector: { matchLabels: { team: 'x' } } },
          { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
        ],
        ports: [{ port: 80, endPort: 90, protocol: 'TCP' }, { port: 'http' }],
      },
    ],
    egress: [{}],
  },
});

const oddities: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  '',
  'x',
  'X y',
  true,
  [],
  {},
  [null],
  ['x'],
  { x: 1 },
  { x: 'y' },
  [[]],
  3e9,
  '10.0.0.0/8',
];

/** A policy with one odd value in every place, one after the other. */
function* mutants(): Iterable<Bad> {
  for (const path of pathsIn(whole()['spec'], ['spec']).concat(pathsIn(whole()['metadata'], ['metadata']))) {
    for (const oddity of oddities) {
      const object = whole();
      let parent = object as Record<string, unknown>;
      for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
      parent[path.at(-1)!] = oddity;
      yield object;
    }
  }
}

function pathsIn(value: unknown, path: readonly string[]): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

test('what generate default-deny prints is accepted', async () => {
  const text = readFileSync(join('test', 'cli', 'generated', 'payments.yaml'), 'utf8');
  const policies = parseAllDocuments(text).flatMap((document) => {
    const value: Bad | null = document.toJS();
    return value === null ? [] : [value];
  });
  expect(policies).toHaveLength(4);
  for (const policy of policies) {
    const { name } = policy['metadata'] as { name: string };
    const here = { ...policy, metadata: { name, namespace: 'default' } };
    expect([name, await serverSays(here), netsluiceSays(here)]).toEqual([name, [], []]);
  }
});
