import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

/*
 * docs/fault-cases.md says for each numbered case where it is tested. The third column is made from the names of the
 * tests (case 12, then a colon; or cases 84 and 85): UPDATE=1 npx jest test/fault-cases-doc.test.ts writes it anew.
 */
const page = join(process.cwd(), 'docs', 'fault-cases.md');

function testFiles(folder: string): string[] {
  return readdirSync(join(process.cwd(), folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** Case number to the test files whose names of tests hold it. */
function tested(): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const file of testFiles('test').sort()) {
    const text = readFileSync(join(process.cwd(), file), 'utf8');
    const numbers = [...text.matchAll(/['`]cases? (\d+(?:(?:, | and )\d+)*):/g)].flatMap((match) =>
      [...(match[1] ?? '').matchAll(/\d+/g)].map(Number),
    );
    for (const number of new Set(numbers)) found.set(number, [...(found.get(number) ?? []), file]);
  }
  return found;
}

interface Row {
  readonly line: number;
  readonly number: number;
  readonly what: string;
  readonly where: string;
  readonly note: string;
}

function rowsOf(lines: readonly string[]): Row[] {
  return lines.flatMap((text, line) => {
    const [, number, what, where, note] = text.split('|').map((cell) => cell.trim());
    return /^\d+$/.test(number ?? '')
      ? [{ line, number: Number(number), what: what ?? '', where: where ?? '', note: note ?? '' }]
      : [];
  });
}

const cellOf = (files: readonly string[] | undefined): string =>
  (files ?? []).map((file) => `[${file.slice('test/'.length, -'.test.ts'.length)}](../${file})`).join(', ');

test('the page says of every case where it is tested, or why it is not', () => {
  const found = tested();
  const lines = readFileSync(page, 'utf8').split('\n');
  if (process.env['UPDATE'] === '1') {
    for (const { line, number, what, note } of rowsOf(lines))
      lines[line] = `| ${number} | ${what} | ${cellOf(found.get(number))} | ${note} |`.replaceAll(
        '|  |',
        '| |',
      );
    writeFileSync(page, lines.join('\n'));
  }
  const rows = rowsOf(lines);
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(rows.filter(({ number, where }) => where !== cellOf(found.get(number)))).toEqual([]);
  expect(rows.filter(({ what }) => what === '')).toEqual([]);
  expect(rows.filter(({ where, note }) => where === '' && note === '')).toEqual([]);
});

test('no test carries a number that is no case', () => {
  expect([...tested().keys()].filter((number) => number < 1 || number > 100)).toEqual([]);
});
