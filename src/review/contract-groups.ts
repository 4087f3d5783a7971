import { memberSets, partition } from '../impact/cells.ts';
import type { Evaluation } from '../impact/evaluation.ts';
import type { When } from '../impact/group.ts';
import type { Side } from '../impact/side.ts';
import { groupAlike } from '../impact/touched.ts';
import type { Direction } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';

/** The units of one end, on each side of the change. */
export type Members = Readonly<Record<When, BitSet>>;

/** Units that the same policies govern in one direction; all are members, or none is, on each side of the change. */
export interface Alike {
  readonly units: BitSet;
  readonly first: number;
  readonly sides: Readonly<Record<When, Side>>;
}

/** Groups members by what governs them, cut where membership, existence or a foreign policy API tells them apart. */
export function alikeOf(evaluation: Evaluation, members: Members, direction: Direction): readonly Alike[] {
  const { worlds, budget } = evaluation;
  const all = eitherOf(members);
  const cuts = cutsAmong(worlds, members);
  return groupAlike(evaluation, all, direction)
    .flatMap((units) => (cuts.length === 0 ? [units] : (partition(units, cuts, budget) ?? [])))
    .map((units) => {
      const first = units.first();
      return { units, first, sides: sidesOf(evaluation, first, direction) };
    });
}

/** What tells members apart whatever governs them; most often nothing does. */
export function cutsAmong({ after }: Overlay, members: Members): BitSet[] {
  const clouded = cloudedAmong(after, eitherOf(members));
  const cuts = clouded.isEmpty() ? [] : [clouded];
  return members.before === members.after ? cuts : [...cuts, members.before, members.after];
}

/** Where nothing changes the side before is the side after. */
export function sidesOf(evaluation: Evaluation, unit: number, direction: Direction): Alike['sides'] {
  const { before, after } = evaluation.worlds;
  const sides = evaluation.sidesOf(unit, direction);
  return before === after ? { before: sides.after, after: sides.after } : sides;
}

/** The sets that tell the other ends of a group apart. */
export function cutsOf({ sides }: Pick<Alike, 'sides'>): BitSet[] {
  const after = sides.after === sides.before ? [] : [...memberSets(sides.after)];
  return [...memberSets(sides.before), ...after];
}

export function eitherOf({ before, after }: Members): BitSet {
  return before === after ? after : before.or(after);
}

/** A group of units and the others that its policies may admit; null where that may be anybody. */
export interface Reaching extends Alike {
  readonly reach: BitSet | null;
}

export function reaching(group: Alike): Reaching {
  const { before, after } = group.sides;
  const reach = new BitSet();
  for (const { governing, entries } of before === after ? [after] : [before, after]) {
    if (!governing.isolated || governing.doubt !== null) return { ...group, reach: null };
    for (const { members } of entries) {
      if (members === 'any') return { ...group, reach: null };
      reach.addAll(members.may);
    }
  }
  return { ...group, reach };
}

/** The units that some of the members may admit, before or after; null where that may be anybody. */
export function reachOf(evaluation: Evaluation, members: Members, direction: Direction): BitSet | null {
  const found = new BitSet();
  for (const group of alikeOf(evaluation, members, direction)) {
    const { reach } = reaching(group);
    if (reach === null) return null;
    found.addAll(reach);
  }
  return found;
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

export function isClouded(world: World, unit: number): boolean {
  const namespace = world.unit(unit)?.namespace;
  return namespace !== undefined && world.foreignApi(namespace) !== null;
}
