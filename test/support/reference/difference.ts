/**
 * The naive difference between two clusters: every ordered pair of pods (and of a pod and one address of each
 * address cell) is evaluated before and after on one port of each port cell, and rows are added up.
 */
import { formatAddress } from './addresses.ts';
import { addressCells, type PortCell, portCells } from './cells.ts';
import {
  type Answer,
  both,
  clausePorts,
  clausesOf,
  type Direction,
  either,
  enforced,
  governs,
  NO,
  peersTest,
  YES,
} from './clauses.ts';
import { type End, ipEnd } from './ends.ts';
import { isForeignGoverned, isNeverGoverned } from './evaluator.ts';
import type { RefCluster } from './objects.ts';
import { type RefUnit, unitsOf } from './units.ts';

/** Ports such as `TCP/80`: the first and the last port of every cell that is meant, in ascending order. */
interface Ports {
  lost: string[];
  gained: string[];
  undecided: string[];
}

/** One connection; `src` and `dst` are workload ids or `internet`. */
export interface RefRow extends Ports {
  src: string;
  dst: string;
  /** For a row that lost something: was an end of a pair that lost a port isolated before? */
  grade: 'withdrawn' | 'implied' | null;
}

/** The part of a row with `internet` that concerns the addresses from first to last that nobody owns. */
export interface RefExternalRow extends Ports {
  first: string;
  last: string;
  representative: string;
  src: string;
  dst: string;
}

/** Pods that exist on both sides and that policies began or ceased to isolate; rows of zeros are left out. */
export interface RefIsolationRow {
  workload: string;
  direction: Direction;
  isolated: { running: number; planned: number };
  freed: { running: number; planned: number };
}

export interface RefDifference {
  rows: RefRow[];
  external: RefExternalRow[];
  isolation: RefIsolationRow[];
  /** How many pairs and ports were judged before and after. */
  flows: number;
}

interface Side {
  units: Map<string, RefUnit>;
  ends: Map<string, End>;
  workloads: Map<string, string>;
  /** One answer per port cell; all no if an end does not exist on this side. */
  answers: (src: End | undefined, dst: End | undefined) => Answer[];
  isolated: (end: End | undefined, direction: Direction) => boolean;
  foreign: (end: End) => boolean;
}

function memo<V>(compute: (end: End) => V): (end: End) => V {
  const known = new Map<End, V>();
  return (end) => {
    const found = known.get(end);
    if (found !== undefined) return found;
    const value = compute(end);
    known.set(end, value);
    return value;
  };
}

/** The cells of both sides with the two most frequent lists of answers, shared so that equality is cheap. */
interface Grid {
  cells: PortCell[];
  open: Answer[];
  closed: Answer[];
}

/** The same questions as verdict() asks, each answered once per end instead of once per pair. */
function tables(cluster: RefCluster, direction: Direction, { cells, open, closed }: Grid) {
  const policies = cluster.policies.map((policy) => ({
    governs: (end: End) => governs(cluster, policy, direction, end),
    clauses: clausesOf(policy, direction).map((clause) => ({
      peers: memo(peersTest(cluster, policy, direction, clause)),
      ports: memo((dst) =>
        cells.map(({ protocol, first }) =>
          clausePorts(cluster, direction, clause, { protocol, port: first }, dst),
        ),
      ),
    })),
  }));
  const surely = memo((end) => policies.filter((policy) => policy.governs(end) === YES));
  const perhaps = memo((end) => policies.filter((policy) => policy.governs(end) !== NO));
  const enforcement = memo((end) => enforced(cluster.profile, end));
  const reading = (speaking: typeof policies, peer: End, dst: End): Answer[] => {
    if (speaking.length === 0) return cluster.profile.unselectedPods === 'closed' ? closed : open;
    let result = closed;
    for (const { peers, ports } of speaking.flatMap((policy) => policy.clauses)) {
      const peerAnswer = peers(peer);
      if (peerAnswer === NO) continue;
      const portAnswers = ports(dst);
      const clause = peerAnswer === YES ? portAnswers : portAnswers.map((each) => both(peerAnswer, each));
      result =
        result === closed ? clause : result.map((each, i) => Math.max(each, clause[i] ?? NO) as Answer);
    }
    return result;
  };
  const combined = (a: Answer[], b: Answer[]) =>
    a === b ? a : a.map((answer, i) => either(answer, b[i] ?? NO));
  const answers = (src: End, dst: End): Answer[] => {
    const [subject, peer] = direction === 'Egress' ? [src, dst] : [dst, src];
    if (isNeverGoverned(subject, peer) || enforcement(subject) === NO) return open;
    const [sure, maybe] = [surely(subject), perhaps(subject)];
    const first = reading(sure, peer, dst);
    const result = sure.length === maybe.length ? first : combined(first, reading(maybe, peer, dst));
    return enforcement(subject) === YES ? result : combined(result, open);
  };
  return { answers, isolated: (end: End) => enforcement(end) !== NO && surely(end).length > 0 };
}

function sideOf(cluster: RefCluster, grid: Grid): Side {
  const { open, closed } = grid;
  const units = unitsOf(cluster);
  const members = units.flatMap((unit) =>
    [...unit.running, ...unit.plannedPods].map((end) => ({ end, id: unit.id })),
  );
  const egress = tables(cluster, 'Egress', grid);
  const ingress = tables(cluster, 'Ingress', grid);
  return {
    units: new Map(units.map((unit) => [unit.id, unit])),
    ends: new Map(members.map(({ end }) => [end.key, end])),
    workloads: new Map(members.map(({ end, id }) => [end.key, id])),
    answers: (src, dst) => {
      // "Pairs where a side does not exist count as must = may = false."
      if (src === undefined || dst === undefined) return closed;
      const outward = egress.answers(src, dst);
      const inward = ingress.answers(src, dst);
      if (outward === open || inward === closed) return inward;
      if (inward === open || outward === closed) return outward;
      return outward.map((answer, i) => both(answer, inward[i] ?? NO));
    },
    isolated: (end, direction) =>
      end !== undefined && (direction === 'Egress' ? egress : ingress).isolated(end),
    foreign: (end) => isForeignGoverned(cluster, end),
  };
}

type Fate = keyof Ports;

/** What happens to one port of one pair. */
function fate(before: Answer, after: Answer, foreign: boolean): Fate | undefined {
  if (before === after) return undefined;
  if (!foreign && before === YES && after === NO) return 'lost';
  if (!foreign && before === NO && after === YES) return 'gained';
  return 'undecided';
}

interface Tally {
  lost: Set<number>;
  gained: Set<number>;
  undecided: Set<number>;
  withdrawn: boolean;
}

function written(tally: Tally, cells: PortCell[]): Ports {
  const texts = (chosen: Set<number>) =>
    cells.flatMap(({ protocol, first, last }, i) => {
      if (!chosen.has(i)) return [];
      return first === last ? [`${protocol}/${first}`] : [`${protocol}/${first}`, `${protocol}/${last}`];
    });
  return { lost: texts(tally.lost), gained: texts(tally.gained), undecided: texts(tally.undecided) };
}

function isolationRows(before: Side, after: Side): RefIsolationRow[] {
  const rows: RefIsolationRow[] = [];
  for (const unit of after.units.values()) {
    for (const direction of ['Ingress', 'Egress'] as const) {
      const row = { isolated: { running: 0, planned: 0 }, freed: { running: 0, planned: 0 } };
      const compare = (end: End | undefined, sort: 'running' | 'planned', count: number) => {
        const old = end === undefined ? undefined : before.ends.get(end.key);
        if (old === undefined) return;
        const was = before.isolated(old, direction);
        const is = after.isolated(end, direction);
        if (!was && is) row.isolated[sort] += count;
        if (was && !is) row.freed[sort] += count;
      };
      for (const end of unit.running) compare(end, 'running', 1);
      compare(unit.plannedPods[0], 'planned', unit.planned);
      const sum = [row.isolated, row.freed].reduce((total, each) => total + each.running + each.planned, 0);
      if (sum > 0) rows.push({ workload: unit.id, direction, ...row });
    }
  }
  return rows;
}

/** Adds up tallies under a key made of texts, in the order in which they come. */
function tallies() {
  const all = new Map<string, Tally>();
  return {
    all,
    of(...key: string[]): Tally {
      const text = key.join('\n');
      const found = all.get(text) ?? {
        lost: new Set(),
        gained: new Set(),
        undecided: new Set(),
        withdrawn: false,
      };
      all.set(text, found);
      return found;
    },
  };
}

/** The difference between two clusters; rows in which nothing changed are left out. */
export function difference(before: RefCluster, after: RefCluster): RefDifference {
  const cells = portCells([before, after]);
  const grid: Grid = { cells, open: cells.map(() => YES), closed: cells.map(() => NO) };
  const old = sideOf(before, grid);
  const now = sideOf(after, grid);
  const rows = tallies();
  const external = tallies();
  let flows = 0;
  const pair = (src: [End?, End?], dst: [End?, End?], count: () => Tally[]) => {
    flows += cells.length;
    const then = old.answers(src[0], dst[0]);
    const later = now.answers(src[1], dst[1]);
    if (then === later) return;
    const foreign = [src, dst].some(([a, b]) => (a && old.foreign(a)) || (b && now.foreign(b)));
    let counted: Tally[] | undefined;
    for (let i = 0; i < cells.length; i++) {
      const what = fate(then[i] ?? NO, later[i] ?? NO, foreign);
      if (what === undefined) continue;
      counted ??= count();
      for (const tally of counted) {
        tally[what].add(i);
        tally.withdrawn ||=
          what === 'lost' && (old.isolated(src[0], 'Egress') || old.isolated(dst[0], 'Ingress'));
      }
    }
  };
  const pods = [...new Set([...old.ends.keys(), ...now.ends.keys()])].map((key) => ({
    key,
    id: now.workloads.get(key) ?? old.workloads.get(key) ?? '',
    ends: [old.ends.get(key), now.ends.get(key)] as [End?, End?],
  }));
  for (const src of pods) {
    for (const dst of pods) {
      if (src.key !== dst.key) pair(src.ends, dst.ends, () => [rows.of(src.id, dst.id)]);
    }
  }
  for (const cell of addressCells([before, after])) {
    const address = ipEnd(cell.representative, cell.first);
    const at = [cell.first, cell.last, formatAddress(cell.representative)];
    for (const { id, ends } of pods) {
      pair([address, address], ends, () => [rows.of('internet', id), external.of(...at, 'internet', id)]);
      pair(ends, [address, address], () => [rows.of(id, 'internet'), external.of(...at, id, 'internet')]);
    }
  }
  return {
    rows: [...rows.all].map(([key, tally]) => {
      const [src = '', dst = ''] = key.split('\n');
      const grade = tally.lost.size === 0 ? null : tally.withdrawn ? 'withdrawn' : 'implied';
      return { src, dst, ...written(tally, cells), grade };
    }),
    external: [...external.all].map(([key, tally]) => {
      const [first = '', last = '', representative = '', src = '', dst = ''] = key.split('\n');
      return { first, last, representative, src, dst, ...written(tally, cells) };
    }),
    isolation: isolationRows(old, now),
    flows,
  };
}
