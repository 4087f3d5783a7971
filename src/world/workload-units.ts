import type { Unit } from './unit.ts';

interface Workmates<U> {
  readonly number: number;
  readonly units: U[];
}

/** The units of each workload, and a small number that a workload keeps as long as it has units. */
export class WorkloadUnits<U extends Unit> {
  private readonly byId = new Map<string, Workmates<U>>();
  /** Workloads with more than one unit. */
  private readonly several = new Map<string, Workmates<U>>();
  private readonly free: number[] = [];
  private end = 0;
  /** Numbers of the units' workloads, by unit id. */
  private numbers = new Int32Array(0);

  of(workload: string): readonly U[] {
    return this.byId.get(workload)?.units ?? none;
  }

  /** The number of a unit's workload. */
  numberAt(unit: number): number {
    return this.numbers[unit] ?? 0;
  }

  /** The same by the workload's id; undefined where it has no units. */
  numberOf(workload: string): number | undefined {
    return this.byId.get(workload)?.number;
  }

  /** One more than the highest number. */
  get numberEnd(): number {
    return this.end;
  }

  /** The units of each workload that has more than one. */
  *parted(): Iterable<readonly U[]> {
    for (const { units } of this.several.values()) yield units;
  }

  join(unit: U): void {
    const { id } = unit.workload;
    const mates = this.byId.get(id) ?? this.enrol(id);
    mates.units.push(unit);
    if (mates.units.length === 2) this.several.set(id, mates);
    if (unit.id >= this.numbers.length) {
      const grown = new Int32Array(Math.max(64, unit.id * 2));
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers[unit.id] = mates.number;
  }

  part(unit: U): void {
    const { id } = unit.workload;
    const mates = this.byId.get(id);
    const place = mates?.units.indexOf(unit) ?? -1;
    if (mates === undefined || place < 0) return;
    mates.units.splice(place, 1);
    if (mates.units.length < 2) this.several.delete(id);
    if (mates.units.length > 0) return;
    this.byId.delete(id);
    this.free.push(mates.number);
  }

  private enrol(id: string): Workmates<U> {
    const mates = { number: this.free.pop() ?? this.end++, units: [] };
    this.byId.set(id, mates);
    return mates;
  }
}

const none: readonly never[] = [];
