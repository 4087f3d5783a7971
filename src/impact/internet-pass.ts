import type { AddressRange, Ternary } from '../model/policy.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import type { Budget } from './budget.ts';
import type { SideChange } from './causes.ts';
import { meetInternet } from './differing.ts';
import { type Group, openChange } from './group.ts';
import { coverage, coveredAtoms, externalAtoms, mergeRanges } from './internet.ts';
import { byCloud, endsOf, rectangle, samePorts } from './judge.ts';
import type { Rectangle } from './rectangle.ts';
import { decide, type Entry, noneAllowed, type PortReading } from './side.ts';

/**
 * The rectangles between a group and the addresses that nobody in the cluster owns. Those have no policies of their
 * own, so that the group's side alone decides. Addresses with one outcome are one rectangle.
 */
export function internetRectangles(worlds: Overlay, group: Group, budget: Budget): Rectangle[] {
  const { differing } = group;
  const { before, after } = group.sides;
  if (before.entries.length + after.entries.length === 0 && unchangedWithoutClauses(worlds, group)) return [];
  if (differing !== null && !meetInternet(differing)) return [];
  const clauses = [...before.entries, ...after.entries].map(({ clause }) => clause);
  const atoms = externalAtoms(worlds.after, clauses);
  const covered = new Map(clauses.map((clause) => [clause, coveredAtoms(clause, atoms)]));
  const outcomes = new Map<string, { change: SideChange; ranges: AddressRange[] }>();
  for (const [index, atom] of atoms.entries()) {
    if (!budget.spend(1 + clauses.length)) break;
    const match = ({ clause }: Entry): Ternary => coverage[covered.get(clause)?.[index] ?? 0] ?? 'no';
    const signature = clauses.map((clause) => covered.get(clause)?.[index]).join('');
    const known = outcomes.get(signature);
    if (known !== undefined) known.ranges.push(atom);
    else outcomes.set(signature, { change: towardsInternet(worlds, group, match), ranges: [atom] });
  }
  return [...outcomes.values()].flatMap(({ change, ranges }) => judgeRanges(worlds, group, change, ranges));
}

/** Open before and after, or closed before and after: nothing towards the internet can have changed. */
function unchangedWithoutClauses({ before, after }: Overlay, { first, sides }: Group): boolean {
  const exists = before.unit(first) !== undefined && after.unit(first) !== undefined;
  return exists && sides.before.governing.isolated === sides.after.governing.isolated;
}

/** "Destination is not a pod": a named port resolves to nothing there. */
function towardsInternet(
  { before, after }: Overlay,
  group: Group,
  match: (entry: Entry) => Ternary,
): SideChange {
  const portsAt = (world: World) =>
    group.direction === 'ingress' ? (world.unit(group.first)?.ports ?? []) : [];
  const ports = { before: portsAt(before), after: portsAt(after) };
  const reading = (world: World, when: 'before' | 'after'): PortReading =>
    world.unit(group.first) === undefined ? noneAllowed : decide(group.sides[when], match, ports[when]);
  return {
    before: group.sides.before,
    after: group.sides.after,
    ports,
    match: { before: match, after: match },
    readings: { before: reading(before, 'before'), after: reading(after, 'after') },
  };
}

function judgeRanges(
  worlds: Overlay,
  group: Group,
  change: SideChange,
  ranges: readonly AddressRange[],
): Rectangle[] {
  if (samePorts(change.readings.before, change.readings.after)) return [];
  const internet = { kind: 'internet', ranges: mergeRanges(ranges) } as const;
  const open = openChange(group.direction === 'ingress' ? 'egress' : 'ingress');
  return byCloud(worlds, group.units).map(([units, clouded]) =>
    rectangle(endsOf(group, { kind: 'units', units }, internet), change.readings, change, open, clouded),
  );
}
