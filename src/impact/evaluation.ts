import type { Direction } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { Content } from '../world/contents.ts';
import type { Overlay } from '../world/overlay.ts';
import { isGoverned } from '../world/policy-table.ts';
import type { Signature } from '../world/signatures.ts';
import { portsKey, type Traits, type Unit } from '../world/unit.ts';
import type { Governing, World } from '../world/world.ts';
import type { Budget } from './budget.ts';
import { groupBy } from './cells.ts';
import type { When } from './group.ts';
import { type Side, sideOf, sideTowards } from './side.ts';

/** Units that the same policies govern in one direction, before and after. */
export interface AlikeGroup {
  readonly units: BitSet;
  /** The member that stands for all. */
  readonly first: number;
  readonly sides: Readonly<Record<When, Side>>;
}

/** For up to so many subjects it is cheaper to ask of each whether a peer matches it than to look up all that it matches. */
const fewOthers = 64;

/**
 * One evaluation of a change: the two worlds, the budget, and what was already worked out. Many units are governed
 * by the same policies, so that a side is made once per list of policies and not once per unit.
 */
export class Evaluation {
  readonly worlds: Overlay;
  readonly budget: Budget;
  private readonly sides: Readonly<Record<When, Record<Direction, Map<Governing, Side>>>> = {
    before: { ingress: new Map(), egress: new Map() },
    after: { ingress: new Map(), egress: new Map() },
  };
  private readonly numbers = new Map<Governing, number>();
  private readonly numbersByText = new Map<string, number>();
  private readonly portsTexts = new Map<readonly ContainerPort[], string>();
  private readonly keys: Readonly<Record<Direction, Map<number, string>>> = {
    ingress: new Map(),
    egress: new Map(),
  };

  private readonly ungoverned = new Map<Direction, BitSet>();

  private readonly groups = new Map<Direction, readonly BitSet[]>();

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
    const sides = this.sides[when][direction];
    const known = sides.get(governing) ?? sideOf(world, governing, direction);
    sides.set(governing, known);
    return known;
  }

  /** Units with equal keys are governed alike before and after, and resolve named ports alike where they are the destination. */
  alikeKey(unit: number, direction: Direction): string {
    const known = this.keys[direction].get(unit);
    if (known !== undefined) return known;
    const { before, after } = this.worlds;
    const [was, is] = [before.governing(unit, direction), after.governing(unit, direction)];
    const ports = direction === 'ingress' ? this.portsOnBothSides(unit) : '';
    const key = `${this.numberOf(was)} ${this.numberOf(is)} ${ports}`;
    this.keys[direction].set(unit, key);
    return key;
  }

  /** Equal numbers are equal governors; what the base and a side made of them apart are two objects. */
  private numberOf(governing: Governing): number {
    const known = this.numbers.get(governing);
    if (known !== undefined) return known;
    const text = `${governing.isolated} ${governing.key}`;
    const number = this.numbersByText.get(text) ?? this.numbersByText.size;
    this.numbersByText.set(text, number);
    this.numbers.set(governing, number);
    return number;
  }

  /** Units that are surely open in the direction, before and after. */
  open(direction: Direction): BitSet {
    const known = this.ungoverned.get(direction);
    if (known !== undefined) return known;
    const { base, before, after, own } = this.worlds;
    const open = base.ungoverned(direction).clone();
    const governs = (world: World, id: number): boolean =>
      world.unit(id) !== undefined && isGoverned(world.governing(id, direction));
    own.forEach((id) => {
      if (governs(before, id) || governs(after, id)) open.delete(id);
      else open.add(id);
    });
    this.ungoverned.set(direction, open);
    return open;
  }

  /**
   * Governed units that the world below does not know as they are here, by what governs them, and what their policies
   * say of some others at least; groups with none of `wanted` are left out.
   */
  ownGroups(direction: Direction, others: BitSet, wanted: BitSet): readonly AlikeGroup[] {
    const { parted, own } = this.worlds;
    const known = this.groups.get(direction) ?? [
      ...groupBy(own.andNot(this.open(direction)), (id) => this.alikeKey(id, direction)).values(),
    ];
    this.groups.set(direction, known);
    // Whom a peer matches must be corrected for parted units, all of them, which few subjects are not worth.
    const few = parted && others.size <= fewOthers;
    return known
      .filter((units) => units.intersects(wanted))
      .map((units) => (few ? this.towards(units, direction, others) : this.alike(units, direction)));
  }

  /**
   * Groups of the world below with a clause that may name one of these units, before or after; groups with none of
   * `wanted` are left out.
   */
  groupsNaming(units: BitSet, direction: Direction, wanted: BitSet): readonly AlikeGroup[] {
    const { base } = this.worlds;
    const found = new Set<Signature>();
    for (const content of this.contentsNaming(units, direction)) {
      for (const signature of base.policies.signatures[direction].of(content))
        if (signature.units.intersects(wanted)) found.add(signature);
    }
    return [...found].flatMap((signature) => this.alikeOf(signature, direction, units) ?? []);
  }

  /** Groups of the world below that say one and the same to everybody whom none of their clauses names. */
  openGroups(direction: Direction): readonly AlikeGroup[] {
    const { base, own } = this.worlds;
    return [...base.policies.signatures[direction].openClasses()].flatMap(({ units }) => {
      const rest = units.andNot(own);
      return rest.isEmpty() ? [] : [this.alike(rest, direction)];
    });
  }

  private alikeOf({ units: all }: Signature, direction: Direction, others: BitSet): AlikeGroup | null {
    const { own } = this.worlds;
    const units = all.intersects(own) ? all.andNot(own) : all;
    if (units.isEmpty()) return null;
    if (others.size > fewOthers) return this.alike(units, direction);
    return this.towards(units, direction, others);
  }

  /** Units that are governed alike, with what their policies say of a few others only. */
  private towards(units: BitSet, direction: Direction, others: BitSet): AlikeGroup {
    const first = units.first();
    const { before, after, moved } = this.worlds;
    const was = before.governing(first, direction);
    const is = after.governing(first, direction);
    const side = sideTowards(before, was, direction, others);
    const same = was === is && !others.intersects(moved);
    return {
      units,
      first,
      sides: { before: side, after: same ? side : sideTowards(after, is, direction, others) },
    };
  }

  private alike(units: BitSet, direction: Direction): AlikeGroup {
    const first = units.first();
    return { units, first, sides: this.sidesOf(first, direction) };
  }

  private contentsNaming(units: BitSet, direction: Direction): ReadonlySet<Content> {
    const { base, before, after } = this.worlds;
    const found = new Set<Content>();
    const asked = new Set<Traits>();
    units.forEach((id) => {
      for (const world of [before, after]) {
        const unit = world.unit(id);
        if (unit === undefined || (asked.has(unit) && !this.worlds.moved.has(id))) continue;
        asked.add(unit);
        const labels = world.namespaceLabels(unit.namespace);
        for (const content of base.peers.naming(unit, labels, direction)) found.add(content);
      }
    });
    return found;
  }

  portsOnBothSides(unit: number): string {
    const { before, after } = this.worlds;
    return `${this.portsText(before.unit(unit))}|${this.portsText(after.unit(unit))}`;
  }

  private portsText(unit: Unit | undefined): string {
    if (unit === undefined) return '';
    const known = this.portsTexts.get(unit.ports) ?? portsKey(unit.ports);
    this.portsTexts.set(unit.ports, known);
    return known;
  }
}
