// What a run of the bench says, in Markdown.

/** Says of every row whether its goal was met, and of every check whether it held. */
export function withVerdicts({ rows, checks, ...rest }) {
  return {
    ...rest,
    rows: rows.map((row) => (row.goal === undefined ? row : { ...row, met: row.met ?? isMet(row) })),
    checks: checks.map((check) => ({ ...check, held: holds(check) })),
  };
}

/** Small clusters say nothing of goals: only checks are judged. */
export function withoutGoals({ rows, ...rest }) {
  const plain = rows.map(({ goal, goalText: text, met, ...row }) => row);
  return withVerdicts({ rows: plain, ...rest });
}

function isMet({ goal, ...row }) {
  const { atLeast = {}, ...atMost } = goal;
  const below = Object.entries(atMost).every(([key, most]) => row[key] <= most);
  return below && Object.entries(atLeast).every(([key, least]) => row[key] >= least);
}

function holds({ value, atMost, atLeast, equals }) {
  return (
    Number.isFinite(value) &&
    (atMost === undefined || value <= atMost) &&
    (atLeast === undefined || value >= atLeast) &&
    (equals === undefined || value === equals)
  );
}

/** @param {number} value */
export function figure(value) {
  if (Math.abs(value) >= 1000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  return String(Number(value.toPrecision(3)));
}

const keys = ['value', 'p50', 'p90', 'p99', 'max'];
const label = (key, text) => (key === 'value' ? text : `${key} ${text}`);
export const spread = (row) =>
  keys.flatMap((key) => (row[key] === undefined ? [] : [label(key, figure(row[key]))])).join(', ');

function goalText({ atLeast = {}, ...atMost }) {
  return [
    ...Object.entries(atMost).map(([key, value]) => label(key, `≤ ${figure(value)}`)),
    ...Object.entries(atLeast).map(([key, value]) => label(key, `≥ ${figure(value)}`)),
  ].join(', ');
}

/** A goal may also be about something that only words can tell. */
export const goalOf = (row) => row.goalText ?? (row.goal === undefined ? '' : goalText(row.goal));

function ratioText({ median, low, high }) {
  return `${figure(median)} (${figure(low)} to ${figure(high)})`;
}

function cellsOf(row) {
  return [
    row.shape === undefined ? row.metric : `${row.metric}, \`${row.shape}\``,
    `${spread(row)} ${row.unit}`.trim(),
    goalOf(row),
    row.met === undefined ? '' : row.met ? 'met' : '**missed**',
    row.peer === undefined ? '' : `${row.peer.name}: ${spread(row.peer)} ${row.unit}`.trim(),
    row.ratio === undefined ? '' : ratioText(row.ratio),
  ];
}

const head = ['What', 'Measured', 'Goal', 'Verdict', 'Beside it', 'Ratio, median (quartiles)'];

/** The table of one section. */
export function sectionTable({ rows }) {
  const all = [head, head.map(() => '---'), ...rows.map(cellsOf)];
  return all.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('');
}

/** What was measured, in words that stand beside the goal. */
export const measuredOf = (row) =>
  row.goalText !== undefined && row.ratio !== undefined
    ? `ratio ${figure(row.ratio.median)}`
    : `${spread(row)} ${row.unit}`.trim() || 'not reached';

/** What fell short, one line each, with the reason that the row gives. */
export function missedLines(report) {
  return report.sections.flatMap(({ title, rows }) =>
    rows
      .filter(({ met }) => met === false)
      .map((row) => {
        const what = row.shape === undefined ? row.metric : `${row.metric} (${row.shape})`;
        const why = row.note === undefined ? '' : ` ${row.note}`;
        return `- ${title}: ${what} is ${measuredOf(row)}; the goal is ${goalOf(row)}.${why}\n`;
      }),
  );
}

/** One line about the machine. */
export function machineLine({ machine, seed }) {
  const { netsluice, node, v8, platform, cpu, cores, memoryGiB, load, loadAtEnd, date } = machine;
  // The bench itself, with its servers and callers, keeps up to three processes a core waiting.
  const isBusy = load > cores || loadAtEnd > 3 * cores;
  const busy = isBusy
    ? ' **The machine was busy with other work**: times are longer than they need be, by several times at high quantiles.'
    : '';
  return (
    `${date}, netsluice ${netsluice}, Node ${node} (V8 ${v8}), ${platform}, ${cores} × ${cpu}, ${memoryGiB} GiB; ` +
    `load ${load} before and ${loadAtEnd} after; seed ${seed}.${busy}`
  );
}

/** The whole report. */
export function markdownOf(report) {
  const parts = report.sections.map((section) => {
    const { title, rows, checks, skipped, failed, seconds } = section;
    const notes = rows.filter(({ note, met }) => note !== undefined && met !== false);
    return [
      `## ${title}\n\n`,
      skipped === undefined ? '' : `Not run: ${skipped}.\n\n`,
      failed === undefined ? '' : `**Failed**: ${failed}.\n\n`,
      rows.length === 0 ? '' : `${sectionTable(section)}\n`,
      ...notes.map(({ metric, note }) => `- ${metric}: ${note}\n`),
      ...checks.map((check) => `- ${check.held ? 'holds' : '**broken**'}: ${check.what}: ${check.value}\n`),
      `\n${seconds} s\n\n`,
    ].join('');
  });
  const missed = missedLines(report);
  return [
    `# Bench\n\n${machineLine(report)}\n\n`,
    ...parts,
    missed.length === 0 ? '' : `## Fell short\n\n${missed.join('')}`,
  ].join('');
}
