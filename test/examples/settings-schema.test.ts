import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { jsonText } from '../chart/values-file.ts';
import { settingsJsonSchema } from '../support/settings-schema.ts';

const file = 'docs/schemas/settings.json';

describe('the published schema of the settings file', () => {
  test(`${file} is made from the code (UPDATE=1 rewrites it)`, () => {
    const wanted = `${jsonText(settingsJsonSchema())}\n`;
    if (process.env['UPDATE'] === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });

  test('knows the names that must exist', () => {
    const schema = JSON.stringify(settingsJsonSchema());
    for (const place of [
      '"properties":{"egress-blocks-dns":{"type":"string","enum":["off"',
      '"rule":{"type":"string","enum":["egress-blocks-dns"',
      '"enum":["*","egress-blocks-dns"',
      '"enum":["unknown","generic","calico"',
    ]) {
      expect(schema).toContain(place);
    }
  });
});
