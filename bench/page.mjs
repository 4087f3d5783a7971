// docs/performance.md from a committed run: `node bench/page.mjs` writes it, `node bench/page.mjs --print` prints it.
import { readFileSync, writeFileSync } from 'node:fs';
import { named } from './cluster-names.mjs';
import { goalOf, machineLine, measuredOf, missedLines, sectionTable } from './table.mjs';

const results = new URL('./results/bench.json', import.meta.url);
const page = new URL('../docs/performance.md', import.meta.url);

const intro = `# Performance

<!-- Made by \`node bench/page.mjs\` from bench/results/bench.json: change those, not this page. -->

netsluice answers one question, over and over: what will this change do? The answer should cost what the change touches,
and not what the cluster holds. This page shows how far that is true. Every figure on it comes from \`npm run bench\`,
whose output lies in \`bench/results/bench.json\`, with the misses left in. What stands in one section was measured in one
run, and each section says when.
`;

const repeat = `## Measure it yourself

- \`npm run bench\` runs everything that needs nothing but Node, prints these tables, and takes about ten minutes. It needs
  about 10 GiB of memory for the largest cluster.
- \`npm run bench -- --only difference\` runs one section; the names of the files in \`bench/sections\` are the names of the
  sections.
- \`npm run bench -- --output DIR\` writes what was found as JSON and as Markdown.
- \`npm run bench -- --quick\` takes seconds, and asserts what no machine can change: steps, classes, counts and their
  ratios. The tests run it.
- \`npm run bench -- --cluster\` also measures a real control plane.
- \`npm run bench -- --page\` makes this page anew from a run on your machine.

A cluster is made from a name and a seed, so that everybody measures the same one. A name says how many pods, namespaces
and policies there are, and after the colon what each policy looks like:

\`\`\`text
PODS-NAMESPACES-POLICIES:LOCAL_PODS-SINGLE_PORTS-PORT_RANGES-POD_SELECTORS-PEER_NAMESPACES-PEER_PODS-CIDRS
150k-10k-10k:3-1-0-2-4-3-1
\`\`\`

A policy of the second line selects 3 pods of its namespace, and its clause has one port, no range of ports, two selectors
that each match 3 pods in each of 4 namespaces, and one block of addresses. Where policies differ from each other a word
stands in place of the seven numbers. \`node bench/api-store.mjs NAME SEED DIR json\` writes the objects of any such cluster.
These names are short for others:

`;

const honesty = `## What these figures do not say

- **A ratio says more than a time.** The machine is a small virtual one with other work on it. Whatever is compared was
  therefore measured in turn, pair by pair, in the same run; the quartiles of the ratio show how steady it was. Times are
  for orientation.
- **The clusters are made up.** Workloads, labels and policies follow what is publicly known of large clusters; yours may
  have more kinds of labels or wider policies. The shapes below the first are there to show what is expensive.
- **Verification tools answer another question.** They check a whole cluster, where netsluice tells what one change does.
  Comparing the two compares how long somebody waits for an answer, and not equal work.
- **Antrea's own figure for its shape includes telling agents what changed**, on another machine; only the index is
  compared.
- **A look at each pod is no tool.** It is the least work that any answer needs that goes over all pods, and bounds such
  tools from below.
- **Nothing here went over a network.** What is called over TLS is called on the loopback interface, and callers take part of
  the same two cores.
`;

function goalsTable(report) {
  const rows = report.sections.flatMap(({ title, rows: all }) =>
    all
      .filter(({ met }) => met !== undefined)
      .map((row) => {
        const what = row.shape === undefined ? row.metric : `${row.metric}, \`${row.shape}\``;
        return [title, what, goalOf(row), measuredOf(row), row.met ? 'met' : '**missed**'];
      }),
  );
  const all = [['Section', 'What', 'Goal', 'Measured', 'Verdict'], Array(5).fill('---'), ...rows];
  return all.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Lines of at most 120 characters. */
function wrapped(text) {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line.length + word.length + 1 > 120) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

function sectionText(section) {
  const { title, about, measured, rows, checks, skipped, failed } = section;
  const notes = rows.filter(({ note }) => note !== undefined);
  return [
    `## ${title}\n\n${wrapped(about)}\n\n`,
    skipped === undefined ? '' : `Not run: ${skipped}.\n\n`,
    failed === undefined ? '' : `**Failed**: ${failed}.\n\n`,
    rows.length === 0 ? '' : `${sectionTable(section)}\n`,
    measured === undefined
      ? ''
      : `Measured ${measured.date}; load ${measured.load} before and ${measured.loadAtEnd} after.\n\n`,
    ...notes.map(({ metric, note }) => `- ${metric}: ${note}\n`),
    ...checks.map(({ held, what, value }) => `- ${held ? 'Holds' : '**Broken**'}: ${what}: ${value}.\n`),
    notes.length + checks.length > 0 ? '\n' : '',
  ].join('');
}

/** The whole page. */
export function pageOf(report) {
  const missed = missedLines(report);
  const names = Object.entries(named).map(
    ([name, { code, about }]) => `- \`${name}\`, \`${code}\`: ${about}.\n`,
  );
  return [
    `${intro}\nMeasured ${machineLine(report)}\n\n`,
    `## Goals\n\n${goalsTable(report)}\n`,
    '## What fell short\n\n',
    missed.length === 0 ? 'Nothing in this run.\n\n' : `${missed.join('')}\n`,
    ...report.sections.map(sectionText),
    `${honesty}\n`,
    `${repeat}${names.join('')}`,
  ].join('');
}

/** Writes the page from the committed run. */
export function writePage() {
  writeFileSync(page, pageOf(JSON.parse(readFileSync(results, 'utf8'))));
}

if (process.argv[1]?.endsWith('page.mjs')) {
  if (process.argv.includes('--print'))
    process.stdout.write(pageOf(JSON.parse(readFileSync(results, 'utf8'))));
  else writePage();
}
