import { describe, expect, test } from '@jest/globals';
import { type Documents, type RawObject, readDocuments } from '../../src/cluster/documents.ts';

function read(text: string, file = 'a.yaml'): Documents {
  return readDocuments([{ file, text }]);
}

function only(text: string): RawObject {
  const { objects, problems } = read(text);
  expect([problems, objects.length]).toEqual([[], 1]);
  return objects[0]!;
}

/** `line:column text`, as an editor would select it. */
function at(object: RawObject, path: string): string {
  const { line, column, endColumn, source } = object.spanOf(path);
  return `${line}:${column} ${source.slice(column - 1, endColumn - 1)}`;
}

const policy = `# comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  labels: { app.kubernetes.io/name: x, plain: y1 }
spec:
  podSelector: {}
  ingress:
    - from:
        - podSelector:
            matchLabels: &labels
              app: web
        - ipBlock: { cidr: 10.0.0.0/8 } # trailing
      ports:
        - port: "80"
        -
          protocol: UDP
    - from: [{ podSelector: { matchLabels: *labels } }]
`;

describe('places', () => {
  test.each([
    ['spec', '7:1 spec'],
    ['spec.podSelector', '8:16 {}'],
    ['spec.ingress', '9:3 ingress'],
    ['spec.ingress[0]', '10:7 from:'],
    ['spec.ingress[0].from[0]', '11:11 podSelector:'],
    ['spec.ingress[0].from[0].podSelector', '11:11 podSelector'],
    ['spec.ingress[0].from[0].podSelector.matchLabels.app', '13:20 web'],
    ['spec.ingress[0].from[1].ipBlock', '14:20 { cidr: 10.0.0.0/8 }'],
    ['spec.ingress[0].from[1].ipBlock.cidr', '14:28 10.0.0.0/8'],
    ['spec.ingress[0].ports[0].port', '16:17 "80"'],
    ['spec.ingress[0].ports[1]', '18:11 protocol: UDP'],
    ['spec.ingress[1].from[0].podSelector.matchLabels.app', '13:20 web'],
    ['metadata.labels[app.kubernetes.io/name]', '6:37 x'],
    ['metadata.name', '5:9 web'],
  ])('%s', (path, place) => {
    expect(at(only(policy), path)).toBe(place);
  });

  test('what is not written down is shown at the deepest part that is, or at the name', () => {
    const object = only(policy);
    expect(at(object, 'spec.ingress[0].from[1].ipBlock.except[0]')).toBe('14:20 { cidr: 10.0.0.0/8 }');
    expect(at(object, 'spec.egress[0]')).toBe('7:1 spec');
    expect(at(object, 'status')).toBe('5:9 web');
    expect(at(only('apiVersion: v1\nkind: Pod\n'), 'spec')).toBe('1:1 apiVersion: v1');
  });

  test('carriage returns, a byte order mark and tabs in JSON move nothing', () => {
    const crlf = only('\ufeffapiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n');
    expect(at(crlf, 'metadata.name')).toBe('4:9 a');
    expect(crlf.spanOf('metadata').source).toBe('metadata:');
    expect(
      at(only('{\n\t"apiVersion": "v1",\n\t"kind": "Pod",\n\t"metadata": {"name": "a"}\n}'), 'metadata.name'),
    ).toBe('4:23 "a"');
  });
});

describe('documents', () => {
  test('several in a file, and Lists in Lists; items of a typed List may leave out what they are', () => {
    const { objects, problems, strangers } = read(`apiVersion: v1
kind: Namespace
metadata: { name: a }
---
# nothing
---
foo: bar
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: PodList
    items:
      - metadata: { name: p }
  - just: this
`);
    expect([problems, strangers]).toEqual([[], 2]);
    expect(objects.map(({ type, value }) => [type.kind, (value as { metadata: object }).metadata])).toEqual([
      ['Namespace', { name: 'a' }],
      ['Pod', { name: 'p' }],
    ]);
    expect(at(objects[1]!, 'metadata.name')).toBe('15:27 p');
  });

  test.each([
    ['a broken document', 'kind: [\n', 2, /^Flow sequence/],
    ['a tab', 'a:\n\tb: 1\n', 2, /^Tabs are not allowed as indentation/],
    ['a key twice', 'kind: Pod\nkind: Pod\n', 2, /^Map keys must be unique$/],
    ['a template', 'metadata:\n  {{ .Values.x }}\n', 2, /plain value; it looks like a Helm template/],
    ['an alias without an anchor', 'apiVersion: v1\nkind: Pod\na: *b\n', 1, /anchor/],
    ['half a type', 'kind: Pod\n', 1, /^Pod has no apiVersion$/],
    ['the other half', 'metadata: {}\napiVersion: v1\n', 2, /^it has apiVersion v1 but no kind$/],
    ['a zero byte', 'a\0b', undefined, /^it is no text: it holds a zero byte$/],
  ])('%s is a problem, and what stands beside it is read', (_, text, line, message) => {
    const fine = { file: 'fine.yaml', text: 'apiVersion: v1\nkind: Pod\n' };
    const { objects, problems } = readDocuments([{ file: 'bad.yaml', text }, fine]);
    expect(objects.map(({ file }) => file)).toEqual(['fine.yaml']);
    expect(problems).toHaveLength(1);
    expect([problems[0]!.file, problems[0]!.line]).toEqual(['bad.yaml', line]);
    expect(problems[0]!.message).toMatch(message);
  });

  test('one broken document of a file does not hide the others', () => {
    const { objects, problems } = read(
      'apiVersion: v1\nkind: Pod\n---\na: "\n---\napiVersion: v1\nkind: Pod\n',
    );
    expect(objects.length).toBeGreaterThanOrEqual(1);
    expect(problems).toHaveLength(1);
  });

  test('bombs: aliases that multiply, and nests without end', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i += 1) {
      const [from, to] = ['abcdefghij'[i - 1]!, 'abcdefghij'[i]!];
      lines.push(`${to}: &${to} [${`*${from}, `.repeat(9)}]`);
    }
    expect(read(lines.join('\n')).problems).toEqual([
      { file: 'a.yaml', line: 1, message: 'Excessive alias count indicates a resource exhaustion attack' },
    ]);
    const [deep] = read(`a: ${'['.repeat(20_000)}`).problems;
    expect(deep?.message).toMatch(/^it is nested too deeply to be read$/);
  });
});

describe('scalars with two meanings', () => {
  const meanings = (value: string): string[] => {
    const object = only(`apiVersion: v1\nkind: Pod\nspec: { x: ${value} }\n`);
    const read = JSON.stringify((object.value as { spec: { x: unknown } }).spec.x);
    const told = object.doubleMeanings.map(
      ({ path, written, old, recent, span }) =>
        `${path} ${written} ${old} ${recent} ${span.line}:${span.column}`,
    );
    return [read, ...told];
  };

  test.each([
    ['yes', 'true', 'spec.x yes true "yes" 3:12'],
    ['on', 'true', 'spec.x on true "on" 3:12'],
    ['No', 'false', 'spec.x No false "No" 3:12'],
    ['n', 'false', 'spec.x n false "n" 3:12'],
    ['010', '8', 'spec.x 010 8 10 3:12'],
    ['1_000', '1000', 'spec.x 1_000 1000 "1_000" 3:12'],
    ['0b11', '3', 'spec.x 0b11 3 "0b11" 3:12'],
    ['12:30:45', '"12:30:45"', 'spec.x 12:30:45 45045 "12:30:45" 3:12'],
  ])('%s is read as kubectl reads it, and told', (text, value, told) => {
    expect(meanings(text)).toEqual([value, told]);
  });

  test.each([
    '"yes"',
    "'010'",
    'true',
    '10',
    '0',
    '0o10',
    '089',
    'yes please',
    '10.0.0.0/8',
    '::1',
    '2001:db8::1',
    '1.5',
    '~',
    '!!str yes',
  ])('%s means the same to everybody', (text) => {
    expect(meanings(text)).toHaveLength(1);
  });

  test('in an item of a List the path starts at the item', () => {
    const { objects } = read(
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  a: { b: on }\n',
    );
    expect(objects[0]!.doubleMeanings.map(({ path }) => path)).toEqual(['a.b']);
  });
});

describe('what notes have among their YAML', () => {
  test('commands are told and taken for comments; the rest is read', () => {
    const text =
      'cat <<EOF | kubectl apply -f -\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nEOF\n$ kubectl get pods\n';
    const { objects, problems } = read(text);
    const message = 'a command is no YAML: take it out; the rest is read';
    expect([objects.map(({ type }) => type.kind), problems]).toEqual([
      ['Pod'],
      [
        { file: 'a.yaml', line: 1, column: 1, message },
        { file: 'a.yaml', line: 6, column: 1, message },
      ],
    ]);
    expect(objects[0]?.spanOf('metadata.name')).toMatchObject({ line: 4, column: 18 });
  });

  test.each([
    ['spec:\n  podSelector: {}\n  ingress:[]\n', 'write a blank after the colon'],
    ['spec:\n  order: 20\n  ...rules here...\n', 'write what the dots stand for'],
  ])('%j', (text, hint) => {
    expect(read(text).problems[0]?.message.split('; ')[1]).toBe(hint);
  });

  test.each([
    ['no apiVersion', 'kind: NetworkPolicy\nspec: {}\n', 1, 0],
    ['no kind', 'apiVersion: networking.k8s.io/v1\nspec: {podSelector: {}, ingress: []}\n', 1, 0],
    ['no type at all', 'spec: {podSelector: {}, ingress: []}\n', 0, 1],
    ['a key in capitals', 'Kind: NetworkPolicy\nspec: {}\n', 0, 1],
  ])('a policy with %s is a fragment, and counts as what it was', (_, text, problems, strangers) => {
    const found = read(text);
    expect([found.objects.length, found.problems.length, found.strangers]).toEqual([0, problems, strangers]);
    expect(found.fragments.map(({ problem }) => problem)).toEqual([found.problems[0] ?? null]);
  });

  test.each(['kind: Pod\n', 'spec: {podSelector: {}}\n', 'spec: {selector: {}, ingress: []}\n'])(
    '%j is none',
    (text) => {
      expect(read(text).fragments).toEqual([]);
    },
  );
});
