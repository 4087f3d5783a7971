import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawned } from './program.ts';

const good = (name: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress], ingress: [{}] }
`;

/** Nine levels of ten aliases each. */
const bomb = [
  'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(',')}]`),
].join('\n');

/** One fault a file; what is said of it, `FOLDER/` left out. Files without words are read. */
const files: readonly (readonly [name: string, content: string | Buffer, said: string | null])[] = [
  [
    'alias-bomb.yaml',
    bomb,
    'alias-bomb.yaml:1: Excessive alias count indicates a resource exhaustion attack',
  ],
  [
    'alias-unknown.yaml',
    'a: *b\n',
    'alias-unknown.yaml:1: Unresolved alias (the anchor must be set before the alias): b',
  ],
  [
    'binary.yaml',
    Buffer.from('89504e470d0a1a0a0000000d', 'hex'),
    'binary.yaml: it is no text: it holds a zero byte',
  ],
  ['bom.yaml', `\uFEFF${good('bom')}`, null],
  [
    'broken.yaml',
    `${good('before')}---\nkind: [\nname: x\n`,
    `broken.yaml:7:1: Flow sequence in block collection must be sufficiently indented and end with a ]
  |
7 | name: x
  | ^`,
  ],
  ['comment.yaml', '# nothing but this\n', null],
  ['crlf.yaml', good('crlf').replaceAll('\n', '\r\n'), null],
  ['deep.yaml', `a: ${'['.repeat(50_000)}`, 'deep.yaml'],
  ['empty.yaml', '', null],
  ['huge.yaml', '', 'huge.yaml: it is larger than 64 MiB'],
  ['json.json', '{"kind": "NetworkPolicy",}\n{', 'json.json'],
  [
    'latin1.yaml',
    Buffer.from('# K\xfcche\n', 'latin1'),
    'latin1.yaml:1: it is no text in UTF-8; save it in UTF-8',
  ],
  [
    'list.yaml',
    'apiVersion: v1\nkind: List\nitems: [{ apiVersion: v1, kind: List, items: [{ apiVersion: v1, kind: List }] }]\n',
    null,
  ],
  [
    'no-kind.yaml',
    'apiVersion: v1\nmetadata: {}\n',
    `no-kind.yaml:1:13: it has apiVersion v1 but no kind
  |
1 | apiVersion: v1
  |             ^`,
  ],
  ['tab.yaml', 'a:\n\tb: 1\n', 'tab.yaml'],
  ['template.yaml', 'a: {{ .Values.x }}\n', 'template.yaml'],
  ['text.yaml', 'just words\n', null],
  [
    'twice.yaml',
    'a: 1\nb: 2\na: 3\n',
    `twice.yaml:3:1: Map keys must be unique
  |
3 | a: 3
  | ^`,
  ],
  ['unknown.yaml', 'apiVersion: example.test/v1\nkind: Widget\nspec: 7\n', null],
  [
    'utf16.yaml',
    Buffer.from(`\uFEFF${good('wide')}`, 'utf16le'),
    'utf16.yaml: it is written in UTF-16; save it in UTF-8 instead',
  ],
  ['vertical.yaml', 'a: "\u0000"\n', 'vertical.yaml: it is no text: it holds a zero byte'],
];

/** Every level of a policy, and of what makes the world, with a value of a wrong type. */
const wrong: readonly string[] = [
  ...['7', '[]', 'x'].map(
    (spec) => `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: w }\nspec: ${spec}\n`,
  ),
  ...[
    'metadata: 7',
    'metadata: { name: 7 }',
    'metadata: { name: w, labels: [] }',
    'metadata: { name: w, annotations: { a: 1 } }',
  ].map(
    (line) => `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n${line}\nspec: { podSelector: {} }\n`,
  ),
  ...[
    'podSelector: 7',
    'podSelector: { matchLabels: 7 }',
    'podSelector: { matchLabels: { a: 7 } }',
    'podSelector: { matchExpressions: {} }',
    'podSelector: { matchExpressions: [7] }',
    'podSelector: { matchExpressions: [{ key: a, operator: In, values: b }] }',
    'policyTypes: Ingress',
    'policyTypes: [7]',
    'ingress: {}',
    'ingress: [7]',
    'ingress: [{ from: {} }]',
    'ingress: [{ from: [7] }]',
    'ingress: [{ from: [{ ipBlock: 10.0.0.0/8 }] }]',
    'ingress: [{ from: [{ ipBlock: { cidr: 7, except: x } }] }]',
    'ingress: [{ from: [{ namespaceSelector: x }] }]',
    'egress: [{ ports: 80 }]',
    'egress: [{ ports: [80] }]',
    'egress: [{ ports: [{ port: {}, protocol: 6, endPort: x }] }]',
  ].map(
    (line) =>
      `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: w }\nspec: { ${line} }\n`,
  ),
];

const others: readonly string[] = ['Pod', 'Service', 'Namespace', 'Node', 'ServiceAccount', 'EndpointSlice']
  .flatMap((kind) => [`v1 ${kind}`])
  .concat([
    'apps/v1 Deployment',
    'apps/v1 StatefulSet',
    'apps/v1 DaemonSet',
    'batch/v1 Job',
    'batch/v1 CronJob',
    'networking.k8s.io/v1 Ingress',
  ])
  .flatMap((type) => {
    const [version = '', kind = ''] = type.split(' ');
    const bodies = [
      'spec: 7',
      'spec: []',
      'spec: { template: 7, selector: 7, ports: 7, rules: 7, containers: 7 }',
      'metadata: []',
      'metadata: { labels: 7 }',
    ];
    return bodies.map(
      (body) =>
        `apiVersion: ${version}\nkind: ${kind}\n${body.startsWith('metadata') ? '' : 'metadata: { name: w, namespace: shop }\n'}${body}\n`,
    );
  });

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netsluice-bad-'));
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  truncateSync(join(folder, 'huge.yaml'), 100 * 1024 * 1024);
  writeFileSync(join(folder, 'zz-good.yaml'), good('good'));
  symlinkSync('loop-b.yaml', join(folder, 'loop-a.yaml'));
  symlinkSync('loop-a.yaml', join(folder, 'loop-b.yaml'));
  symlinkSync('nowhere.yaml', join(folder, 'dangling.yaml'));
  mkdirSync(join(folder, 'below'));
  symlinkSync('..', join(folder, 'below/round'));
  mkdirSync(join(folder, 'closed'), { mode: 0 });
  writeFileSync(join(folder, 'closed.yaml'), good('closed'));
  chmodSync(join(folder, 'closed.yaml'), 0);
});

const noTrace = /^\s+at |Error:|\[object|undefined|\.js:\d/m;

describe('what cannot be read is told with its place, and the rest is done', () => {
  test('netsluice lint', async () => {
    const args = ['lint', '-f', folder, '/gone', join(folder, 'below/round/none'), '-o', 'compact'];
    const { code, out, err } = await spawned(args);
    expect(code).toBe(3);
    expect(err).not.toMatch(noTrace);
    const said = err
      .replaceAll(`${folder}/`, '')
      .split('netsluice: not read: ')
      .slice(1)
      .map((text) => text.trimEnd());
    for (const [name, , words] of files) {
      const own = said.filter((text) => text.startsWith(`${name}:`));
      if (words === null) expect([name, own]).toEqual([name, []]);
      else if (words === name) expect([name, own.length > 0]).toEqual([name, true]);
      else expect(own).toEqual([words]);
    }
    const rest = said.filter((text) => !files.some(([name]) => text.startsWith(`${name}:`)));
    const root = process.getuid?.() === 0;
    expect(rest).toEqual([
      ...(root ? [] : ['closed: you may not read it', 'closed.yaml: you may not read it']),
      'dangling.yaml: there is no such file',
      'loop-a.yaml: its symbolic links lead to each other',
      'loop-b.yaml: its symbolic links lead to each other',
      '/gone: there is no such file',
      'below/round/none: there is no such file',
    ]);
    const judged = ['good', 'bom', 'crlf', 'before', ...(root ? ['closed'] : [])];
    for (const name of judged) expect(out).toContain(`(NetworkPolicy shop/${name})`);
  });

  test('a folder without a manifest, and nothing on standard input', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'netsluice-empty-'));
    expect(await spawned(['lint', '-f', empty, '-o', 'compact'])).toEqual({
      code: 3,
      out: '',
      err: `netsluice: not read: ${empty}: there is no YAML or JSON file in it\n`,
    });
    expect(await spawned(['lint', '-f', '-', '-o', 'compact'])).toEqual({ code: 0, out: '', err: '' });
  });

  test.each([
    ['connections'],
    ['trace', 'shop/a', 'shop/b', '80'],
    ['policies-for', 'shop/a'],
    ['pods-for', 'shop/good'],
  ])('netsluice %s', async (...args) => {
    const { code, err } = await spawned([...args, '-f', folder]);
    expect(code).toBe(3);
    expect(err).not.toMatch(noTrace);
    expect(err).toContain('broken.yaml:7');
    expect(err).toContain('huge.yaml: it is larger than 64 MiB');
  });

  test.each([
    ['diff', 'BAD', 'GOOD'],
    ['plan', '--base', 'GOOD', '--head', 'BAD'],
  ])('netsluice %s', async (...args) => {
    const other = mkdtempSync(join(tmpdir(), 'netsluice-good-'));
    writeFileSync(join(other, 'a.yaml'), good('good'));
    const sides = new Map([
      ['BAD', folder],
      ['GOOD', other],
    ]);
    const { code, err } = await spawned(args.map((arg) => sides.get(arg) ?? arg));
    expect([code, noTrace.test(err)]).toEqual([3, false]);
    expect(err).toContain('broken.yaml:7');
  });
});

describe('wrong types', () => {
  test('in a policy are what kube-apiserver rejects, at their place', async () => {
    const { code, out, err } = await spawned(['lint', '-f', '-', '-o', 'json'], {}, wrong.join('---\n'));
    const { findings, problems } = JSON.parse(out) as {
      findings: { rule: string; line: number }[];
      problems: object[];
    };
    expect([code, err, problems]).toEqual([1, '', []]);
    const rejected = findings.filter(({ rule }) => rule === 'api-rejects').map(({ line }) => line);
    const silent = wrong.flatMap((text, index) => {
      const first = 1 + wrong.slice(0, index).join('---\n').split('\n').length - (index === 0 ? 1 : 0);
      const last = first + text.split('\n').length;
      return rejected.some((line) => line >= first && line <= last) ? [] : [text];
    });
    expect(silent).toEqual([]);
  });

  test('in everything else are read as far as they make sense, or told', async () => {
    for (const command of [['lint'], ['connections']]) {
      const { code, err } = await spawned([...command, '-f', '-'], {}, others.join('---\n'));
      expect([command, [0, 1, 3].includes(code ?? -1), noTrace.test(err)]).toEqual([command, true, false]);
    }
  });
});
