import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Told, toldOf } from '../support/seed-notes.ts';

const folder = join('test', 'fixtures', 'seed-notes');
const files = readdirSync(folder).sort();

/** `# want rule "part of the text"`, several one after another; on a line of its own it is about the next line. */
function wantsIn(text: string): Told[] {
  return text.split('\n').flatMap((source, index) => {
    const comment = /# (want .*)$/.exec(source)?.[1] ?? '';
    return [...comment.matchAll(/want (\S+) "([^"]*)"/g)].map(([, rule = '', part = '']) => ({
      line: source.startsWith('#') ? index + 2 : index + 1,
      rule,
      text: part,
    }));
  });
}

describe.each(files)('the mistakes of %s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const wants = wantsIn(text).sort((a, b) => a.line - b.line || (a.rule < b.rule ? -1 : 1));
  const told = toldOf(file, text);

  test('are found, each on its line and none twice', () => {
    const named = new Set(wants.map(({ rule }) => rule));
    const found = told.filter(({ rule }) => named.has(rule));
    const asWanted = found.map((item, i) =>
      wants[i] !== undefined && item.text.includes(wants[i].text) ? { ...item, text: wants[i].text } : item,
    );
    expect(asWanted).toEqual(wants);
  });

  test('what else is said is known', () => {
    const named = new Set(wants.map(({ rule }) => rule));
    const others = told.map(({ rule }) => rule).filter((rule) => !named.has(rule));
    const known = alsoSaid[file] ?? [];
    expect(others.filter((rule) => !known.includes(rule))).toEqual([]);
  });
});

/** Rules that may rightly speak too, of what is no mistake of the note. */
const alsoSaid: Readonly<Record<string, readonly string[]>> = {
  '000-talk.yaml': [
    'missing-namespace',
    'pods-newly-isolated',
    'policy-selects-no-pods',
    'policy-types-style',
    'redundant-policy',
    'redundant-rule',
    'workload-internal-traffic-blocked',
  ],
  '001-slides.yaml': [
    'connections-newly-allowed',
    'connections-newly-blocked',
    'metadata-endpoint-reachable',
    'namespace-missing-default-deny',
    'pods-newly-isolated',
    'redundant-policy',
    'whole-namespace-target',
  ],
  '002-blog.yaml': [
    'connections-newly-allowed',
    'namespace-missing-default-deny',
    'pods-unprotected',
    'redundant-policy',
    'rule-open-to-any-peer',
    'service-hairpin-blocked',
  ],
  '003-course.yaml': [
    'connections-newly-allowed',
    'connections-newly-blocked',
    'ipblock-matches-nothing',
    'metadata-endpoint-reachable',
    'peer-matches-no-pods',
    'pods-newly-isolated',
    'redundant-policy',
  ],
  '004-demo.yaml': [
    'connections-newly-allowed',
    'connections-newly-blocked',
    'existing-connections-unaffected',
    'ipblock-matches-nothing',
    'namespace-missing-default-deny',
    'pods-newly-isolated',
    'pods-unprotected',
    'policy-selects-no-pods',
    'restriction-voided-by-broader-allow',
  ],
};
