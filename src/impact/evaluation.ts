import type { Direction } from '../model/policy.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { Overlay } from '../world/overlay.ts';
import { portsKey } from '../world/unit.ts';
import type { Budget } from './budget.ts';
import { groupBy } from './cells.ts';
import type { When } from './group.ts';
import { type Side, sideOf } from './side.ts';

/** Units that the same policies govern in one direction, before and after. */
export interface AlikeGroup {
  readonly units: BitSet;
  /** The member that stands for all. */
  readonly first: number;
  readonly sides: Readonly<Record<When, Side>>;
}

/**
 * One evaluation of a change: the two worlds, the budget, and what was already worked out. Many units are governed
 * by the same policies, so that a side is made once per list of policies and not once per unit.
 */
export class Evaluation {
  readonly worlds: Overlay;
  readonly budget: Budget;
  private readonly sides = new Map<string, Side>();
  private readonly keys: Readonly<Record<Direction, Map<number, string>>> = {
    ingress: new Map(),
    egress: new Map(),
  };

  private readonly governed = new Map<Direction, BitSet>();

  private readonly groups = new Map<Direction, readonly AlikeGroup[]>();

  constructor(worlds: Overlay, budget: Budget) {
    this.worlds = worlds;
    this.budget = budget;
  }

  /** The clauses that decide for a unit in one direction, before and after. */
  sidesOf(unit: number, direction: Direction): Readonly<Record<When, Side>> {
    return { before: this.side('before', unit, direction), after: this.side('after', unit, direction) };
  }

  private side(when: When, unit: number, direction: Direction): Side {
    const world = this.worlds[when];
    const governing = world.governing(unit, direction);
    const key = `${when} ${direction} ${governing.isolated} ${governing.key}`;
    const known = this.sides.get(key);
    if (known !== undefined) return known;
    const side = sideOf(world, governing, direction);
    this.sides.set(key, side);
    return side;
  }

  /** Units with equal keys are governed alike before and after, and resolve named ports alike where they are the destination. */
  alikeKey(unit: number, direction: Direction): string {
    const known = this.keys[direction].get(unit);
    if (known !== undefined) return known;
    const { before, after } = this.worlds;
    const ports = direction === 'ingress' ? this.portsOnBothSides(unit) : '';
    const governing = [before, after].map((world) => world.governing(unit, direction));
    const key = [...governing.map(({ isolated, key: policies }) => `${isolated} ${policies}`), ports].join(
      '|',
    );
    this.keys[direction].set(unit, key);
    return key;
  }

  /** Units that are not surely open in the direction, before or after. */
  governedEither(direction: Direction): BitSet {
    const { before, after } = this.worlds;
    const known = this.governed.get(direction) ?? before.governed(direction).or(after.governed(direction));
    this.governed.set(direction, known);
    return known;
  }

  /** These units, by what governs them. */
  governedGroups(direction: Direction): readonly AlikeGroup[] {
    const known = this.groups.get(direction);
    if (known !== undefined) return known;
    const byKey = groupBy(this.governedEither(direction), (id) => this.alikeKey(id, direction));
    const groups = [...byKey.values()].map((units) => {
      const first = units.first();
      return { units, first, sides: this.sidesOf(first, direction) };
    });
    this.groups.set(direction, groups);
    return groups;
  }

  portsOnBothSides(unit: number): string {
    const { before, after } = this.worlds;
    return [before, after].map((world) => portsKey(world.unit(unit)?.ports ?? [])).join('|');
  }
}
