import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { rules } from '../../src/rules/registry.ts';
import { indexOf, pageOf, pagesFolder } from './rule-page.ts';

const pages = rules.map((rule) => ({ id: rule.id, text: pageOf(rule) }));

/** What the file holds. With UPDATE=1 the wanted text is written there first. */
function written(file: string, wanted: string): string {
  if (process.env['UPDATE'] === '1') {
    mkdirSync(pagesFolder, { recursive: true });
    writeFileSync(file, wanted);
  }
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe('the pages of the rules (UPDATE=1 rewrites them)', () => {
  test.each(pages.map(({ id, text }) => [id, text] as const))('%s', (id, text) => {
    expect(text).toBe(written(join(pagesFolder, `${id}.md`), text));
  });

  test('the table of all rules', () => {
    const wanted = indexOf(rules);
    expect(wanted).toBe(written(join(pagesFolder, 'README.md'), wanted));
  });

  test('no page is without its rule', () => {
    const wanted = ['README.md', ...pages.map(({ id }) => `${id}.md`)].sort();
    const strays = readdirSync(pagesFolder).filter((file) => !wanted.includes(file));
    if (process.env['UPDATE'] === '1') for (const file of strays) rmSync(join(pagesFolder, file));
    expect(readdirSync(pagesFolder).sort()).toEqual(wanted);
  });
});
