import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Confidence, Cure } from '../../src/model/finding.ts';
import { profiles } from '../../src/model/profile.ts';
import { ownSeverity } from '../../src/review/severity.ts';
import type { Cost, Rule, RulePage } from '../../src/rules/rule.ts';
import { heardFrom, saidOf } from '../support/want.ts';
import { table } from './table.ts';

/** The folder of the pages; `netsluice explain` prints them. */
export const pagesFolder = join('docs', 'rules');

/** Where a rule speaks: in the answers of the webhook too, or not. */
export function whereTold({ admission, judges }: Rule): string {
  if (judges === 'document') return 'manifests, and what kubectl apply noted of them';
  return admission === 'silent' ? 'command line, scan' : 'admission, command line, scan';
}

/** The whole page of a rule. */
export function pageOf(rule: Rule): string {
  const { page, id } = rule;
  const folder = join('test', 'fixtures', 'rules', id);
  const [bad, good] = [
    exampleIn(join(folder, 'loud-page.yaml')),
    exampleIn(join(folder, 'silent-page.yaml')),
  ];
  const sections = [
    ['Why', flowing(page.why)],
    ['Bad', exampleText(rule, bad)],
    ['Good', exampleText(rule, good)],
    ['How to fix it', flowing(`${page.fix}${fixText(rule, bad)}`)],
    ['When it is fine', flowing(page.fine)],
    ['Platforms', platformsText(page)],
  ];
  return `# ${rule.number}: ${rule.title}

<!-- Made from src/rules/${id}.ts and test/fixtures/rules/${id}: UPDATE=1 npx jest test/examples writes it anew. -->

\`${id}\`

${factsList(rule)}

${sections.map(([head, text]) => `## ${head}\n\n${text}\n`).join('\n')}
[All rules](README.md)
`;
}

function platformsText({ platforms }: RulePage): string {
  return platforms === '' ? 'Nothing is known to differ between network plugins.' : flowing(platforms);
}

function factsList(rule: Rule): string {
  const [baseline, restricted] = [ownSeverity(rule, 'baseline'), ownSeverity(rule, 'restricted')];
  return [
    `- severity: ${baseline === restricted ? baseline : `${baseline}; at level restricted ${restricted}`}`,
    `- confidence: ${confidences[rule.confidence]}`,
    `- cure: ${cures[rule.cure]}`,
    `- told by: ${whereTold(rule)}`,
    `- looks at: the policy${rule.needs.map((need) => `, ${need}`).join('')}`,
    `- cost: ${costTexts[rule.cost]}`,
  ].join('\n');
}

const confidences: Readonly<Record<Confidence, string>> = {
  certain: 'certain',
  likely: 'likely',
  heuristic: 'a heuristic: the author may have meant it',
};

/** What a look of the rule grows with. */
const costTexts: Readonly<Record<Cost, string>> = {
  text: 'the length of the policy',
  namespace: 'the length of the policy, and what its namespace holds',
  peers: 'the length of the policy, what its namespace holds, and the pods that its peers match',
  sample: 'the length of the policy, what its peers match, and at most a thousand other objects',
  change: 'the size of the difference that the change makes',
};

const cures: Readonly<Record<Cure, string>> = {
  none: 'none but a change of this object',
  policy: 'another policy can make it untrue',
  workload: 'a later workload or label can make it untrue',
};

const widest = 118;

/** Paragraphs and lists as they stand in a file, however the source breaks and indents them; code stays as it is. */
function flowing(text: string): string {
  const paragraphs = text.trim().split(/\n[ \t]*\n/);
  return paragraphs
    .map((paragraph) => {
      if (paragraph.includes('```')) return paragraph;
      const items = paragraph.split(/\n(?=\s*- )/).map((item) => item.trim());
      return items.map((item) => wrapped(item, item.startsWith('- ') ? '  ' : '')).join('\n');
    })
    .join('\n\n');
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > widest) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** Whether the machine can do it, where the rule's own words do not say. */
function fixText(rule: Rule, { text }: Example): string {
  if (rule.page.fix.includes('--fix')) return '';
  const mends = heardFrom(rule, text).some(({ finding }) => finding.fix.length > 0);
  return `\n\n${mends ? '`lint --fix` does it.' : 'Somebody has to decide: `lint --fix` leaves it alone.'}`;
}

interface Example {
  /** The comment at the head of the fixture. */
  readonly lead: string;
  readonly profile: string | null;
  /** As the reader sees it. */
  readonly yaml: string;
  /** The fixture itself. */
  readonly text: string;
}

function exampleText(rule: Rule, { lead, profile, yaml, text }: Example): string {
  const said = saidOf(rule, text).map((finding) => finding.text);
  const on = profile === null ? '' : `With the platform \`${profile}\` `;
  const speaks = `${on === '' ? 'Netsluice' : `${on}netsluice`} says:`;
  const told = said.length === 0 ? '' : `\n\n${speaks}\n\n\`\`\`text\n${said.join('\n')}\n\`\`\``;
  return `${lead}\n\n\`\`\`yaml\n${yaml}\`\`\`${told}`;
}

const roleMark = 'netsluice.dev/fixture';

/** What a document of an example is there. */
const roles: Readonly<Record<string, string>> = {
  apply: '# what is applied',
  before: '# as it was before',
  gone: '# what is deleted',
  '': '# already in the cluster',
};

function exampleIn(file: string): Example {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  const head = lines.findIndex((line) => !line.startsWith('#'));
  const comments = lines.slice(0, head).map((line) => line.slice(2));
  const named = comments.find((line) => line.startsWith('profile '))?.slice('profile '.length) ?? null;
  if (named !== null && !profiles.has(named.split(' ')[0] ?? ''))
    throw new Error(`${file}: no profile ${named}`);
  const lead = comments.filter((line) => !line.startsWith('profile ')).join(' ');
  if (lead === '') throw new Error(`${file} must begin with a comment: it becomes the words of the page`);
  const documents = lines
    .slice(head)
    .join('\n')
    .trimEnd()
    .split(/^---\n/m);
  const several = documents.length > 1;
  const told = documents.map(
    (document) => `${labelled(document, several ? roleOf(document, documents) : null)}\n`,
  );
  const yaml = told.join('---\n');
  if (yaml.includes(roleMark))
    throw new Error(`${file}: write "annotations: {${roleMark}: ROLE}" on one line`);
  return { lead: flowing(lead), profile: named, yaml, text };
}

function roleOf(document: string, all: readonly string[]): string {
  const role = writtenRole(document);
  const named = (text: string): string =>
    `${/^kind: .*$/m.exec(text)?.[0]} ${/\bname: [\w.-]+/.exec(text)?.[0]}`;
  const stays = all.some((other) => writtenRole(other) === 'apply' && named(other) === named(document));
  return role === 'before' && !stays ? 'gone' : role;
}

function writtenRole(document: string): string {
  return /netsluice\.dev\/fixture: (\w+)/.exec(document)?.[1] ?? '';
}

/** One document without what only the test needs; where there are several, with a word on what it is. */
function labelled(document: string, role: string | null): string {
  const bare = document
    .replace(/^ *annotations:\n *netsluice\.dev\/fixture: \w+\n/m, '')
    .replace(/^ *annotations: \{ ?netsluice\.dev\/fixture: \w+ ?\}\n/m, '')
    .replace(/, annotations: \{ ?netsluice\.dev\/fixture: \w+ ?\}/, '')
    .replaceAll(/ *# want .*$/gm, '')
    .trimEnd();
  if (role === null) return bare;
  const comment = roles[role];
  if (comment === undefined) throw new Error(`no role ${role}`);
  return `${comment}\n${bare}`;
}

/** The table of all rules. */
export function indexOf(all: readonly Rule[]): string {
  const rows = all.map((rule) => [
    rule.number,
    `[\`${rule.id}\`](${rule.id}.md)`,
    rule.title,
    ownSeverity(rule, 'baseline'),
    ownSeverity(rule, 'restricted'),
    rule.confidence,
    rule.cure,
    whereTold(rule),
  ]);
  const head = ['', 'rule', 'what it says', 'baseline', 'restricted', 'confidence', 'cure', 'told by'];
  return `# Rules

<!-- Made from src/rules and test/fixtures/rules: UPDATE=1 npx jest test/examples writes it anew. -->

Each page says what goes wrong and why, shows a bad policy and the same one mended, and tells when the policy is fine as
it is. \`netsluice explain RULE\` prints a page. The severities are the rule's usual ones at the two
[levels](../settings.md); single findings may weigh more or less, as their page says. A \`cure\` tells what else could
make a finding untrue: such findings warn and do not reject.
${table(head, rows)}`;
}
