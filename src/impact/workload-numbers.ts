import type { BitSet } from '../sets/bitset.ts';
import type { Overlay } from '../world/overlay.ts';
import type { Unit } from '../world/unit.ts';
import { firstNames, type WorkloadName } from './first-names.ts';

/** How many examples a tally names. */
export const examplesMax = 3;

/** The workloads of units as sets of small numbers, so that connections can be counted without their names. */
export class WorkloadNumbers {
  private readonly worlds: Overlay;
  /** Workloads that the world below has no units of. */
  private readonly own = new Map<string, number>();
  private readonly known = new WeakMap<BitSet, BitSet>();
  private readonly named = new WeakMap<BitSet, readonly WorkloadName[]>();

  constructor(worlds: Overlay) {
    this.worlds = worlds;
  }

  /** Numbers of the workloads that the units belong to; the set must not be changed afterwards. */
  of(units: BitSet): BitSet {
    const known = this.known.get(units);
    if (known !== undefined) return known;
    const { base, own } = this.worlds;
    const numbers = base.table.workloads.numbersOf(units.andNot(own));
    units.and(own).forEach((id) => {
      const unit = this.unit(id);
      if (unit !== undefined) numbers.add(this.numberOf(unit.workload.id));
    });
    this.known.set(units, numbers);
    return numbers;
  }

  numberOf(workload: string): number {
    const { base } = this.worlds;
    const known = base.table.workloads.numberOf(workload) ?? this.own.get(workload);
    if (known !== undefined) return known;
    const number = base.table.idEnd + this.own.size;
    this.own.set(workload, number);
    return number;
  }

  /** The first few of the units' workloads by name; the set must not be changed afterwards. */
  firstNames(units: BitSet): readonly WorkloadName[] {
    const known = this.named.get(units) ?? firstNames(this.worlds, units, examplesMax);
    this.named.set(units, known);
    return known;
  }

  unit(id: number): Unit | undefined {
    return this.worlds.after.unit(id) ?? this.worlds.before.unit(id);
  }
}
