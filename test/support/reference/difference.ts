/**
 * The naive difference between two clusters: every ordered pair of pods (and of a pod and one address of each
 * address cell) is evaluated before and after on one port of each port cell, and rows are added up. Only a pair of
 * which nothing changed that an answer depends on keeps its answers unasked.
 */
import { formatAddress } from './addresses.ts';
import { type AddressCell, addressCells, type PortCell, portCells } from './cells.ts';
import { type Answer, type Direction, NO, YES } from './clauses.ts';
import { type End, ipEnd } from './ends.ts';
import type { RefCluster } from './objects.ts';
import { gridOf, type Side, sideOf, voicesUnder } from './side.ts';
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
  /** The cells that were judged. */
  ports: PortCell[];
  addresses: AddressCell[];
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
    [...chosen].sort((a, b) => a - b).flatMap((i) => cells[i]?.names ?? []);
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

const text = (value: unknown) =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each));

/** Whether all that is known of an end is as it was. */
function alike(a: End, b: End): boolean {
  return (Object.keys(b) as (keyof End)[]).every(
    (field) => a[field] === b[field] || text(a[field]) === text(b[field]),
  );
}

/** The same units; an end that is as it was is the one of before, which has its answers already. */
function withKept(units: RefUnit[], before: Map<string, End>): RefUnit[] {
  const kept = (end: End): End => {
    const old = before.get(end.key);
    return old !== undefined && alike(old, end) ? old : end;
  };
  return units.map((unit) => ({
    ...unit,
    running: unit.running.map(kept),
    plannedPods: unit.plannedPods.map(kept),
  }));
}

const sameItems = <T>(a: T[], b: T[]) => a.length === b.length && a.every((each, i) => each === b[i]);

/** One end before and after. */
type Ends = readonly [End | undefined, End | undefined];

/** One pod before and after, and the directions in which the same policies say the same of it as before. */
interface Pair {
  key: string;
  id: string;
  ends: Ends;
  settled: Record<Direction, boolean>;
}

function podsOf(old: Side, now: Side, samePlugin: boolean): Pair[] {
  return [...new Set([...old.ends.keys(), ...now.ends.keys()])].map((key) => {
    const [then, later] = [old.ends.get(key), now.ends.get(key)];
    const settled = (direction: Direction): boolean => {
      if (!samePlugin || then === undefined || then !== later) return false;
      const [a, b] = [old.speakers(then, direction), now.speakers(later, direction)];
      return sameItems(a.surely, b.surely) && sameItems(a.perhaps, b.perhaps);
    };
    return {
      key,
      id: now.workloads.get(key) ?? old.workloads.get(key) ?? '',
      ends: [then, later] as const,
      settled: { Ingress: settled('Ingress'), Egress: settled('Egress') },
    };
  });
}

/** The difference between two clusters; rows in which nothing changed are left out. */
export function difference(before: RefCluster, after: RefCluster): RefDifference {
  const cells = portCells([before, after]);
  const addresses = addressCells([before, after]);
  const grid = gridOf(cells);
  const voices = voicesUnder(before.profile, grid);
  const old = sideOf(before, unitsOf(before), grid, voices);
  // A policy that is the same object says the same, where the plugin is the same.
  const samePlugin = after.profile === before.profile;
  const others = samePlugin ? voices : voicesUnder(after.profile, grid);
  const now = sideOf(after, withKept(unitsOf(after), old.ends), grid, others);
  const rows = tallies();
  const external = tallies();
  let flows = 0;
  const pair = (src: Ends, dst: Ends, count: () => Tally[]) => {
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
  const pods = podsOf(old, now, samePlugin);
  for (const src of pods) {
    for (const dst of pods) {
      if (src.key === dst.key) continue;
      if (src.settled.Egress && dst.settled.Ingress) flows += cells.length;
      else pair(src.ends, dst.ends, () => [rows.of(src.id, dst.id)]);
    }
  }
  for (const cell of addresses) {
    const address = ipEnd(cell.representative, cell.first);
    const at = [cell.first, cell.last, formatAddress(cell.representative)];
    for (const { id, ends, settled } of pods) {
      if (settled.Ingress) flows += cells.length;
      else
        pair([address, address], ends, () => [rows.of('internet', id), external.of(...at, 'internet', id)]);
      if (settled.Egress) flows += cells.length;
      else
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
    ports: cells,
    addresses,
  };
}
