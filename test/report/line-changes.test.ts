import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lineChanges, unifiedDiff } from '../../src/report/line-changes.ts';

const lines = (...rows: string[]): string => rows.map((row) => `${row}\n`).join('');

test('what one text has in place of the other', () => {
  expect(lineChanges(lines('a', 'b', 'c', 'd'), lines('a', 'x', 'c', 'd', 'e'))).toEqual([
    { start: 1, removed: ['b\n'], added: ['x\n'] },
    { start: 4, removed: [], added: ['e\n'] },
  ]);
  expect(lineChanges('a\n', 'a\n')).toEqual([]);
  expect(lineChanges('a', 'a\nb')).toEqual([{ start: 0, removed: ['a'], added: ['a\n', 'b'] }]);
});

test('a diff as other tools print it', () => {
  const before = lines('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12');
  const after = before.replace('2\n', 'two\nmore\n').replace('11\n', '');
  expect(unifiedDiff('k8s/a.yaml', before, after.trimEnd())).toBe(`--- a/k8s/a.yaml
+++ b/k8s/a.yaml
@@ -1,5 +1,6 @@
 1
-2
+two
+more
 3
 4
 5
@@ -8,5 +9,4 @@
 8
 9
 10
-11
-12
+12
\\ No newline at end of file`);
  expect(unifiedDiff('a', before, before)).toBe('');
});

test('git takes every diff', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-diff-'));
  const text = fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', 'c', ' d', 'e\r'), { minLength: 1, maxLength: 30 }),
      fc.boolean(),
    )
    .map(([rows, ends]) => `${rows.join('\n')}${ends ? '\n' : ''}`);
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff('f', before, after);
      if (diff === '') return expect(before).toBe(after);
      writeFileSync(join(folder, 'f'), before);
      writeFileSync(join(folder, 'p'), `${diff}\n`);
      execFileSync('git', ['apply', '--whitespace=nowarn', 'p'], {
        cwd: folder,
        env: { ...process.env, GIT_CEILING_DIRECTORIES: folder },
      });
      expect(readFileSync(join(folder, 'f'), 'utf8')).toBe(after);
    }),
    { numRuns: 40 },
  );
});
