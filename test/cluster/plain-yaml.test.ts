import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LineCounter, parseAllDocuments } from 'yaml';
import { collectionKeyIn, settleScalars } from '../../src/cluster/documents-scalars.ts';
import { readPlainYaml } from '../../src/cluster/plain-yaml.ts';
import { randomFrom } from '../support/reference/random.ts';

/** What the whole reader makes of a text; null where it finds an error or a scalar with two meanings. */
function wholly(text: string): unknown[] | null {
  const values: unknown[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: new LineCounter(), merge: true })) {
    if (document.errors.length > 0 || collectionKeyIn(document.contents) !== null) return null;
    if (settleScalars(document).length > 0) return null;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (document.contents !== null && value !== null) values.push(value);
  }
  return values;
}

function manifestsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(folder, name));
}

const corpus = ['examples', 'test/fixtures', 'deploy']
  .flatMap(manifestsBelow)
  .sort()
  .map((file) => readFileSync(file, 'utf8'));

describe('the quick reader', () => {
  test('reads most manifests of this repository, and as the whole reader does', () => {
    let read = 0;
    for (const text of corpus) {
      const found = readPlainYaml(text);
      if (found === null) continue;
      read += 1;
      expect(found).toEqual(wholly(text));
    }
    expect(read / corpus.length).toBeGreaterThan(0.4);
  });

  test('leaves alone whatever the whole reader reads otherwise, in 8,000 spoilt manifests', () => {
    const rng = randomFrom(7);
    const pieces = [
      ...['-', '- ', ' ', '  ', ':', ': ', '#', ' #', ',', '[', ']', '{', '}', "'", '"', '\n', '|', '>'],
      ...['&a', '*a', '!!str', '? ', '---\n', '...\n', '~', 'null', 'yes', 'on', 'y', '010', '0x1f', '1e3'],
      ...[
        '1_0',
        '12:30',
        '.5',
        '.inf',
        '-0',
        '+1',
        '<<: ',
        '%',
        '@',
        '`',
        '\\',
        '\t',
        '\r',
        'é',
        '0o7',
        '=',
        '-1',
      ],
      ...[
        '2020-01-01',
        '1.5',
        '1.2.3',
        '10.0.0.0/8',
        '{a: b}',
        '[a, b]',
        '{}',
        '[]',
        'a: b',
        '1.',
        '0b1',
        'True',
      ],
    ];
    let quick = 0;
    for (let round = 0; round < 8000; round += 1) {
      const lines = rng.pick(corpus).split('\n');
      const start = rng.int(lines.length);
      const own = lines.slice(start > 10 ? 0 : start, Math.max(start, 12));
      for (let spoil = 0; spoil < rng.pick([1, 1, 2, 3]); spoil += 1) {
        const index = rng.int(own.length);
        const line = own[index] ?? '';
        const at = rng.int(line.length + 1);
        const cut = rng.pick([0, 0, 0, 1, 2]);
        own[index] = line.slice(0, at) + rng.pick(pieces) + line.slice(at + cut);
      }
      const text = own.join('\n');
      const found = readPlainYaml(text);
      if (found === null) continue;
      quick += 1;
      const expected = wholly(text);
      if (JSON.stringify(found) !== JSON.stringify(expected))
        throw new Error(`${text}\n${JSON.stringify(found)}\nis not\n${JSON.stringify(expected)}`);
    }
    expect(quick).toBeGreaterThan(600);
  }, 300_000);

  test.each([
    ['a: yes', null],
    ['a: "yes"', [{ a: 'yes' }]],
    ['a:\n- b\n- c: 1\n  d: true\ne: x # more', [{ a: ['b', { c: 1, d: true }], e: 'x' }]],
    ['a: 1\na: 2', null],
    ['a: |\n  text', null],
    ['a: text\n  goes on', null],
    ['a: &x 1', null],
    ['a: 010', null],
    ['# nothing\n---\n', []],
    ['a: {}\nb: [ x, 1 ]\nc: {d: e}', [{ a: {}, b: ['x', 1], c: { d: 'e' } }]],
    ['a:\r\n  b: 1', null],
    ['a:\n\tb: 1', null],
    ['a: 10.0.0.0/8\nb: 128Mi\nc: 1.2.3', [{ a: '10.0.0.0/8', b: '128Mi', c: '1.2.3' }]],
    ['a: 1.5', null],
  ])('%j', (text, expected) => {
    expect(readPlainYaml(text)).toEqual(expected);
  });
});
