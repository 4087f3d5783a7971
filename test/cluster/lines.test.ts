import { expect, test } from '@jest/globals';
import { splitLines } from '../../src/cluster/lines.ts';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function linesOf(max: number, ...texts: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(chunks(...texts), max)) lines.push(line.toString());
  return lines;
}

test('lines are put together from chunks; a last one without its end is not a line', async () => {
  expect(await linesOf(100, 'a\nb', 'c\n\n', '\n', 'd\ne')).toEqual(['a', 'bc', 'd']);
});

test('a line above the bound is refused before it fills the memory', async () => {
  await expect(linesOf(10, 'aaaaa\n', 'bbbbbb', 'cccccc')).rejects.toThrow('a line is longer than 10 bytes');
});
