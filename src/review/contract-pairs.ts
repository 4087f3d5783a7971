import { memberSets, partition } from '../impact/cells.ts';
import type { Evaluation } from '../impact/evaluation.ts';
import type { When } from '../impact/group.ts';
import type { Ends } from '../impact/rectangle.ts';
import { both, decide, matchesUnit, type PortReading, type Side } from '../impact/side.ts';
import { groupAlike } from '../impact/touched.ts';
import type { Direction } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import { outsideReading, type Resolving, resolverReading } from './contract-outside.ts';

/** The units of one end, on each side of the change. */
export type Members = Readonly<Record<When, BitSet>>;

/** Pairs of a contract's ends that are alike in everything, and what they may do. */
export interface PairClass {
  readonly sources: Ends;
  readonly destinations: Ends;
  /** Null where the pairs are none of the contract's on that side of the change. */
  readonly readings: Readonly<Record<When, PortReading | null>>;
  /** A policy API that is not analysed could govern an end: no verdict is sure. */
  readonly clouded: boolean;
}

/** Units that the same policies govern in one direction; all are members, or none is, on each side of the change. */
interface Alike {
  readonly units: BitSet;
  readonly first: number;
  readonly sides: Readonly<Record<When, Side>>;
}

const internet: Ends = { kind: 'internet', ranges: [] };

/**
 * Every pair of sources and destinations, as classes: units that the same policies govern, cut by what the other end's
 * clauses tell apart. Ends where the budget does; who asks looks at it.
 */
export function* unitPairs(evaluation: Evaluation, sources: Members, targets: Members): Iterable<PairClass> {
  const { budget } = evaluation;
  const [from, to] = [alikeOf(evaluation, sources, 'egress'), alikeOf(evaluation, targets, 'ingress')];
  const reached = from.map((group) => partition(eitherOf(targets), cutsOf(group), budget) ?? []);
  for (const target of to) {
    const admitted = partition(eitherOf(sources), cutsOf(target), budget) ?? [];
    for (const [index, source] of from.entries()) {
      for (const cells of crossings(source, target, admitted, reached[index] ?? [])) {
        if (!budget.spend(1)) return;
        yield unitClass(evaluation.worlds, cells, sources, targets);
      }
    }
  }
}

interface Crossing {
  readonly source: Alike;
  readonly target: Alike;
}

/** A group of sources and one of destinations, each cut by what the other's clauses tell apart. */
function crossings(
  source: Alike,
  target: Alike,
  admitted: readonly BitSet[],
  reached: readonly BitSet[],
): Crossing[] {
  const froms = within(admitted, source.units);
  const tos = froms.length === 0 ? [] : within(reached, target.units);
  return froms.flatMap((units) =>
    tos.map((others) => ({ source: { ...source, units }, target: { ...target, units: others } })),
  );
}

function within(cells: readonly BitSet[], units: BitSet): BitSet[] {
  return cells.filter((cell) => cell.intersects(units)).map((cell) => cell.and(units));
}

function unitClass(
  worlds: Overlay,
  { source, target }: Crossing,
  sources: Members,
  targets: Members,
): PairClass {
  const [one, two] = [source.units.first(), target.units.first()];
  const reading = (when: When): PortReading | null => {
    if (!sources[when].has(one) || !targets[when].has(two)) return null;
    const ports = worlds[when].unit(two)?.ports ?? [];
    const egress = decide(source.sides[when], (entry) => matchesUnit(entry, two), ports);
    const ingress = decide(target.sides[when], (entry) => matchesUnit(entry, one), ports);
    return both(egress, ingress);
  };
  return {
    sources: { kind: 'units', units: source.units },
    destinations: { kind: 'units', units: target.units },
    readings: onBothSides(worlds, reading),
    clouded: isClouded(worlds.after, one) || isClouded(worlds.after, two),
  };
}

/** Units and the addresses that nobody in the cluster owns: a pair may connect if it may with any of them. */
export function* internetPairs(
  evaluation: Evaluation,
  members: Members,
  direction: Direction,
): Iterable<PairClass> {
  const { worlds, budget } = evaluation;
  for (const { units, first, sides } of alikeOf(evaluation, members, direction)) {
    const reading = (when: When): PortReading | null => {
      if (!members[when].has(first)) return null;
      // "Destination is not a pod": a named port resolves to nothing there.
      const ports = direction === 'ingress' ? (worlds[when].unit(first)?.ports ?? []) : [];
      return outsideReading(worlds[when], sides[when], ports, budget);
    };
    const readings = onBothSides(worlds, reading);
    if (!budget.spend(1)) return;
    const ends: Ends = { kind: 'units', units };
    yield {
      sources: direction === 'ingress' ? internet : ends,
      destinations: direction === 'ingress' ? ends : internet,
      readings,
      clouded: isClouded(worlds.after, first),
    };
  }
}

/**
 * Units and the cluster's resolvers, as one: a pair may connect if it may with any resolver. `ports` is a contract's:
 * null asks for those on which each resolver listens.
 */
export function* resolverPairs(
  evaluation: Evaluation,
  sources: Members,
  resolving: Readonly<Record<When, Resolving>>,
  ports: PortSet | null,
): Iterable<PairClass> {
  const { worlds, budget } = evaluation;
  const resolvers = resolving.before.units.or(resolving.after.units);
  if (resolvers.isEmpty()) return;
  const cuts = resolvers.toArray().flatMap((id) => cutsOf({ sides: sidesOf(evaluation, id, 'ingress') }));
  for (const { units, sides } of alikeOf(evaluation, sources, 'egress')) {
    for (const cell of partition(units, cuts, budget) ?? []) {
      if (!budget.spend(1 + resolvers.size)) return;
      const unit = cell.first();
      const reading = (when: When): PortReading | null =>
        sources[when].has(unit)
          ? resolverReading(worlds[when], resolving[when], ports, { unit, side: sides[when] })
          : null;
      yield {
        sources: { kind: 'units', units: cell },
        destinations: { kind: 'units', units: resolvers },
        readings: onBothSides(worlds, reading),
        clouded: isClouded(worlds.after, unit) || isClouded(worlds.after, resolvers.first()),
      };
    }
  }
}

/** Groups members by what governs them, cut where membership, existence or a foreign policy API tells them apart. */
function alikeOf(evaluation: Evaluation, members: Members, direction: Direction): readonly Alike[] {
  const { worlds, budget } = evaluation;
  const all = eitherOf(members);
  const cuts = [cloudedAmong(worlds.after, all)];
  if (members.before !== members.after) cuts.push(members.before, members.after);
  return groupAlike(evaluation, all, direction)
    .flatMap((units) => partition(units, cuts, budget) ?? [])
    .map((units) => {
      const first = units.first();
      return { units, first, sides: sidesOf(evaluation, first, direction) };
    });
}

/** Where nothing changes the side before is the side after. */
function sidesOf(evaluation: Evaluation, unit: number, direction: Direction): Alike['sides'] {
  const { before, after } = evaluation.worlds;
  const sides = evaluation.sidesOf(unit, direction);
  return before === after ? { before: sides.after, after: sides.after } : sides;
}

/** The sets that tell the other ends of a group apart. */
function cutsOf({ sides }: Pick<Alike, 'sides'>): BitSet[] {
  const after = sides.after === sides.before ? [] : [...memberSets(sides.after)];
  return [...memberSets(sides.before), ...after];
}

function eitherOf({ before, after }: Members): BitSet {
  return before === after ? after : before.or(after);
}

/** Both readings; where nothing changes the second is the first. */
function onBothSides(
  { before, after }: Overlay,
  reading: (when: When) => PortReading | null,
): PairClass['readings'] {
  const now = reading('after');
  return { before: before === after ? now : reading('before'), after: now };
}

function cloudedAmong(world: World, units: BitSet): BitSet {
  const found = new BitSet();
  const known = new Map<string, boolean>();
  units.forEach((id) => {
    const namespace = world.unit(id)?.namespace ?? '';
    const clouded = known.get(namespace) ?? world.foreignApi(namespace) !== null;
    known.set(namespace, clouded);
    if (clouded) found.add(id);
  });
  return found;
}

function isClouded(world: World, unit: number): boolean {
  const namespace = world.unit(unit)?.namespace;
  return namespace !== undefined && world.foreignApi(namespace) !== null;
}
