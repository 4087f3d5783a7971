import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAllDocuments, stringify } from 'yaml';
import { documentTexts, editedDocument } from '../../src/cluster/documents-edit.ts';
import { valueAfter } from '../../src/cluster/edit-value.ts';
import type { FixStep, Json } from '../../src/model/finding.ts';

const policy = `# who may reach the shop
apiVersion: networking.k8s.io/v1   # the only version
kind: NetworkPolicy
metadata:
  name: "web"

  # the team's
  namespace: shop # never default
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes:
    - Ingress # in
  # from the front
  ingress:
    - from:
        - podSelector: {}   # everybody
        # and ops
        - namespaceSelector:
            matchLabels:
              team: 'ops'
      ports:
        - port: 8080

    - {}
# the end
`;

/** The lines that a step takes away and brings, as a diff tells them. */
function changed(text: string, ...steps: FixStep[]): string[] {
  const after = editedDocument(text, '', steps);
  if (after === null) return ['refused'];
  const [old, recent] = [text.split('\n'), after.split('\n')];
  let head = 0;
  while (head < old.length && old[head] === recent[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, recent.length) - head && old.at(-1 - tail) === recent.at(-1 - tail))
    tail += 1;
  return [
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...recent.slice(head, recent.length - tail).map((line) => `+${line}`),
  ];
}

const set = (at: string, value: Json): FixStep => ({ op: 'set', at, value });
const append = (at: string, value: Json): FixStep => ({ op: 'append', at, value });
const remove = (at: string): FixStep => ({ op: 'remove', at });
const rename = (at: string, to: string): FixStep => ({ op: 'rename', at, to });

describe('only what a step is about is written anew', () => {
  test.each<[string, FixStep, string[]]>([
    [
      'a plain value',
      set('spec.ingress[0].ports[0].port', 80),
      ['-        - port: 8080', '+        - port: 80'],
    ],
    [
      'a value with a comment',
      set('metadata.namespace', 'till'),
      ['-  namespace: shop # never default', '+  namespace: till # never default'],
    ],
    [
      'a flow map',
      set('spec.podSelector', {}),
      ['-  podSelector: { matchLabels: { app: web } }', '+  podSelector: {}'],
    ],
    [
      'a value in a flow map',
      set('spec.podSelector.matchLabels.app', 'yes'),
      ['-  podSelector: { matchLabels: { app: web } }', '+  podSelector: { matchLabels: { app: "yes" } }'],
    ],
    [
      'a new field in a flow map',
      set('spec.podSelector.matchLabels[a.b/c]', 'd'),
      [
        '-  podSelector: { matchLabels: { app: web } }',
        '+  podSelector: { matchLabels: { app: web, a.b/c: d } }',
      ],
    ],
    [
      'a block list by a short one',
      set('spec.policyTypes', ['Ingress', 'Egress']),
      ['-  policyTypes:', '-    - Ingress # in', '+  policyTypes: [Ingress, Egress] # in'],
    ],
    ['an item more', append('spec.policyTypes', 'Egress'), ['+    - Egress']],
    [
      'an item that is a map',
      append('spec.ingress[0].ports', { protocol: 'UDP', port: 53 }),
      ['+        - protocol: UDP', '+          port: 53'],
    ],
    [
      'an item with lists in it',
      append('spec.ingress', { from: [{ podSelector: {} }], ports: [] }),
      ['+    - from:', '+        - podSelector: {}', '+      ports: []'],
    ],
    ['a list that is not there yet', append('spec.egress', { to: [] }), ['+  egress:', '+    - to: []']],
    [
      'a field of a new map',
      set('metadata.labels[app.kubernetes.io/name]', 'web'),
      ['+  labels:', '+    app.kubernetes.io/name: web'],
    ],
    ['a field out', remove('spec.ingress[0].ports'), ['-      ports:', '-        - port: 8080']],
    [
      'a field with a dash before it',
      remove('spec.ingress[0].from'),
      [
        '-    - from:',
        '-        - podSelector: {}   # everybody',
        '-        # and ops',
        '-        - namespaceSelector:',
        '-            matchLabels:',
        "-              team: 'ops'",
        '-      ports:',
        '+    - ports:',
      ],
    ],
    ['an item out', remove('spec.ingress[0].from[0]'), ['-        - podSelector: {}   # everybody']],
    ['the last item out', remove('spec.ingress[1]'), ['-    - {}']],
    [
      'the only item out',
      remove('spec.policyTypes[0]'),
      ['-  policyTypes:', '-    - Ingress # in', '+  policyTypes: [] # in'],
    ],
    [
      'the only field out',
      remove('spec.ingress[0].from[1].namespaceSelector.matchLabels.team'),
      ['-            matchLabels:', "-              team: 'ops'", '+            matchLabels: {}'],
    ],
    [
      'a key in a flow map',
      rename('spec.podSelector.matchLabels', 'labels'),
      ['-  podSelector: { matchLabels: { app: web } }', '+  podSelector: { labels: { app: web } }'],
    ],
    [
      'a key before a block',
      rename('spec.ingress[0].from[1].namespaceSelector', 'podSelector'),
      ['-        - namespaceSelector:', '+        - podSelector:'],
    ],
    [
      'a block by another',
      set('spec.ingress[0].from[1]', { ipBlock: { cidr: '10.0.0.0/8' } }),
      [
        '-        - namespaceSelector:',
        '-            matchLabels:',
        "-              team: 'ops'",
        '+        - ipBlock:',
        '+            cidr: 10.0.0.0/8',
      ],
    ],
    [
      'a flow item by a block',
      set('spec.ingress[1]', { from: [{ podSelector: {} }] }),
      ['-    - {}', '+    - from:', '+        - podSelector: {}'],
    ],
    [
      'a flow value by a block',
      set('spec.podSelector', { matchLabels: { a: 'b' } }),
      [
        '-  podSelector: { matchLabels: { app: web } }',
        '+  podSelector:',
        '+    matchLabels:',
        '+      a: b',
      ],
    ],
  ])('%s', (_, step, lines) => {
    expect(changed(policy, step)).toEqual(lines);
  });

  test('steps are taken in order, each on what the one before left', () => {
    const steps = [
      remove('spec.ingress[0]'),
      set('spec.ingress[0].from', []),
      append('spec.policyTypes', 'Egress'),
    ];
    expect(editedDocument(policy, '', steps)).toBe(`# who may reach the shop
apiVersion: networking.k8s.io/v1   # the only version
kind: NetworkPolicy
metadata:
  name: "web"

  # the team's
  namespace: shop # never default
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes:
    - Ingress # in
    - Egress
  # from the front
  ingress:

    - from: []
# the end
`);
  });
});

describe('layouts', () => {
  test('lists flush with their key stay so', () => {
    const text = 'spec:\n  ingress:\n  - from:\n    - podSelector: {}\n  podSelector: {}\n';
    expect(editedDocument(text, '', [append('spec.ingress', { from: [{ podSelector: {} }] })])).toBe(
      'spec:\n  ingress:\n  - from:\n    - podSelector: {}\n  - from:\n    - podSelector: {}\n  podSelector: {}\n',
    );
  });

  test('CRLF, a byte order mark, a file without a last line end, separators', () => {
    const text = '\uFEFF---\r\n# a\r\nspec:\r\n  podSelector: {}\r\n  policyTypes: [ Ingress ]';
    expect(editedDocument(text, '', [append('spec.policyTypes', 'Egress'), set('spec.egress', [])])).toBe(
      '\uFEFF---\r\n# a\r\nspec:\r\n  podSelector: {}\r\n  policyTypes: [ Ingress, Egress ]\r\n  egress: []',
    );
    expect(editedDocument('a: 1\nb: 2', '', [remove('b')])).toBe('a: 1');
    expect(editedDocument('\uFEFFa: 1\r\nb: 2\r\n', '', [set('c', true)])).toBe(
      '\uFEFFa: 1\r\nb: 2\r\nc: true\r\n',
    );
  });

  test('nothing written is no hindrance', () => {
    expect(editedDocument('spec:\n  egress: # none\n  x: 1\n', '', [append('spec.egress', {})])).toBe(
      'spec:\n  egress:\n    - {} # none\n  x: 1\n',
    );
    expect(editedDocument('spec: {}\n', '', [set('spec.podSelector', {})])).toBe(
      'spec:\n  podSelector: {}\n',
    );
    expect(editedDocument('metadata:\nspec: {}\n', '', [set('metadata.name', 'a')])).toBe(
      'metadata:\n  name: a\nspec: {}\n',
    );
  });

  test('JSON stays JSON', () => {
    const text = JSON.stringify({ spec: { policyTypes: ['Ingress'], ingress: [{}, { from: [] }] } }, null, 2);
    const steps = [
      append('spec.policyTypes', 'Egress'),
      remove('spec.ingress[1]'),
      set('spec.egress', [{ to: [] }]),
    ];
    expect(editedDocument(text, '', steps)).toBe(`{
  "spec": {
    "policyTypes": [
      "Ingress",
      "Egress"
    ],
    "ingress": [
      {}
    ],
    "egress": [{"to": []}]
  }
}`);
    expect(
      editedDocument('{"a":{"b":1},"c":[]}', '', [append('c', 'yes'), remove('a.b'), rename('c', 'd')]),
    ).toBe('{"a":{},"d":["yes"]}');
  });

  test('an object in a List', () => {
    const text = 'kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 1\n';
    expect(editedDocument(text, 'items[1]', [set('x', 2), set('z', 3)])).toBe(
      'kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 2\n  z: 3\n',
    );
  });

  test('trailing commas, comments in flow, and texts of several lines', () => {
    expect(editedDocument('a: [\n  x, # one\n  y, # two\n]\n', '', [append('a', 'z')])).toBe(
      'a: [\n  x, # one\n  y,\n  z, # two\n]\n',
    );
    expect(editedDocument('a: |\n  text\n\nb: 1\n', '', [set('a', 'c')])).toBe('a: c\n\nb: 1\n');
    expect(editedDocument('b: 1\na: |\n  text\n', '', [set('c', 1)])).toBe('b: 1\na: |\n  text\nc: 1\n');
  });

  test('an anchor stays, and what an alias repeats is not changed elsewhere', () => {
    const text = 'a: &x { b: 1 }\nc: *x\nd: &y 1\n';
    expect(editedDocument(text, '', [set('d', 2)])).toBe('a: &x { b: 1 }\nc: *x\nd: &y 2\n');
    expect(editedDocument(text, '', [set('a.b', 2)])).toBeNull();
    expect(editedDocument(text, '', [set('c.b', 2)])).toBeNull();
    expect(editedDocument(text, '', [remove('a')])).toBeNull();
    expect(editedDocument(text, '', [set('c', 2)])).toBe('a: &x { b: 1 }\nc: 2\nd: &y 1\n');
  });
});

test.each<[string, FixStep]>([
  ['no such field', remove('spec.nothing')],
  ['no such item', remove('spec.ingress[7]')],
  ['an item that would be made of nothing', set('spec.egress[0].to', [])],
  ['a list that is none', append('spec.podSelector', 1)],
  ['a name that is taken', rename('spec.ingress', 'podSelector')],
  ['the whole', remove('')],
])('refused: %s', (_, step) => {
  expect(changed(policy, step)).toEqual(['refused']);
});

test('the texts of the documents are the file', () => {
  const text = '# a\nx: 1\n---\n# b\n---\ny: 2\n...\n# c\n---\nz: 3';
  expect(documentTexts(text)).toEqual(['# a\nx: 1\n', '---\n# b\n', '---\ny: 2\n...\n', '# c\n---\nz: 3']);
  expect(documentTexts('')).toEqual(['']);
});

describe('whatever the document', () => {
  const name = fc.constantFrom('a', 'b', 'yes', '1', 'x.y/z', '-', 'on a');
  const scalar = fc.oneof(
    name,
    fc.integer({ min: -9, max: 99 }),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
  );
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));

  /** Every path of a value. */
  function paths(value: Json, at = ''): string[] {
    if (Array.isArray(value))
      return value.flatMap((item: Json, i) => [`${at}[${i}]`, ...paths(item, `${at}[${i}]`)]);
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, field]) => [
      `${at}[${key}]`,
      ...paths(field as Json, `${at}[${key}]`),
    ]);
  }

  const style = fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom<'any' | 'flow' | 'block'>('any', 'flow', 'block'),
  });

  test('what is written says what was meant, or nothing is written', () => {
    let [done, refused] = [0, 0];
    fc.assert(
      fc.property(
        fc.dictionary(name, tree, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
        tree,
        fc.nat(),
        fc.nat(3),
        style,
        (root, value, pick, op, options) => {
          const text = stringify(root, options);
          const all = paths(root as Json);
          const at = all[pick % all.length] ?? '';
          const step = [set(at, value), append(at, value), remove(at), rename(at, 'new')][op] as FixStep;
          const wanted = valueAfter(parseAllDocuments(text)[0]?.toJS(), [step], '');
          const edited = editedDocument(text, '', [step]);
          if (edited === null) {
            if (wanted !== null) refused += 1;
            return;
          }
          done += 1;
          expect(parseAllDocuments(edited)[0]?.toJS()).toEqual(wanted?.value);
        },
      ),
      { numRuns: 300 },
    );
    expect(done).toBeGreaterThan(refused * 4);
  });
});
