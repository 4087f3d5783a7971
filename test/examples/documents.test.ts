import { describe, expect, test } from '@jest/globals';
import { serveOptionRows } from '../../src/config.ts';
import type { Severity } from '../../src/model/finding.ts';
import { platformFlags, profiles, unknownProfile } from '../../src/model/profile.ts';
import { settingsSchema } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { generatedPart } from './documents.ts';
import { table } from './table.ts';

/** What a rule is as a rule; a cure makes an error a warning at admission, except for the two whose harm is immediate. */
function severityText({ number, severity, cure }: Rule): string {
  const weigh = (at: Severity) =>
    at === 'error' && cure !== 'none' && number !== 'R17' && number !== 'R18' ? 'warning' : at;
  const [baseline, restricted] = [weigh(severity.baseline), weigh(severity.restricted)];
  return baseline === restricted ? baseline : `${baseline}; restricted: ${restricted}`;
}

const flags = Object.keys(platformFlags) as (keyof typeof platformFlags)[];

describe('generated parts of the documents (UPDATE=1 rewrites them)', () => {
  test('the rules in README.md', () => {
    const rows = rules.map((rule) => [rule.number, `\`${rule.id}\``, rule.title, severityText(rule)]);
    const wanted = table(['', 'rule', 'what it says', 'severity'], rows);
    expect(wanted).toBe(generatedPart('README.md', 'rules', wanted));
  });

  test('the options in docs/serve.md', () => {
    const rows = serveOptionRows().map((row) => [
      `\`${row.flag} ${row.argument}\`${row.repeatable ? ', repeatable' : ''}`,
      row.default === null
        ? row.required
          ? 'required'
          : ''
        : `\`${row.default}\`${row.unit === null ? '' : ` ${row.unit}`}`,
      row.meaning,
      row.env.map((name) => `\`${name}\``).join(', '),
    ]);
    const wanted = table(['option', 'default', 'meaning', 'environment'], rows);
    expect(wanted).toBe(generatedPart('docs/serve.md', 'options', wanted));
  });

  test('the keys in docs/settings.md', () => {
    const rows = Object.entries(settingsSchema.shape).map(([key, schema]) => [
      `\`${key}\``,
      `\`${JSON.stringify(settingsSchema.parse({})[key as keyof typeof settingsSchema.shape])}\``,
      schema.description ?? '',
    ]);
    const wanted = table(['key', 'default', 'meaning'], rows);
    expect(wanted).toBe(generatedPart('docs/settings.md', 'settings', wanted));
  });

  test('the flags of platforms in docs/settings.md', () => {
    const rows = flags.map((flag) => [
      `\`${flag}\``,
      platformFlags[flag].values
        .map((value) => (value === unknownProfile[flag] ? `**${value}**` : value))
        .join(', '),
      platformFlags[flag].meaning,
    ]);
    const wanted = table(['flag', 'values', 'question'], rows);
    expect(wanted).toBe(generatedPart('docs/settings.md', 'platform-flags', wanted));
  });

  test('the profiles of platforms in docs/settings.md', () => {
    const rows = [...profiles.values()].map((profile) => [
      `\`${profile.id}\``,
      flags
        .filter((flag) => profile[flag] !== unknownProfile[flag])
        .map((flag) => `${flag}: ${profile[flag]}`)
        .join(', '),
    ]);
    const wanted = table(['profile', 'differs from unknown in'], rows);
    expect(wanted).toBe(generatedPart('docs/settings.md', 'platform-profiles', wanted));
  });
});
