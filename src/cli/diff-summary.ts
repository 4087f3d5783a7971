import type { ChangedConnection } from '../impact/changed-connections.ts';
import type { RowEnd } from '../impact/connections.ts';
import type { DiffDocument, GradeName } from '../report/diff.ts';
import { isEmpty } from '../sets/port-set.ts';

type Counts = Omit<DiffDocument['summary'], 'isolated' | 'freed'>;

const grades: readonly GradeName[] = ['critical', 'withdrawn', 'implied'];

/** Counts connections: all addresses outside are one end, whatever number of rows they have. */
export function connectionsIn(
  rows: readonly ChangedConnection[],
  { added, removed }: DiffDocument['workloads'],
): Counts {
  const [come, gone] = [new Set(added), new Set(removed)];
  const found = {
    opened: new Set<string>(),
    undecided: new Set<string>(),
    added: new Set<string>(),
    removed: new Set<string>(),
  };
  const blocked = new Map<string, GradeName>();
  for (const row of rows) {
    const [src, dst] = [endOf(row.src), endOf(row.dst)];
    const key = `${src} ${dst}`;
    const isIn = (ids: ReadonlySet<string>): boolean => ids.has(src) || ids.has(dst);
    if (isIn(come)) found.added.add(key);
    else if (isIn(gone)) found.removed.add(key);
    else {
      if (!isEmpty(row.gained)) found.opened.add(key);
      if (!isEmpty(row.undecided)) found.undecided.add(key);
      if (row.grade !== null) blocked.set(key, worse(blocked.get(key), row.grade));
    }
  }
  const count = (grade: GradeName): number => [...blocked.values()].filter((each) => each === grade).length;
  return {
    opened: found.opened.size,
    blocked: { critical: count('critical'), withdrawn: count('withdrawn'), implied: count('implied') },
    undecided: found.undecided.size,
    added: found.added.size,
    removed: found.removed.size,
  };
}

function endOf(end: RowEnd): string {
  return typeof end === 'string' ? end : 'internet';
}

function worse(a: GradeName | undefined, b: GradeName): GradeName {
  return a !== undefined && grades.indexOf(a) < grades.indexOf(b) ? a : b;
}
