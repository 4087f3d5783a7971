import { sanitise } from '../review/words.ts';
import { portListText, shortNames } from './connections.ts';
import type { DiffDocument, IsolationLine, PassageLine, WitnessLine } from './diff.ts';
import { type ChangeGroup, type ChangeSort, groupsOf, namesText } from './diff-groups.ts';
import { rowsJson } from './rows-json.ts';
import type { Paint } from './terminal.ts';

/** How many names a line holds, and how many lines of one sort are printed. */
const namesMax = 4;
const linesMax = 40;

export function diffJson(document: DiffDocument): string {
  return rowsJson(document);
}

export const sortTexts: Readonly<Record<ChangeSort, string>> = {
  critical: 'blocked, critical',
  withdrawn: 'blocked',
  implied: 'blocked, and never admitted by a clause',
  opened: 'opened',
  added: 'comes with new workloads',
  removed: 'goes with removed workloads',
};

/** For a person: the headline, then what changed by how bad it is, each with its cause and one flow to try. */
export function diffText(document: DiffDocument, paint: Paint): string {
  const lines = [paint.bold(sanitise(document.headline))];
  const groups = groupsOf(document);
  for (const sort of new Set(groups.map((group) => group.sort))) {
    const own = groups.filter((group) => group.sort === sort);
    const title = `${sortTexts[sort]}:`;
    const painted =
      sort === 'critical' ? paint.error(title) : sort === 'withdrawn' ? paint.warning(title) : title;
    lines.push('', painted, ...own.slice(0, linesMax).flatMap((group) => groupLines(group, paint)));
    const left = own.slice(linesMax).reduce((sum, { rows }) => sum + rows, 0);
    if (left > 0) lines.push(`  ${left} more; -o json lists all`);
  }
  lines.push(...isolationLines(document), ...undecidedLines(document, paint), ...workloadLines(document));
  for (const { file, line, message } of document.problems)
    lines.push('', paint.warning(`not read: ${sanitise(`${placeText(file, line)}: ${message}`)}`));
  if (document.partial !== null) lines.push('', paint.warning(`not examined: ${sanitise(document.partial)}`));
  return lines.join('\n');
}

function placeText(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}

function groupLines({ sources, destinations, ports, because, witness }: ChangeGroup, paint: Paint): string[] {
  const ends = `${namesText(sources, namesMax)} -> ${namesText(destinations, namesMax)}`;
  const details = [
    ...(because.length === 0 ? [] : [`because ${namesText(because, namesMax)}`]),
    ...(witness === null ? [] : [`see ${witnessText(witness)}`]),
  ];
  return [`  ${ends}: ${ports}`, ...details.map((text) => paint.dim(`      ${sanitise(text)}`))];
}

/** As `netsluice trace` takes it. */
export function witnessText({ src, dst, protocol, port }: WitnessLine): string {
  return `${src} ${dst} ${port}/${protocol}`;
}

function isolationLines({ isolation }: DiffDocument): string[] {
  const name = shortNames(isolation.map(({ id }) => id));
  const lines = isolation.map((line) => `  ${isolationText(line, name)}`);
  return lines.length === 0 ? [] : ['', 'isolation:', ...cut(lines)];
}

export function isolationText(
  { id, direction, effect, pods, planned, keepsNone }: IsolationLine,
  name: (id: string) => string,
): string {
  const counted = [
    ...(pods > 0 ? [`${pods} ${pods === 1 ? 'pod' : 'pods'}`] : []),
    ...(planned > 0 ? [`${planned} planned`] : []),
  ].join(', ');
  const end = direction === 'ingress' ? 'source' : 'destination';
  const none = keepsNone ? `, keeps no ${end}` : '';
  return effect === 'isolated'
    ? `${name(id)} (${counted}) is isolated for ${direction} now${none}`
    : `${name(id)} (${counted}) is open for ${direction} now`;
}

function undecidedLines({ undecided }: DiffDocument, paint: Paint): string[] {
  const name = shortNames(undecided.flatMap(({ src, dst }) => [src, dst]));
  const lines = undecided.map(({ src, dst, before, after, reason }) =>
    paint.warning(
      `  ${name(src)} -> ${name(dst)}: ${passageText(before)} before, ${passageText(after)} after (${reason})`,
    ),
  );
  return lines.length === 0 ? [] : ['', 'unknown:', ...cut(lines)];
}

/** `5432/TCP, unknown 80/TCP`; `nothing` where nothing is allowed. */
export function passageText({ allow, allowSome, unknown }: PassageLine): string {
  const some = allowSome === undefined ? '' : `${portListText(allowSome)} between some pods`;
  const doubt = unknown === undefined ? '' : `unknown ${portListText(unknown)}`;
  return [portListText(allow), some, doubt].filter((text) => text !== '').join(', ') || 'nothing';
}

function workloadLines({ workloads: { added, removed } }: DiffDocument): string[] {
  const name = shortNames([...added, ...removed]);
  const text = (ids: readonly string[], verb: string): string[] =>
    ids.length === 0 ? [] : ['', `${verb}: ${namesText(ids.map(name), 4 * namesMax)}`];
  return [...text(added, 'added'), ...text(removed, 'removed')];
}

function cut(lines: readonly string[]): string[] {
  const more = lines.length - linesMax;
  return more > 0 ? [...lines.slice(0, linesMax), `  ${more} more; -o json lists all`] : [...lines];
}
