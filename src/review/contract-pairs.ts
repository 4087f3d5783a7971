import { partition } from '../impact/cells.ts';
import type { Evaluation } from '../impact/evaluation.ts';
import type { When } from '../impact/group.ts';
import type { Ends } from '../impact/rectangle.ts';
import { both, decide, matchesUnit, noneAllowed, type PortReading } from '../impact/side.ts';
import type { Direction } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import {
  type Alike,
  alikeOf,
  cutsAmong,
  cutsOf,
  eitherOf,
  isClouded,
  type Members,
  type Reaching,
  reaching,
  sidesOf,
} from './contract-groups.ts';
import { outsideReading, type Resolving, resolverReading } from './contract-outside.ts';

/** Pairs of a contract's ends that are alike in everything, and what they may do. */
export interface PairClass {
  readonly sources: Ends;
  readonly destinations: Ends;
  /** Null where the pairs are none of the contract's on that side of the change. */
  readonly readings: Readonly<Record<When, PortReading | null>>;
  /** A policy API that is not analysed could govern an end: no verdict is sure. */
  readonly clouded: boolean;
}

const internet: Ends = { kind: 'internet', ranges: [] };

/**
 * Every pair of sources and destinations, as classes: units that the same policies govern, cut by what the other end's
 * clauses tell apart. Most groups of a large cluster admit few others: what they surely do not admit is one class, and
 * never met group by group. Ends where the budget does; who asks looks at it.
 */
export function* unitPairs(evaluation: Evaluation, sources: Members, targets: Members): Iterable<PairClass> {
  const { budget, worlds } = evaluation;
  const groupOf = groupsByUnit(alikeOf(evaluation, targets, 'ingress'));
  const all = eitherOf(targets);
  const cuts = cutsAmong(worlds, targets);
  for (const source of alikeOf(evaluation, sources, 'egress').map(reaching)) {
    const { reach } = source;
    if (!budget.spend(1 + Math.floor(all.capacity / unitsPerStep))) return;
    const shut = reach === null ? new BitSet() : all.andNot(reach);
    const open = reach === null ? all : all.and(reach);
    yield* openClasses(evaluation, { source, open, shut, groupOf }, sources, targets);
    for (const units of partition(shut, cuts, budget) ?? [])
      yield shutClass(worlds, { source, target: { units, first: units.first() } }, sources, targets);
  }
}

/** A group of sources, the targets that it may reach, and those that it surely does not. */
interface Outlook {
  readonly source: Reaching;
  readonly open: BitSet;
  /** Grows by the targets whose own policies shut the sources out. */
  readonly shut: BitSet;
  readonly groupOf: ReadonlyMap<number, Reaching>;
}

function* openClasses(
  evaluation: Evaluation,
  { source, open, shut, groupOf }: Outlook,
  sources: Members,
  targets: Members,
): Iterable<PairClass> {
  for (const target of groupsIn(open, groupOf)) {
    if (!evaluation.budget.spend(1)) return;
    const met = { ...target, units: open.and(target.units) };
    const admitted = target.reach === null ? source.units : source.units.and(target.reach);
    if (admitted.isEmpty()) shut.addAll(met.units);
    else yield* metClasses(evaluation, source, met, admitted, { sources, targets });
  }
}

/** A word of a set is 32 units; a step pays for 64 words. */
const unitsPerStep = 2048;

function groupsByUnit(groups: readonly Alike[]): ReadonlyMap<number, Reaching> {
  const groupOf = new Map<number, Reaching>();
  for (const group of groups.map(reaching)) {
    group.units.forEach((id) => {
      groupOf.set(id, group);
    });
  }
  return groupOf;
}

function groupsIn(units: BitSet, groupOf: ReadonlyMap<number, Reaching>): ReadonlySet<Reaching> {
  const found = new Set<Reaching>();
  units.forEach((id) => {
    const group = groupOf.get(id);
    if (group !== undefined) found.add(group);
  });
  return found;
}

/** Sources of a group that a target's policies may admit, and those that they do not. */
function* metClasses(
  { budget, worlds }: Evaluation,
  source: Reaching,
  target: Reaching,
  admitted: BitSet,
  { sources, targets }: { readonly sources: Members; readonly targets: Members },
): Iterable<PairClass> {
  const others = partition(target.units, cutsOf(source), budget) ?? [];
  for (const units of partition(admitted, cutsOf(target), budget) ?? []) {
    for (const met of others) {
      if (!budget.spend(1)) return;
      yield unitClass(
        worlds,
        { source: { ...source, units }, target: { ...target, units: met } },
        sources,
        targets,
      );
    }
  }
  const rest = source.units.andNot(admitted);
  if (rest.isEmpty()) return;
  const shut = {
    source: { units: rest, first: rest.first() },
    target: { units: target.units, first: target.units.first() },
  };
  yield shutClass(worlds, shut, sources, targets);
}

interface Shut {
  readonly source: Pick<Alike, 'units' | 'first'>;
  readonly target: Pick<Alike, 'units' | 'first'>;
}

/** Pairs of which one end surely does not admit the other, before and after. */
function shutClass(worlds: Overlay, { source, target }: Shut, sources: Members, targets: Members): PairClass {
  const reading = (when: When): PortReading | null =>
    sources[when].has(source.first) && targets[when].has(target.first) ? noneAllowed : null;
  return {
    sources: { kind: 'units', units: source.units },
    destinations: { kind: 'units', units: target.units },
    readings: onBothSides(worlds, reading),
    clouded: isClouded(worlds.after, source.first) || isClouded(worlds.after, target.first),
  };
}

interface Crossing {
  readonly source: Alike;
  readonly target: Alike;
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

/** Both readings; where nothing changes the second is the first. */
function onBothSides(
  { before, after }: Overlay,
  reading: (when: When) => PortReading | null,
): PairClass['readings'] {
  const now = reading('after');
  return { before: before === after ? now : reading('before'), after: now };
}
