import { sanitise } from '../review/words.ts';
import { shortNames } from './connections.ts';
import type { DiffDocument } from './diff.ts';
import { type ChangeGroup, groupsOf, namesText } from './diff-groups.ts';
import { isolationText, passageText, sortTexts, witnessText } from './diff-text.ts';

/** By this line whoever writes the comment finds it again. */
export const diffMarker = '<!-- netsluice:diff -->';

/** "Body is too long (maximum is 65536 characters)": room is left for what is written around it. */
export const commentMax = 60_000;

const namesMax = 6;

/** What a comment says beside the difference. */
export interface CommentPart {
  readonly title: string;
  /** How many parts share the comment. */
  readonly share: number;
  /** Markdown below the headline. */
  readonly lines: readonly string[];
}

/** The body of a comment, never longer than a comment may be: the headline, what is blocked and opened, and the rest folded. */
export function diffMarkdown(document: DiffDocument, about: Partial<CommentPart> = {}): string {
  const { title = 'NetworkPolicy changes', share = 1, lines: extra = [] } = about;
  const body = new Body(Math.floor(commentMax / share) - 200);
  body.add(diffMarker, `### ${inline(title)}`, '', `**${inline(document.headline)}**`, ...gaps(document));
  body.add(...extra);
  const groups = groupsOf(document);
  const first = groups.filter(({ sort }) => sort === 'critical' || sort === 'withdrawn' || sort === 'opened');
  body.table(first);
  const rest = groups.filter((group) => !first.includes(group));
  for (const sort of new Set(rest.map((group) => group.sort)))
    body.folded(`${sortTexts[sort]} (${rowsOf(rest.filter((group) => group.sort === sort))})`, () =>
      body.table(rest.filter((group) => group.sort === sort)),
    );
  const name = shortNames(document.isolation.map(({ id }) => id));
  body.list(
    'isolation',
    document.isolation.map((line) => isolationText(line, name)),
  );
  const ends = shortNames(document.undecided.flatMap(({ src, dst }) => [src, dst]));
  body.list(
    'unknown',
    document.undecided.map(
      ({ src, dst, before, after, reason }) =>
        `${ends(src)} -> ${ends(dst)}: ${passageText(before)} before, ${passageText(after)} after (${reason})`,
    ),
  );
  const { added, removed } = document.workloads;
  const workload = shortNames([...added, ...removed]);
  body.list('workloads', [
    ...added.map((id) => `added ${workload(id)}`),
    ...removed.map((id) => `removed ${workload(id)}`),
  ]);
  return body.text();
}

function gaps({ problems, partial }: DiffDocument): string[] {
  const lines = problems.slice(0, 20).map(({ file, line, message }) => {
    const place = line === undefined ? file : `${file}:${line}`;
    return `- not read: ${inline(`${place}: ${message}`)}`;
  });
  if (problems.length > 20) lines.push(`- ${problems.length - 20} more could not be read`);
  if (partial !== null) lines.push(`- not examined: ${inline(partial)}`);
  return lines.length === 0 ? [] : ['', ...lines];
}

function rowsOf(groups: readonly ChangeGroup[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

/** Text that Markdown takes for text, on one line. */
export function inline(text: string): string {
  return sanitise(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_|[\]#~@]/g, '\\$&');
}

/** Lines up to a length; what does not fit is counted. */
class Body {
  private readonly lines: string[] = [];
  private room: number;
  private left = 0;

  constructor(room: number) {
    this.room = room;
  }

  /** True where there was room for all of them. */
  add(...lines: readonly string[]): boolean {
    const length = lines.reduce((sum, line) => sum + line.length + 1, 0);
    if (length > this.room) return false;
    this.room -= length;
    this.lines.push(...lines);
    return true;
  }

  table(groups: readonly ChangeGroup[]): void {
    if (groups.length === 0) return;
    this.add('', '|  | From | To | Ports | Because | See |', '| --- | --- | --- | --- | --- | --- |');
    for (const group of groups) {
      const { sort, sources, destinations, ports, because, witness } = group;
      const cells = [
        sortTexts[sort],
        ...[sources, destinations].map((names) => namesText(names, namesMax)),
        ports,
        namesText(because, namesMax),
        witness === null ? '' : witnessText(witness),
      ];
      if (!this.add(`| ${cells.map(inline).join(' | ')} |`)) this.left += group.rows;
    }
  }

  folded(title: string, fill: () => void): void {
    // The end is paid for with the beginning.
    if (!this.add('', `<details><summary>${inline(title)}</summary>`)) {
      this.left += 1;
      return;
    }
    this.room -= '\n\n</details>\n'.length;
    fill();
    this.lines.push('', '</details>');
  }

  list(title: string, items: readonly string[]): void {
    if (items.length === 0) return;
    this.folded(`${title} (${items.length})`, () => {
      this.add('');
      for (const item of items) if (!this.add(`- ${inline(item)}`)) this.left += 1;
    });
  }

  text(): string {
    const more = this.left === 0 ? [] : ['', `${this.left} more; \`-o json\` lists all.`];
    return [...this.lines, ...more].join('\n');
  }
}
