import type { BitSet } from '../sets/bitset.ts';
import type { Unit } from './unit.ts';

/** So many large sets are remembered, and so many units may one differ in from another that is worked out from it. */
const rememberedMax = 32;
const differenceMax = 512;

/** A large set and the numbers of its workloads. */
interface Numbered {
  readonly units: BitSet;
  readonly size: number;
  readonly numbers: BitSet;
}

/** The units of each workload. As long as it has any, the id of one of them is its number. */
export class WorkloadUnits<U extends Unit> {
  private readonly byId = new Map<string, U[]>();
  /** Of workloads with more than one, by their numbers. */
  private readonly several = new Map<number, readonly U[]>();
  /** The number of each unit's workload, by unit id. */
  private numbers = new Int32Array(0);
  /** Forgotten whenever a workload gets another number, its first part or its last one. */
  private remembered: Numbered[] = [];

  of(workload: string): readonly U[] {
    return this.byId.get(workload) ?? none;
  }

  /** The number of a workload, by its id; undefined where it has no units. */
  numberOf(workload: string): number | undefined {
    return this.byId.get(workload)?.[0]?.id;
  }

  /**
   * The numbers of the workloads of some units. Large sets of one cluster resemble each other: one that differs from a
   * remembered one in a few units is worked out from it.
   */
  numbersOf(units: BitSet): BitSet {
    const { size } = units;
    if (size <= differenceMax) return units.renamed(this.numbers);
    for (const known of this.remembered) {
      const numbers = Math.abs(known.size - size) <= differenceMax ? this.numberedBeside(known, units) : null;
      if (numbers !== null) return numbers;
    }
    const numbers = units.renamed(this.numbers);
    this.remembered.unshift({ units: units.clone(), size, numbers: numbers.clone() });
    this.remembered.length = Math.min(this.remembered.length, rememberedMax);
    return numbers;
  }

  /** Null where the two sets differ in too much. */
  private numberedBeside(known: Numbered, units: BitSet): BitSet | null {
    const differing = units.differing(known.units, differenceMax);
    if (differing === null) return null;
    const numbers = known.numbers.clone();
    for (const id of differing) {
      const number = this.numbers[id] ?? id;
      const belongs = units.has(id) || this.several.get(number)?.some((unit) => units.has(unit.id)) === true;
      if (belongs) numbers.add(number);
      else numbers.delete(number);
    }
    return numbers;
  }

  /** The units of each workload that has more than one. */
  parted(): Iterable<readonly U[]> {
    return this.several.values();
  }

  join(unit: U): void {
    const { id } = unit.workload;
    // Most workloads have one unit: a list that was pushed to reserves room for sixteen more.
    const units = this.byId.get(id) ?? [unit];
    if (units[0] !== unit) units.push(unit);
    else this.byId.set(id, units);
    this.number([unit], units);
  }

  part(unit: U): void {
    const { id } = unit.workload;
    const units = this.byId.get(id) ?? [];
    const place = units.indexOf(unit);
    if (place < 0) return;
    const number = this.numbers[unit.id] ?? unit.id;
    units.splice(place, 1);
    if (this.several.delete(number)) this.remembered = [];
    if (units.length === 0) this.byId.delete(id);
    else this.number(units[0]?.id === number ? [] : units, units);
  }

  /** Gives some of a workload's units its number. */
  private number(some: readonly U[], units: readonly U[]): void {
    const number = units[0]?.id ?? 0;
    if (units.length > 1) {
      this.several.set(number, units);
      this.remembered = [];
    }
    for (const { id } of some) {
      if (id >= this.numbers.length) {
        const grown = new Int32Array(Math.max(64, id * 2));
        grown.set(this.numbers);
        this.numbers = grown;
      }
      this.numbers[id] = number;
    }
  }
}

const none: readonly never[] = [];
