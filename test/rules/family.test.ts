import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { rules } from '../../src/rules/registry.ts';

const fixtures = join('test', 'fixtures', 'rules');

describe('the family of rules', () => {
  test('numbers are unique and in the order of the catalogue, and so are ids', () => {
    const numbers = rules.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort());
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const number of numbers) expect(number).toMatch(/^R\d\d$/);
  });

  test('every rule that a file exports is registered', () => {
    const sources = readdirSync(join('src', 'rules')).filter((file) => file.endsWith('.ts'));
    const exported = sources.flatMap((file) => {
      const text = readFileSync(join('src', 'rules', file), 'utf8');
      return /export const \w+: (?:Policy|Change|Document)Rule\b/.test(text)
        ? [file.replace(/\.ts$/, '')]
        : [];
    });
    expect(exported.sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  test('no fixture folder is without its rule', () => {
    expect(readdirSync(fixtures).sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
    test('its file is named like it and exports one constant of that name', () => {
      const text = readFileSync(join('src', 'rules', `${id}.ts`), 'utf8');
      const camel = id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      const found = [...text.matchAll(/export const (\w+): (?:Policy|Change|Document)Rule\b/g)];
      expect(found.map(([, name]) => name)).toEqual([camel]);
      expect(text).toContain(`* ${rule.number}. `);
    });

    test('it has loud and silent fixtures, and no others', () => {
      const folder = join(fixtures, id);
      const kinds = existsSync(folder) ? readdirSync(folder).map((file) => file.split('-')[0]) : [];
      expect([...new Set(kinds)].sort()).toEqual(['loud', 'silent']);
    });

    test('it has the bad and the good example of its page', () => {
      const files = ['loud-page.yaml', 'silent-page.yaml'];
      expect(files.filter((file) => !existsSync(join(fixtures, id, file)))).toEqual([]);
    });

    test('its severities are no lower at restricted than at baseline', () => {
      const rank = ['info', 'warning', 'error'];
      expect(rank.indexOf(rule.severity.restricted)).toBeGreaterThanOrEqual(
        rank.indexOf(rule.severity.baseline),
      );
    });
  });
});
