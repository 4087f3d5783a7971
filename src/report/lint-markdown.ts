import type { Severity } from '../model/finding.ts';
import { sanitise } from '../review/words.ts';
import {
  countsOf,
  type LintFinding,
  type LintReport,
  newOnes,
  objectText,
  pageUrl,
  plural,
  wholeText,
  worstFirst,
} from './lint-report.ts';

const symbols: Readonly<Record<Severity, string>> = { error: '✖', warning: '▲', info: '●' };

/** "GitHub comment limit 65,536", and something may be written around it. */
const charactersMax = 59_000;

/** For a comment on a pull request or a step's summary: the worst first, as many as fit. */
export function markdownLint(report: LintReport): string {
  const { findings, problems, policies, input, skipped } = report;
  const counts = countsOf(report);
  const counting = worstFirst(newOnes(findings).filter(({ waived }) => !waived));
  const waived = findings.filter((finding) => finding.waived).length;
  const known = findings.filter((finding) => finding.known).length;
  const others = [...(waived === 0 ? [] : [`${waived} waived`]), ...(known === 0 ? [] : [`${known} known`])];
  const head = [
    // By it a comment is found again and written anew.
    '<!-- netsluice lint -->',
    `### netsluice lint: ${plural(counts.error, 'error')}, ${plural(counts.warning, 'warning')}, ${counts.info} info`,
    '',
    `${[`${plural(policies.length, 'policy', 'policies')} of ${plural(input.files, 'file')}`, ...others].join(', ')}.`,
  ];
  const mendable = counting.filter(({ remedy }) => remedy !== null).length;
  const tail = [
    ...(mendable === 0 ? [] : ['', `\`netsluice lint --fix\` mends ${mendable} of them.`]),
    ...(skipped.length === 0
      ? []
      : [
          '',
          `${plural(skipped.length, 'rule')} skipped: the input does not hold the workloads they look at.`,
        ]),
  ];
  const unread = problems.map(({ file, line, message }) =>
    escaped(`- not read: ${file}${line === undefined ? '' : `:${line}`}: ${message}`),
  );
  const room = charactersMax - [...head, ...tail].join('\n').length;
  const listed = fitting(unread, room / 2, (rest) => `- and ${rest} more that could not be read`);
  const rows = counting.map((finding) => row(finding, report));
  const left = room - listed.join('\n').length - tableHead.join('\n').length;
  const table = fitting(rows, left, (rest) => `\nand ${rest} more; \`-o json\` and \`-o sarif\` hold all.`);
  return [
    ...head,
    ...(listed.length === 0 ? [] : ['', ...listed]),
    ...(table.length === 0 ? [] : ['', ...tableHead, ...table]),
    ...tail,
  ].join('\n');
}

const tableHead = ['| | where | what | rule |', '| --- | --- | --- | --- |'];

function row(finding: LintFinding, report: LintReport): string {
  const { severity, span, rule } = finding;
  const url = pageUrl(rule, report);
  const name = url === null ? rule : `[${rule}](<${url}>)`;
  const place = `${span.file}:${span.line}:${span.column}`;
  const what = `${wholeText(finding)} (${objectText(finding)})`;
  return `| ${symbols[severity]} ${severity} | ${escaped(place)} | ${escaped(what)} | ${name} |`;
}

/** As many lines as there is room for, and one that tells of the rest. */
function fitting(lines: readonly string[], room: number, more: (rest: number) => string): string[] {
  const shown: string[] = [];
  let used = more(lines.length).length + 1;
  for (const line of lines) {
    used += line.length + 1;
    if (used > room) return [...shown, more(lines.length - shown.length)];
    shown.push(line);
  }
  return shown;
}

/** Text that stays text: no markup, no cell, no mention of anybody. */
function escaped(text: string): string {
  return sanitise(text.replaceAll(/\s+/g, ' ')).replaceAll(
    /[\\`*_{}[\]<>|~#!&@$]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
