import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runes } from '../../src/review/words.ts';
import { rules } from '../../src/rules/registry.ts';
import { saidOf, wantsIn } from '../support/want.ts';

const root = join('test', 'fixtures', 'rules');

describe.each(readdirSync(root).sort())('%s', (slug) => {
  const rule = rules.find(({ id }) => id === slug);

  test.each(readdirSync(join(root, slug)).sort())('%s', (file) => {
    if (rule === undefined) throw new Error(`no rule ${slug}`);
    const text = readFileSync(join(root, slug, file), 'utf8');
    const wanted = wantsIn(text).filter((want) => want.rule === slug);
    const said = saidOf(rule, text).sort((a, b) => a.line - b.line);
    // A want is met by the whole line that contains its text.
    const asWanted = said.map((item, i) => {
      const want = wanted[i];
      return {
        ...item,
        severity: want?.severity == null ? null : item.severity,
        text: want !== undefined && item.text.includes(want.text) ? want.text : item.text,
      };
    });
    expect(asWanted).toEqual(wanted);
    for (const { text: line } of said) expect(runes(line)).toBeLessThanOrEqual(240);
    expect(wanted.length > 0).toBe(file.startsWith('loud-'));
  });
});
