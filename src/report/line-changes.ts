/** Lines of a text that make way for others; each line with its own end. */
export interface LineChange {
  /** How many lines of the old text stand before it. */
  readonly start: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Above this many comparisons what lies between the first and the last difference is one change. */
const cellsMax = 1_000_000;

/** How many lines around a change a diff shows. */
const contextLines = 3;

/** What one text has in place of the other, in the order of the lines. */
export function lineChanges(before: string, after: string): readonly LineChange[] {
  const [old, recent] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < recent.length && old[head] === recent[head]) head += 1;
  let tail = 0;
  const most = Math.min(old.length, recent.length) - head;
  while (tail < most && old[old.length - 1 - tail] === recent[recent.length - 1 - tail]) tail += 1;
  const removed = old.slice(head, old.length - tail);
  const added = recent.slice(head, recent.length - tail);
  if (removed.length === 0 && added.length === 0) return [];
  if (removed.length * added.length > cellsMax) return [{ start: head, removed, added }];
  return between(removed, added).map((change) => ({ ...change, start: change.start + head }));
}

/** As `diff -u` prints it and `git apply` reads it, without a last line break; empty where nothing differs. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const changes = lineChanges(before, after);
  if (changes.length === 0) return '';
  const old = linesOf(before);
  const lines = groupsOf(changes).reduce<{ rows: string[]; shift: number }>(
    ({ rows, shift }, group) => {
      const hunk = hunkOf(group, old, shift);
      return { rows: [...rows, ...hunk.rows], shift: shift + hunk.grown };
    },
    { rows: [], shift: 0 },
  );
  return [`--- a/${file}`, `+++ b/${file}`, ...lines.rows].join('\n');
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** By the longest common subsequence. */
function between(old: readonly string[], recent: readonly string[]): LineChange[] {
  const common = commonLengths(old, recent);
  const changes: { start: number; removed: string[]; added: string[] }[] = [];
  let [i, j, open] = [0, 0, false];
  while (i < old.length || j < recent.length) {
    const [line, other] = [old[i], recent[j]];
    if (line !== undefined && line === other) {
      [i, j, open] = [i + 1, j + 1, false];
      continue;
    }
    if (!open) changes.push({ start: i, removed: [], added: [] });
    open = true;
    if (line !== undefined && common(i + 1, j) >= common(i, j + 1)) {
      changes.at(-1)?.removed.push(line);
      i += 1;
    } else {
      if (other !== undefined) changes.at(-1)?.added.push(other);
      j += 1;
    }
  }
  return changes;
}

/** How many lines the rest of both texts has in common, from two lines on; less than none where a text has ended. */
function commonLengths(old: readonly string[], recent: readonly string[]): (i: number, j: number) => number {
  const wide = recent.length + 1;
  const lengths = new Uint32Array((old.length + 1) * wide);
  const at = (i: number, j: number): number =>
    i > old.length || j > recent.length ? -1 : (lengths[i * wide + j] ?? 0);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = recent.length - 1; j >= 0; j -= 1)
      lengths[i * wide + j] =
        old[i] === recent[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  return at;
}

/** Changes whose surroundings touch are shown together. */
function groupsOf(changes: readonly LineChange[]): LineChange[][] {
  const groups: LineChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1)?.at(-1);
    const gap =
      last === undefined ? Number.POSITIVE_INFINITY : change.start - last.start - last.removed.length;
    if (gap <= 2 * contextLines) groups.at(-1)?.push(change);
    else groups.push([change]);
  }
  return groups;
}

function hunkOf(
  group: readonly LineChange[],
  old: readonly string[],
  shift: number,
): { readonly rows: readonly string[]; readonly grown: number } {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return { rows: [], grown: 0 };
  const start = Math.max(0, first.start - contextLines);
  const end = Math.min(old.length, last.start + last.removed.length + contextLines);
  const rows: string[] = [];
  let next = start;
  for (const change of group) {
    rows.push(...old.slice(next, change.start).map((line) => row(' ', line)));
    rows.push(...change.removed.map((line) => row('-', line)), ...change.added.map((line) => row('+', line)));
    next = change.start + change.removed.length;
  }
  rows.push(...old.slice(next, end).map((line) => row(' ', line)));
  const grown = group.reduce((sum, { removed, added }) => sum + added.length - removed.length, 0);
  const [length, length2] = [end - start, end - start + grown];
  const from = (count: number, at: number): string => `${count === 0 ? at : at + 1},${count}`;
  return { rows: [`@@ -${from(length, start)} +${from(length2, start + shift)} @@`, ...rows], grown };
}

function row(mark: string, line: string): string {
  return line.endsWith('\n') ? `${mark}${line.slice(0, -1)}` : `${mark}${line}\n\\ No newline at end of file`;
}
