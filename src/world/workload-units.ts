import { BitSet } from '../sets/bitset.ts';
import type { Unit } from './unit.ts';

/** The units of each workload. As long as it has any, the id of one of them is its number. */
export class WorkloadUnits<U extends Unit> {
  private readonly byId = new Map<string, U[]>();
  /** Workloads with more than one unit. */
  private readonly several = new Map<string, readonly U[]>();
  /** Their units; all other units are their workloads' numbers. */
  private readonly parts = new BitSet();
  /** The number of the workload of each of them, by unit id. */
  private numbers = new Int32Array(0);

  of(workload: string): readonly U[] {
    return this.byId.get(workload) ?? none;
  }

  /** The number of a workload, by its id; undefined where it has no units. */
  numberOf(workload: string): number | undefined {
    return this.byId.get(workload)?.[0]?.id;
  }

  /** The numbers of the workloads of some units. */
  numbersOf(units: BitSet): BitSet {
    const numbers = units.and(this.parts).renamed(this.numbers);
    numbers.addAll(units.andNot(this.parts));
    return numbers;
  }

  /** The units of each workload that has more than one. */
  parted(): Iterable<readonly U[]> {
    return this.several.values();
  }

  join(unit: U): void {
    const { id } = unit.workload;
    const units = this.byId.get(id);
    if (units === undefined) {
      this.byId.set(id, [unit]);
      return;
    }
    units.push(unit);
    this.several.set(id, units);
    this.number(units);
  }

  private number(units: readonly U[]): void {
    const number = units[0]?.id ?? 0;
    for (const { id } of units) {
      this.parts.add(id);
      if (id >= this.numbers.length) {
        const grown = new Int32Array(Math.max(64, id * 2));
        grown.set(this.numbers);
        this.numbers = grown;
      }
      this.numbers[id] = number;
    }
  }

  part(unit: U): void {
    const { id } = unit.workload;
    const units = this.byId.get(id);
    const place = units?.indexOf(unit) ?? -1;
    if (units === undefined || place < 0) return;
    units.splice(place, 1);
    this.parts.delete(unit.id);
    const [first, second] = units;
    if (first === undefined) this.byId.delete(id);
    else if (second === undefined) {
      this.several.delete(id);
      this.parts.delete(first.id);
    } else if (place === 0) this.number(units);
  }
}

const none: readonly never[] = [];
