import type { Direction } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import type { BitSet } from '../sets/bitset.ts';
import { isEmpty } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import type { Ternary } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import type { SideChange } from './causes.ts';
import { groupBy, memberSets, partition, representative } from './cells.ts';
import type { Evaluation } from './evaluation.ts';
import { type Group, openChange, type When } from './group.ts';
import { judge, samePorts } from './judge.ts';
import type { Rectangle } from './rectangle.ts';
import { decide, type Entry, matchesUnit, type Side } from './side.ts';

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
  const rectangles: Rectangle[] = [];
  for (const cell of cellsOf(evaluation, group, others)) {
    if (!evaluation.budget.spend(1)) return rectangles;
    const subject = subjectChange(evaluation.worlds, group, representative(cell));
    if (isEmpty(subject.readings.before.may) && isEmpty(subject.readings.after.may)) continue;
    const same = samePorts(subject.readings.before, subject.readings.after) && !group.moved;
    const changed = same ? cell.and(otherTouched) : cell;
    if (!changed.isEmpty()) rectangles.push(...meetOthers(evaluation, group, changed, subject));
  }
  return rectangles;
}

/** Cells within which both sides' clauses, existence and the named ports they need agree. */
function cellsOf(evaluation: Evaluation, group: Group, others: BitSet): readonly BitSet[] {
  const { worlds, budget } = evaluation;
  const { before, after } = group.sides;
  const existence = worlds.moved.isEmpty() ? [] : [worlds.before.units, worlds.after.units];
  const cells = partition(others, [...existence, ...memberSets(before), ...memberSets(after)], budget) ?? [];
  const named = group.direction === 'egress' && [before, after].some(namesPorts);
  if (!named) return cells;
  return cells.flatMap((cell) => [...groupBy(cell, (id) => evaluation.portsOnBothSides(id)).values()]);
}

function namesPorts({ entries }: Side): boolean {
  return entries.some(
    ({ clause }) => clause.ports !== 'any' && clause.ports.some(({ kind }) => kind === 'named'),
  );
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
  return {
    ...sides,
    ports,
    match: { before: match, after: match },
    readings: {
      before: decide(sides.before, match, ports.before),
      after: decide(sides.after, match, ports.after),
    },
  };
}

function portsAt(world: World, unit: number): readonly ContainerPort[] {
  return world.unit(unit)?.ports ?? [];
}

/** Meets one cell of others: open ones in one go, isolated ones by what governs them. */
function meetOthers(evaluation: Evaluation, group: Group, cell: BitSet, subject: SideChange): Rectangle[] {
  const { worlds, budget } = evaluation;
  const opposite: Direction = group.direction === 'ingress' ? 'egress' : 'ingress';
  const isolated = evaluation.isolatedEither(opposite);
  const rectangles: Rectangle[] = [];
  const open = cell.andNot(isolated);
  if (!open.isEmpty()) {
    rectangles.push(...judge(worlds, group, group.units, open, subject, openChange(opposite)));
  }
  for (const alike of groupBy(cell.and(isolated), (id) => evaluation.alikeKey(id, opposite)).values()) {
    const first = representative(alike);
    const sides = evaluation.sidesOf(first, opposite);
    if (!budget.spend(1)) return rectangles;
    if (admitNone(sides, group.units)) continue;
    const sets = [...memberSets(sides.before), ...memberSets(sides.after)];
    for (const subjects of partition(group.units, sets, budget) ?? []) {
      const destination = opposite === 'ingress' ? first : representative(subjects);
      const match = (entry: Entry): Ternary => matchesUnit(entry, representative(subjects));
      const other = sideChange(worlds, sides, match, destination);
      rectangles.push(...judge(worlds, group, subjects, alike, subject, other));
    }
  }
  return rectangles;
}

/** Isolated before and after, and no clause of either side matches any of the subjects: no connection either way. */
function admitNone(sides: Readonly<Record<When, Side>>, subjects: BitSet): boolean {
  return [sides.before, sides.after].every(
    ({ governing, entries }) =>
      governing.isolated &&
      entries.every(({ members }) => members !== 'any' && !members.may.intersects(subjects)),
  );
}
