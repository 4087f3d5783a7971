import type { Direction } from '../model/policy.ts';
import type { BitSet } from '../sets/bitset.ts';
import { allPorts, isEmpty, noPorts } from '../sets/port-set.ts';
import { portsKey } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { unbounded } from './budget.ts';
import { groupBy, memberSets, partition, representative } from './cells.ts';
import { decide, matchesUnit, type PortReading, type Side, sideOf } from './side.ts';

/** What is known where a policy API that is not analysed could govern an end. */
export const clouded: PortReading = { must: noPorts, may: allPorts, reasons: ['other-policies'] };

/** Other ends towards whom a class's own policies say one and the same. */
export interface Cell {
  readonly units: BitSet;
  readonly reading: PortReading;
}

/** Units that the same policies govern in one direction; as destinations they also resolve named ports alike. */
export interface GovernedClass {
  readonly units: BitSet;
  /** The member that stands for all. */
  readonly first: number;
  readonly side: Side;
  /** A policy API that is not analysed could govern them, so that nothing is known of them. */
  readonly foreign: boolean;
  /** Everybody whom they may reach, or who may reach them, on at least one port. */
  readonly cells: readonly Cell[];
}

/** All units of the world by what governs them in one direction. */
export function governedClasses(world: World, direction: Direction): readonly GovernedClass[] {
  const foreignIn = new Map<string, boolean>();
  const keyOf = (id: number): string => {
    const unit = world.unit(id);
    if (unit === undefined) return '';
    const foreign = foreignIn.get(unit.namespace) ?? world.foreignApi(unit.namespace) !== null;
    foreignIn.set(unit.namespace, foreign);
    const { isolated, key } = world.governing(id, direction);
    return JSON.stringify([foreign, isolated, key, direction === 'ingress' ? portsKey(unit.ports) : '']);
  };
  const sides = new Map<string, Side>();
  return [...groupBy(world.units, keyOf).values()].map((units) => {
    const first = units.first();
    const governing = world.governing(first, direction);
    const key = `${governing.isolated} ${governing.key}`;
    const side = sides.get(key) ?? sideOf(world, governing, direction);
    sides.set(key, side);
    const foreign = foreignIn.get(world.unit(first)?.namespace ?? '') ?? false;
    return { units, first, side, foreign, cells: foreign ? [] : cellsOf(world, side, first) };
  });
}

function cellsOf(world: World, side: Side, first: number): readonly Cell[] {
  const { direction } = side;
  const cells = partition(world.units, memberSets(side), unbounded()) ?? [];
  // Towards many destinations a name may stand for many numbers.
  const named = direction === 'egress' && namesPorts(side);
  const split = named
    ? cells.flatMap((cell) => [...groupBy(cell, (id) => portsKey(world.unit(id)?.ports ?? [])).values()])
    : cells;
  return split.flatMap((units) => {
    const other = representative(units);
    const destination = direction === 'ingress' ? first : other;
    const ports = world.unit(destination)?.ports ?? [];
    const reading = decide(side, (entry) => matchesUnit(entry, other), ports);
    return isEmpty(reading.may) ? [] : [{ units, reading }];
  });
}

function namesPorts({ entries }: Side): boolean {
  return entries.some(
    ({ clause: { ports } }) => ports !== 'any' && ports.some(({ kind }) => kind === 'named'),
  );
}
