import type { BitSet } from '../sets/bitset.ts';
import { grown } from './grown.ts';
import type { Unit } from './unit.ts';

/** So many large sets are remembered, and so many units may one differ in from another that is worked out from it. */
const rememberedMax = 32;
const differenceMax = 512;

/** A large set, the numbers of its workloads, and how much of what changed they know of. */
interface Numbered {
  readonly units: BitSet;
  readonly size: number;
  readonly numbers: BitSet;
  readonly until: number;
}

/** The units of each workload. As long as it has any, the id of one of them is its number. */
export class WorkloadUnits<U extends Unit> {
  private readonly byId = new Map<string, U[]>();
  /** Of workloads with more than one, by their numbers. */
  private readonly several = new Map<number, readonly U[]>();
  /** The number of each unit's workload, by unit id. */
  private numbers = new Int32Array(0);
  private remembered: Numbered[] = [];
  /** Units and numbers of workloads with several units, in the order in which one of these came or went. */
  private changed: number[] = [];

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
    for (const [place, known] of this.remembered.entries()) {
      const numbers = Math.abs(known.size - size) <= differenceMax ? this.numberedBeside(known, units) : null;
      if (numbers === null) continue;
      if (known.until < this.changed.length) this.remembered[place] = this.numbered(units, size, numbers);
      return numbers;
    }
    const numbers = units.renamed(this.numbers);
    this.remembered.unshift(this.numbered(units, size, numbers));
    this.remembered.length = Math.min(this.remembered.length, rememberedMax);
    return numbers;
  }

  private numbered(units: BitSet, size: number, numbers: BitSet): Numbered {
    return { units: units.clone(), size, numbers: numbers.clone(), until: this.changed.length };
  }

  /** Null where the two sets differ in too much. */
  private numberedBeside(known: Numbered, units: BitSet): BitSet | null {
    const differing = units.differing(known.units, differenceMax);
    if (differing === null) return null;
    const numbers = known.numbers.clone();
    const look = (id: number): void => {
      const number = this.numbers[id] ?? id;
      const isNumber = this.numbers[number] === number;
      const belongs =
        units.has(number) || this.several.get(number)?.some((unit) => units.has(unit.id)) === true;
      if (isNumber && belongs) numbers.add(number);
      else numbers.delete(number);
      // It may have been a number before.
      if (number !== id) numbers.delete(id);
    };
    for (const id of differing) look(id);
    for (let at = known.until; at < this.changed.length; at += 1) look(this.changed[at] ?? 0);
    return numbers;
  }

  /** The units of each workload that has more than one. */
  parted(): Iterable<readonly U[]> {
    return this.several.values();
  }

  join(unit: U): void {
    const { id } = unit.workload;
    const units = grown(this.byId.get(id) ?? [], unit);
    this.byId.set(id, units);
    const number = this.number([unit], units);
    if (units.length > 1) this.note(unit.id, number);
  }

  part(unit: U): void {
    const { id } = unit.workload;
    const units = this.byId.get(id) ?? [];
    const place = units.indexOf(unit);
    if (place < 0) return;
    const number = this.numbers[unit.id] ?? unit.id;
    units.splice(place, 1);
    if (units.length === 0) {
      this.byId.delete(id);
      return;
    }
    this.several.delete(number);
    const now = this.number(units[0]?.id === number ? [] : units, units);
    this.note(unit.id, now);
  }

  /** Gives some of a workload's units its number, and returns it. */
  private number(some: readonly U[], units: readonly U[]): number {
    const number = units[0]?.id ?? 0;
    if (units.length > 1) this.several.set(number, units);
    for (const { id } of some) {
      if (id >= this.numbers.length) {
        const grown = new Int32Array(Math.max(64, id * 2));
        grown.set(this.numbers);
        this.numbers = grown;
      }
      this.numbers[id] = number;
    }
    return number;
  }

  /** What is remembered has to look at these again. What lies too far back to be looked at is forgotten. */
  private note(...ids: readonly number[]): void {
    if (this.remembered.length === 0) return;
    this.changed.push(...ids);
    const over = this.changed.length - differenceMax;
    if (over < differenceMax) return;
    this.changed = this.changed.slice(over);
    this.remembered = this.remembered
      .filter(({ until }) => until >= over)
      .map((known) => ({ ...known, until: known.until - over }));
  }
}

const none: readonly never[] = [];
