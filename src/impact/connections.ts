import type { AddressRange } from '../model/policy.ts';
import { isEmpty } from '../sets/port-set.ts';
import { podIds, type Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { clouded, type GovernedClass, governedClasses } from './connections-classes.ts';
import { externalSegments, type Segment } from './connections-ranges.ts';
import {
  type ConnectionEnd,
  ConnectionTally,
  type ConnectionUnit,
  type Passage,
  passageOver,
} from './connections-tally.ts';
import { both, type PortReading } from './side.ts';

/** An end of a row: the id of a workload or pod, or addresses that nobody in the cluster owns. */
export type RowEnd = string | AddressRange;

export interface ConnectionRow extends Passage {
  readonly src: RowEnd;
  readonly dst: RowEnd;
}

export interface Connections {
  /** Sorted by id. */
  readonly ends: readonly ConnectionEnd[];
  /** Sorted by source, then destination; addresses come before ids. A pair without a row has nothing allowed. */
  readonly rows: readonly ConnectionRow[];
  /** True where rows were left out because there are more than `rowsMax`. */
  readonly cut: boolean;
}

/**
 * Who may talk to whom. Works on classes of units that the same policies govern; pairs are spread only where rows are
 * written. A pod to itself is not listed.
 */
export function connectionsOf(world: World, unit: ConnectionUnit, rowsMax: number): Connections {
  const ends = unit === 'workload' ? workloadEnds(world) : podEnds(world);
  const egress = governedClasses(world, 'egress');
  const ingress = governedClasses(world, 'ingress');
  const tally = new ConnectionTally(ends, unit, rowsMax);
  for (const from of egress) for (const to of ingress) meet(from, to, tally);
  const segments = {
    egress: segmentsByEnd(world, ends, egress),
    ingress: segmentsByEnd(world, ends, ingress),
  };
  return { ends, rows: rowsInOrder(ends, tally, segments), cut: tally.cut };
}

function workloadEnds(world: World): readonly ConnectionEnd[] {
  const found = new Map<string, Unit[]>();
  for (const unit of unitsOf(world)) {
    const units = found.get(unit.workload.id) ?? [];
    units.push(unit);
    found.set(unit.workload.id, units);
  }
  return [...found].map(([id, units]) => ({ id, units })).sort(byId);
}

function podEnds(world: World): readonly ConnectionEnd[] {
  const ends = unitsOf(world).flatMap((unit) =>
    podIds(unit).map((id) => ({ id: `${id}[Pod]`, units: [unit] })),
  );
  return ends.sort(byId);
}

function byId(a: ConnectionEnd, b: ConnectionEnd): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function unitsOf(world: World): Unit[] {
  return world.units.toArray().flatMap((id) => world.unit(id) ?? []);
}

/** Every pair of a source of one class and a destination of the other, by what both classes say. */
function meet(from: GovernedClass, to: GovernedClass, tally: ConnectionTally): void {
  if (from.foreign || to.foreign) {
    tally.add(from.units.toArray(), to.units.toArray(), clouded);
    return;
  }
  for (const outward of from.cells) {
    const destinations = outward.units.and(to.units);
    if (destinations.isEmpty()) continue;
    for (const inward of to.cells) {
      const sources = inward.units.and(from.units);
      if (sources.isEmpty()) continue;
      const reading = both(outward.reading, inward.reading);
      if (!isEmpty(reading.may)) tally.add(sources.toArray(), destinations.toArray(), reading);
    }
  }
}

/** What ends that the same classes govern may do towards outside, worked out once for each set of classes. */
function segmentsByEnd(
  world: World,
  ends: readonly ConnectionEnd[],
  classes: readonly GovernedClass[],
): readonly (readonly Segment<Passage>[])[] {
  const classOf = new Map<number, number>();
  for (const [index, { units }] of classes.entries()) {
    units.forEach((id) => {
      classOf.set(id, index);
    });
  }
  const known = new Map<string, readonly Segment<Passage>[]>();
  return ends.map(({ units }) => {
    const indexes = [...new Set(units.map(({ id }) => classOf.get(id) ?? -1))].sort((a, b) => a - b);
    const key = indexes.join();
    const segments =
      known.get(key) ??
      externalSegments(
        world,
        indexes.flatMap((index) => classes[index] ?? []),
        join,
      );
    known.set(key, segments);
    return segments;
  });
}

/** One passage from the readings of all classes of an end; null where nothing is allowed. */
function join(readings: readonly PortReading[]): { readonly key: string; readonly value: Passage } | null {
  if (readings.every(({ may }) => isEmpty(may))) return null;
  const value = passageOver(readings);
  return { key: JSON.stringify([value.allow, value.allowSome, [...value.undecided].sort()]), value };
}

function rowsInOrder(
  ends: readonly ConnectionEnd[],
  tally: ConnectionTally,
  segments: {
    readonly egress: readonly (readonly Segment<Passage>[])[];
    readonly ingress: readonly (readonly Segment<Passage>[])[];
  },
): readonly ConnectionRow[] {
  const idOf = (index: number): string => ends[index]?.id ?? '';
  const fromOutside = segments.ingress.flatMap((own, index) =>
    own.map(({ range, value }) => ({ range, row: { src: range, dst: idOf(index), ...value } })),
  );
  fromOutside.sort((a, b) => byRange(a.range, b.range));
  const rows: ConnectionRow[] = fromOutside.map(({ row }) => row);
  let next = 0;
  const outwardUntil = (end: number): void => {
    for (; next < end; next += 1) {
      for (const { range, value } of segments.egress[next] ?? [])
        rows.push({ src: idOf(next), dst: range, ...value });
    }
  };
  for (const { from, to, passage } of tally.pairs()) {
    outwardUntil(from + 1);
    rows.push({ src: idOf(from), dst: idOf(to), ...passage });
  }
  outwardUntil(ends.length);
  return rows;
}

function byRange(a: AddressRange, b: AddressRange): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last < b.last ? -1 : a.last > b.last ? 1 : 0;
}
