import { type PortLists, portListText, shortNames } from './connections.ts';
import { becauseText, type ChangeLine, type DiffDocument, type WitnessLine } from './diff.ts';

export type ChangeSort = 'critical' | 'withdrawn' | 'implied' | 'opened' | 'added' | 'removed';

/** The worst first. */
export const changeSorts: readonly ChangeSort[] = [
  'critical',
  'withdrawn',
  'opened',
  'implied',
  'removed',
  'added',
];

/** Rows that say the same of several ends. */
export interface ChangeGroup {
  readonly sort: ChangeSort;
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
  readonly ports: string;
  readonly because: readonly string[];
  readonly witness: WitnessLine | null;
  /** How many rows it stands for. */
  readonly rows: number;
}

interface Part {
  readonly sort: ChangeSort;
  readonly row: ChangeLine;
  readonly ports: PortLists;
}

/** All changes, as few lines as say everything: those that say the same are joined by source, then by destination. */
export function groupsOf(document: DiffDocument): readonly ChangeGroup[] {
  const name = shortNames([
    ...document.changes.flatMap(({ src, dst }) => [src, dst]),
    ...document.workloads.added,
    ...document.workloads.removed,
  ]);
  const byDestination = new Map<string, { part: Part; because: readonly string[]; sources: string[] }>();
  const { workloads } = document;
  const moved = { come: new Set(workloads.added), gone: new Set(workloads.removed) };
  for (const part of document.changes.flatMap((row) => partsOf(row, moved))) {
    const because = part.row.because.map(becauseText);
    const key = JSON.stringify([part.sort, part.row.dst, part.ports, because]);
    const known = byDestination.get(key) ?? { part, because, sources: [] };
    known.sources.push(name(part.row.src));
    byDestination.set(key, known);
  }
  const groups = new Map<string, ChangeGroup & { destinations: string[]; rows: number }>();
  for (const { part, because, sources } of byDestination.values()) {
    const ports = portListText(part.ports);
    const key = JSON.stringify([part.sort, sources, ports, because]);
    const known = groups.get(key) ?? {
      sort: part.sort,
      sources: withoutFamilies(sources),
      destinations: [],
      ports,
      because,
      witness: part.row.witness,
      rows: 0,
    };
    known.destinations.push(name(part.row.dst));
    known.rows += sources.length;
    groups.set(key, known);
  }
  return [...groups.values()]
    .map((group) => ({
      ...group,
      sources: [...group.sources].sort(),
      destinations: withoutFamilies(group.destinations.sort()),
    }))
    .sort((a, b) => changeSorts.indexOf(a.sort) - changeSorts.indexOf(b.sort));
}

const opens: ReadonlySet<string> = new Set(['frees', 'allows']);

/** A row may block and open at once. */
function partsOf(
  row: ChangeLine,
  { come, gone }: { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> },
): readonly Part[] {
  const comes = come.has(row.src) || come.has(row.dst);
  const goes = gone.has(row.src) || gone.has(row.dst);
  const parts: Part[] = [];
  if (row.blocked !== undefined)
    parts.push({
      sort: goes ? 'removed' : (row.grade ?? 'implied'),
      row: { ...row, because: row.because.filter(({ effect }) => !opens.has(effect)) },
      ports: row.blocked,
    });
  if (row.opened !== undefined)
    parts.push({
      sort: comes ? 'added' : 'opened',
      // The witness of a row that blocks as well is a flow that is blocked.
      row: {
        ...row,
        because: row.because.filter(({ effect }) => opens.has(effect)),
        witness: row.blocked === undefined ? row.witness : null,
      },
      ports: row.opened,
    });
  return parts;
}

/** The internet is one end where both families are meant. */
function withoutFamilies(names: readonly string[]): readonly string[] {
  const both = families.every((one) => names.includes(one));
  return both ? ['internet', ...names.filter((name) => !families.includes(name))] : names;
}

const families: readonly string[] = ['internet (IPv4)', 'internet (IPv6)'];

/** The first names, and how many more there are. */
export function namesText(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more > 1 ? `${names.slice(0, most).join(', ')}, +${more}` : names.join(', ');
}
