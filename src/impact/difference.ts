import type { Change } from '../model/change.ts';
import { type Direction, directions } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import type { Overlay } from '../world/overlay.ts';
import { weightOf } from '../world/unit.ts';
import type { Budget } from './budget.ts';
import { differingEntries } from './differing.ts';
import { Evaluation } from './evaluation.ts';
import type { Group } from './group.ts';
import { internetRectangles } from './internet-pass.ts';
import type { Difference, IsolationFlip, Rectangle } from './rectangle.ts';
import type { Side } from './side.ts';
import { groupAlike, touchedUnits } from './touched.ts';
import { unitRectangles } from './unit-pass.ts';

/**
 * Exactly what a change does: which pods become isolated or freed, and which (sources, destinations, ports) are newly
 * blocked, opened or undecided. Nothing subtracts two whole-cluster matrices: only pairs with a touched end are
 * evaluated, as sets. Every pair with a destination touched for ingress belongs to the ingress pass, every other pair
 * with a source touched for egress to the egress pass, so that none is counted twice.
 *
 * When the budget ends the answer says how many of the touched units were looked at; what it holds is still exact.
 */
export function difference(worlds: Overlay, change: Change, budget: Budget): Difference {
  const touched = {
    ingress: touchedUnits(worlds, change, 'ingress'),
    egress: touchedUnits(worlds, change, 'egress'),
  };
  const evaluation = new Evaluation(worlds, budget);
  const flips: IsolationFlip[] = [];
  const rectangles: Rectangle[] = [];
  let lookedAt = 0;
  const of = touched.ingress.size + touched.egress.size;
  const all = worlds.before.units.or(worlds.after.units);
  for (const direction of directions) {
    const others = direction === 'ingress' ? all : all.andNot(touched.ingress);
    for (const units of groupAlike(evaluation, touched[direction], direction)) {
      const group = groupOf(evaluation, units, direction);
      flips.push(...flipsOf(worlds, group));
      const found = rectanglesOf(evaluation, group, others, touched);
      rectangles.push(...found.rectangles);
      if (!found.complete) {
        return {
          flips,
          rectangles,
          partial: { lookedAt, of, because: budget.spent ?? 'steps' },
          steps: budget.steps,
        };
      }
      lookedAt += units.size;
    }
  }
  return { flips, rectangles, partial: null, steps: budget.steps };
}

function groupOf(evaluation: Evaluation, units: BitSet, direction: Direction): Group {
  const first = units.first();
  const moved = evaluation.worlds.moved.has(first);
  const sides = evaluation.sidesOf(first, direction);
  return { units, direction, first, moved, sides, differing: moved ? null : differingEntries(sides) };
}

function rectanglesOf(
  evaluation: Evaluation,
  group: Group,
  others: BitSet,
  touched: Readonly<Record<Direction, BitSet>>,
): { readonly rectangles: readonly Rectangle[]; readonly complete: boolean } {
  const { worlds, budget } = evaluation;
  const otherTouched = touched[group.direction === 'ingress' ? 'egress' : 'ingress'];
  const units = unitRectangles(evaluation, group, others, otherTouched);
  const internet = internetRectangles(worlds, group, budget);
  return { rectangles: [...units, ...internet], complete: budget.spent === null };
}

/** Pods that exist on both sides and whose isolation differs between them. */
function flipsOf({ before, after }: Overlay, { units, direction, sides }: Group): IsolationFlip[] {
  const was = sides.before.governing.isolated;
  const is = sides.after.governing.isolated;
  if (was === is) return [];
  const flips: IsolationFlip[] = [];
  units.forEach((unit) => {
    const now = after.unit(unit);
    if (before.unit(unit) === undefined || now === undefined) return;
    const keepsNone = is && admitsNobody(sides.after, unit, weightOf(now) === 1);
    flips.push({ unit, direction, effect: is ? 'isolated' : 'freed', keepsNone });
  });
  return flips;
}

/** "Allow nothing": no clause with any port has an address block or matches a pod other than the one itself. */
function admitsNobody({ entries }: Side, unit: number, alone: boolean): boolean {
  const self = alone ? BitSet.of([unit]) : new BitSet();
  return entries.every(({ clause, members }) => {
    // For egress the ports are the peer's, so that only a clause without any port at all allows nothing.
    if (clause.ports !== 'any' && clause.ports.length === 0) return true;
    if (members === 'any' || clause.peers === 'any' || clause.verdict !== 'allow') return members !== 'any';
    return !clause.peers.some((peer) => peer.kind === 'block') && members.may.andNot(self).isEmpty();
  });
}
