import type { Direction, PortTerm, Ternary } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import { BitSet } from '../sets/bitset.ts';
import { isEmpty } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import type { Budget } from './budget.ts';
import type { SideChange } from './causes.ts';
import { groupBy, memberSets, partition, representative } from './cells.ts';
import { unitsMet } from './differing.ts';
import type { AlikeGroup, Evaluation } from './evaluation.ts';
import { type Group, openChange, type When } from './group.ts';
import { judge, samePorts } from './judge.ts';
import type { Rectangle } from './rectangle.ts';
import { decide, type Entry, matchesUnit, type PortReading, type Side } from './side.ts';

/**
 * The rectangles between a group (the subjects) and other units. The subjects' clauses cut the others into cells;
 * each cell is then met with what the others' own policies say of the subjects.
 */
export function unitRectangles(
  evaluation: Evaluation,
  group: Group,
  others: BitSet,
  otherTouched: BitSet,
): Rectangle[] {
  const cells: { readonly cell: BitSet; readonly subject: SideChange }[] = [];
  const concerned = others.and(concernedBy(evaluation.worlds, group, otherTouched) ?? others);
  for (const cell of cellsOf(evaluation, group, concerned)) {
    if (!evaluation.budget.spend(1)) return [];
    const subject = subjectChange(evaluation.worlds, group, representative(cell));
    if (isEmpty(subject.readings.before.may) && isEmpty(subject.readings.after.may)) continue;
    const same = samePorts(subject.readings.before, subject.readings.after) && !group.moved;
    const changed = same ? cell.and(otherTouched) : cell;
    if (!changed.isEmpty()) cells.push({ cell: changed, subject });
  }
  if (cells.length === 0) return [];
  const sides = otherSides(evaluation, group, BitSet.union(cells.map(({ cell }) => cell)));
  return cells.flatMap(({ cell, subject }) =>
    sides.flatMap(({ subjects, units, change }) => {
      const met = cell.and(units);
      return met.isEmpty() ? [] : judge(evaluation.worlds, group, subjects, met, subject, change);
    }),
  );
}

/** Units towards which something may differ; null where that is everybody. */
function concernedBy({ moved }: Overlay, { differing }: Group, otherTouched: BitSet): BitSet | null {
  const met = differing === null ? null : unitsMet(differing);
  return met === null ? null : BitSet.union([met, moved, otherTouched]);
}

/** Cells within which both sides' clauses, existence and the named ports they need agree. */
function cellsOf(evaluation: Evaluation, group: Group, others: BitSet): readonly BitSet[] {
  const { worlds, budget } = evaluation;
  const { before, after } = group.sides;
  const existence = worlds.moved.isEmpty() ? [] : [worlds.before.units, worlds.after.units];
  const cells = partition(others, [...existence, ...memberSets(before), ...memberSets(after)], budget) ?? [];
  const named = group.direction === 'egress' ? [before, after].flatMap(namedTerms) : [];
  if (named.length === 0) return cells;
  const meanings = named.flatMap(({ name, protocol }) => [
    ...worlds.base.table.named.resolving(name, protocol),
  ]);
  return cells.flatMap((cell) => [
    ...(partition(cell.andNot(worlds.own), meanings, budget) ?? []),
    ...groupBy(cell.and(worlds.own), (id) => evaluation.portsOnBothSides(id)).values(),
  ]);
}

function namedTerms({ entries }: Side): Extract<PortTerm, { readonly kind: 'named' }>[] {
  const terms = entries.flatMap(({ clause }) => (clause.ports === 'any' ? [] : clause.ports));
  return terms.filter((term) => term.kind === 'named');
}

/** What the subjects' own policies say of one cell of others. */
function subjectChange(worlds: Overlay, group: Group, other: number): SideChange {
  const destination = group.direction === 'ingress' ? group.first : other;
  return sideChange(worlds, group.sides, (entry) => matchesUnit(entry, other), destination);
}

function sideChange(
  { before, after }: Overlay,
  sides: Readonly<Record<When, Side>>,
  match: (entry: Entry) => Ternary,
  destination: number,
): SideChange {
  const ports = { before: portsAt(before, destination), after: portsAt(after, destination) };
  const was = decide(sides.before, match, ports.before);
  const same = sides.before === sides.after && ports.before === ports.after;
  return {
    before: sides.before,
    after: sides.after,
    ports,
    match: { before: match, after: match },
    readings: { before: was, after: same ? was : decide(sides.after, match, ports.after) },
  };
}

function portsAt(world: World, unit: number): readonly ContainerPort[] {
  return world.unit(unit)?.ports ?? [];
}

/** Others whose own policies say one and the same of some of the subjects. */
interface OtherSide {
  readonly subjects: BitSet;
  readonly units: BitSet;
  readonly change: SideChange;
}

/**
 * What the others' own policies say of the subjects. Open units are one side; all others are asked once for each
 * list of policies, and those that say the same are joined. Units that surely have no connection to any subject,
 * before and after, are left out.
 */
function otherSides(evaluation: Evaluation, group: Group, others: BitSet): readonly OtherSide[] {
  const { budget } = evaluation;
  const opposite: Direction = group.direction === 'ingress' ? 'egress' : 'ingress';
  const open = others.and(evaluation.open(opposite));
  const sides = new Map<string, OtherSide>();
  if (!open.isEmpty())
    sides.set('open', { subjects: group.units, units: open, change: openChange(opposite) });
  const join = (side: OtherSide): void => {
    const key = joinKey(side.change, side.subjects);
    const known = sides.get(key);
    if (known === undefined) sides.set(key, side);
    else known.units.addAll(side.units);
  };
  const naming = evaluation.groupsNaming(group.units, opposite, others);
  for (const alike of [...evaluation.ownGroups(opposite, group.units, others), ...naming]) {
    if (!budget.spend(1)) break;
    for (const side of sidesTowards(evaluation, group, alike, opposite)) join(side);
  }
  const named = BitSet.union(naming.map(({ units }) => units));
  for (const alike of evaluation.openGroups(opposite)) {
    const units = alike.units.and(others).andNot(named);
    if (units.isEmpty()) continue;
    if (!budget.spend(1)) break;
    join(strangerSide(evaluation, group, alike, units, opposite));
  }
  return [...sides.values()];
}

/** What units say of subjects whom none of their clauses names. */
function strangerSide(
  { worlds }: Evaluation,
  group: Group,
  { first, sides }: AlikeGroup,
  units: BitSet,
  direction: Direction,
): OtherSide {
  const match = ({ members }: Entry): Ternary => (members === 'any' ? 'yes' : 'no');
  const destination = direction === 'ingress' ? first : group.first;
  const change = sideChange(worlds, sides, match, destination);
  return { subjects: group.units, units, change };
}

/** What one list of policies says of the subjects, which its clauses may tell apart. */
function sidesTowards(
  { worlds, budget }: Evaluation,
  group: Group,
  { units, first, sides }: AlikeGroup,
  direction: Direction,
): OtherSide[] {
  if (admitNone(sides, group.units)) return [];
  return cutBy(sides, group.units, budget).map((subjects) => {
    const destination = direction === 'ingress' ? first : representative(subjects);
    const match = (entry: Entry): Ternary => matchesUnit(entry, representative(subjects));
    return { subjects, units: units.clone(), change: sideChange(worlds, sides, match, destination) };
  });
}

/** Units by what the clauses of both sides tell apart; one alone is told apart from nobody. */
function cutBy(
  { before, after }: Readonly<Record<When, Side>>,
  units: BitSet,
  budget: Budget,
): readonly BitSet[] {
  if (units.size === 1) return [units];
  const sides = before === after ? [before] : [before, after];
  return (
    partition(
      units,
      sides.flatMap((side) => [...memberSets(side)]),
      budget,
    ) ?? []
  );
}

/** Sides that the change did not touch are told apart by what they allow only; a touched one stands for its own causes. */
function joinKey({ before, after, readings }: SideChange, subjects: BitSet): string {
  const policies =
    before.governing === after.governing ? '' : `${before.governing.key}|${after.governing.key}`;
  return [
    policies,
    before.governing.isolated,
    before.governing.doubt ?? '',
    textOf(readings.before),
    readings.after === readings.before ? '' : textOf(readings.after),
    subjects.toArray().join(),
  ].join('#');
}

function textOf({ must, may, reasons }: PortReading): string {
  return must === may ? must.join() : `${must.join()};${may.join()};${reasons.join()}`;
}

/** Isolated before and after, and no clause of either side matches any of the subjects: no connection either way. */
function admitNone(sides: Readonly<Record<When, Side>>, subjects: BitSet): boolean {
  return [sides.before, sides.after].every(
    ({ governing, entries }) =>
      governing.isolated &&
      governing.doubt === null &&
      entries.every(({ members }) => members !== 'any' && !members.may.intersects(subjects)),
  );
}
