// `npm run bench`: every measurement of netsluice, one after the other, as a table in Markdown and as JSON.
//
//     node bench/run.mjs [--quick] [--only SECTION]... [--with SECTION]... [--seed N]
//         [--shape NAME]... [--output DIR] [--page]
//
// `--quick` (a few seconds, in CI) asserts counters and ratios of counters, never milliseconds; it ends with 1 where one
// does not hold. `--output DIR` writes bench.json and bench.md. `--page` keeps the run in
// bench/results and makes docs/performance.md of it; with `--only`, the other sections stay as they were kept before. `--cluster` is short for
// `--with cluster`. `--shape` measures clusters of these names (cluster-names.mjs) where a section has several.
//
// A SECTION is a file bench/sections/ID.mjs. Each runs in a process of its own (node --expose-gc), one at a time, so
// that none sees the memory of another. It exports:
//
//     export const title = 'Difference alone';       // heading in the table
//     export const order = 10;                       // place among the sections
//     export const about = 'What is measured …';     // a paragraph for the page, Markdown, in full sentences
//     export const seconds = 240;                    // it is stopped when it takes longer; default 240
//     export const memoryMiB = 2048;                 // heap of its process (--max-old-space-size)
//     export const quick = true;                     // does it run under --quick? Default: no
//     export const asked = true;                     // runs only when named by --only or --with. Default: no
//     export async function run(context) → { rows, checks }
//
// context: { quick: boolean, seed: number, names: string[] (what --shape said), folder: string (its own, removed afterwards), say(line): void (progress),
//            report({ rows, checks }): void (all so far: it counts when the section is stopped or fails) }
//
// A row is { metric, shape?, unit, value?, p50?, p90?, p99?, max?, goal?, met?, peer?, ratio?, count?, note? }
// with numbers in `unit` ('ms', 's', 'MiB', 'x', '1/s', '%', ''):
//   goal   { p50?, p99?, max?, value? } what it must not exceed, or { atLeast: { value } } what it must reach
//   goalText  the goal in words, where it is about something else; then the row says itself whether it is met
//   met    worked out from the goal where the row does not say
//   peer   { name, value?, p50?, p99? } what was measured in turn with it, in the same run and unit
//   ratio  { median, low, high } ours to the peer's, pair by pair: median and quartiles (see statistics.mjs)
//   count  how many measurements stand behind the row
//   note   what a reader must know; where a goal is missed, why
// A check is { what, value, atMost?, atLeast?, equals? }: for counters that do not depend on the machine.
// A section that cannot run (no binary, no memory) returns { rows: [], checks: [], skipped: 'why' }.
import { fork } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shapeOf } from './cluster-names.mjs';
import { machineOf } from './machine.mjs';
import { writePage } from './page.mjs';
import { markdownOf, withoutGoals, withVerdicts } from './table.mjs';

const folder = new URL('./sections/', import.meta.url);

/** Asks the section to run in a process of its own. */
function runSection({ id, memoryMiB, seconds = 240 }, context) {
  const child = fork(new URL('./section-process.mjs', import.meta.url), [id, JSON.stringify(context)], {
    execArgv: ['--expose-gc', `--max-old-space-size=${memoryMiB ?? 2048}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    let result = { rows: [], checks: [] };
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.on('message', (message) => {
      result = message;
    });
    child.once('error', reject).once('close', (code, signal) => {
      clearTimeout(timer);
      const stopped =
        signal === 'SIGKILL' ? `it was stopped after ${seconds} s` : `its process ended with ${code}`;
      resolve(code === 0 ? result : { ...result, failed: stopped });
    });
  });
}

async function sectionsOf({ only, extra, quick }) {
  const all = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.mjs')))
    all.push({ id: file.replace('.mjs', ''), ...(await import(new URL(file, folder).href)) });
  const unknown = [...only, ...extra].filter((id) => !all.some((section) => section.id === id));
  if (unknown.length > 0)
    throw new Error(`no section ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(', ')}`);
  const wanted = ({ id, quick: inQuick, asked }) => {
    if (only.length > 0) return only.includes(id);
    if (extra.includes(id)) return true;
    return quick ? inQuick === true : asked !== true;
  };
  return all.filter(wanted).toSorted((a, b) => (a.order ?? 100) - (b.order ?? 100));
}

/** Sections that were not asked for stand as they were; each says when it was measured. */
function keepOthers(report, { sections }) {
  const asked = new Set(report.sections.map(({ id }) => id));
  report.sections.push(...sections.filter(({ id }) => !asked.has(id)));
  report.sections.sort((a, b) => a.order - b.order);
}

async function main() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      with: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: '7' },
      output: { type: 'string' },
      page: { type: 'boolean', default: false },
      shape: { type: 'string', multiple: true, default: [] },
    },
  });
  const { quick, only, shape: names } = values;
  names.map(shapeOf);
  const extra = [...values.with, ...(values.cluster ? ['cluster'] : [])];
  const scratch = mkdtempSync(join(tmpdir(), 'netsluice-bench-'));
  const report = { machine: machineOf(), seed: Number(values.seed), quick, sections: [] };
  try {
    for (const { id, title, about, memoryMiB, order, seconds: limit } of await sectionsOf({
      only,
      extra,
      quick,
    })) {
      process.stderr.write(`${title}\n`);
      const own = join(scratch, id);
      mkdirSync(own);
      const since = performance.now();
      const { date, load } = machineOf();
      const startedAt = { date, load };
      const result = await runSection(
        { id, memoryMiB, seconds: limit },
        { quick, names, seed: report.seed, folder: own },
      );
      rmSync(own, { recursive: true });
      const seconds = Number(((performance.now() - since) / 1000).toFixed(1));
      const judged = quick ? withoutGoals(result) : withVerdicts(result);
      const measured = { ...startedAt, loadAtEnd: machineOf().load };
      report.sections.push({ id, title, order: order ?? 100, about, measured, seconds, ...judged });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  report.machine.loadAtEnd = machineOf().load;
  const measured = [...report.sections];
  const markdown = markdownOf(report);
  process.stdout.write(markdown);
  if (values.page) {
    const kept = new URL('./results/', import.meta.url);
    mkdirSync(kept, { recursive: true });
    const file = new URL('bench.json', kept);
    if (only.length > 0 && existsSync(file)) keepOthers(report, JSON.parse(readFileSync(file, 'utf8')));
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
    writePage();
  }
  if (values.output !== undefined) {
    mkdirSync(values.output, { recursive: true });
    writeFileSync(join(values.output, 'bench.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(join(values.output, 'bench.md'), markdown);
  }
  const broken = measured.some(
    ({ failed, checks }) => failed !== undefined || checks.some(({ held }) => !held),
  );
  process.exitCode = broken ? 1 : 0;
}

await main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
