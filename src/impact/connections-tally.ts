import {
  intersectPorts,
  isEmpty,
  noPorts,
  type PortSet,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import { type Unit, type UnknownReason, weightOf } from '../world/unit.ts';
import { noneAllowed, type PortReading } from './side.ts';

/** What rows are about: workloads, or each pod for itself. */
export type ConnectionUnit = 'workload' | 'pod';

/** What one end may do towards another, over all pairs of their pods. */
export interface Passage {
  /** Ports allowed between every pair. */
  readonly allow: PortSet;
  /** Ports allowed between some pairs only. */
  readonly allowSome: PortSet;
  /** Ports that are not known for some pair, by the reason why. */
  readonly undecided: ReadonlyMap<UnknownReason, PortSet>;
}

/** A workload or a pod. */
export interface ConnectionEnd {
  /** `namespace/name[Kind]`. */
  readonly id: string;
  readonly units: readonly Unit[];
}

interface Tally {
  pairs: number;
  every: PortSet;
  some: PortSet;
  readings: PortReading[];
}

/** Adds up readings per pair of ends. */
export class ConnectionTally {
  cut = false;
  private readonly ends: readonly ConnectionEnd[];
  private readonly unit: ConnectionUnit;
  private readonly rowsMax: number;
  private readonly endsOfUnit = new Map<number, number[]>();
  private readonly lone = new Set<number>();
  private readonly tallies = new Map<number, Tally>();
  private readonly whole = new Map<PortReading, Passage>();

  constructor(ends: readonly ConnectionEnd[], unit: ConnectionUnit, rowsMax: number) {
    this.ends = ends;
    this.unit = unit;
    this.rowsMax = rowsMax;
    for (const [index, { units }] of ends.entries()) {
      for (const each of units) {
        const known = this.endsOfUnit.get(each.id) ?? [];
        known.push(index);
        this.endsOfUnit.set(each.id, known);
        if (weightOf(each) < 2) this.lone.add(each.id);
      }
    }
  }

  /** Every source unit towards every destination unit, each of which may stand for several ends. */
  add(sources: readonly number[], destinations: readonly number[], reading: PortReading): void {
    for (const source of sources) {
      const froms = this.endsOfUnit.get(source) ?? [];
      for (const destination of destinations) {
        const tos = this.endsOfUnit.get(destination) ?? [];
        for (const from of froms) this.addPairs(from, tos, source === destination ? source : null, reading);
      }
    }
  }

  /** `same` is the unit that is both ends; a pod to itself never counts. */
  private addPairs(from: number, tos: readonly number[], same: number | null, reading: PortReading): void {
    const self = same !== null && (this.unit === 'pod' || this.lone.has(same));
    for (const to of tos) if (!(self && from === to)) this.addPair(from, to, reading);
  }

  private addPair(from: number, to: number, reading: PortReading): void {
    const key = from * this.ends.length + to;
    const known = this.tallies.get(key);
    if (known !== undefined) {
      addReading(known, reading);
      return;
    }
    if (this.tallies.size >= this.rowsMax) {
      this.cut = true;
      return;
    }
    this.tallies.set(key, { pairs: 1, every: reading.must, some: reading.must, readings: [reading] });
  }

  /** Pairs with their passages, in the order of their ends. */
  *pairs(): Iterable<{ readonly from: number; readonly to: number; readonly passage: Passage }> {
    const count = this.ends.length;
    for (const key of [...this.tallies.keys()].sort((a, b) => a - b)) {
      const tally = this.tallies.get(key);
      const from = Math.floor(key / count);
      const to = key % count;
      if (tally !== undefined) yield { from, to, passage: this.passage(tally, this.pairsOf(from, to)) };
    }
  }

  /** Most pairs have one reading, which many share. */
  private passage(tally: Tally, of: number): Passage {
    const [only, second] = tally.readings;
    if (only === undefined || second !== undefined || tally.pairs !== of) return passageOf(tally, of);
    const known = this.whole.get(only) ?? passageOf(tally, of);
    this.whole.set(only, known);
    return known;
  }

  /** How many pairs of units two ends have. */
  private pairsOf(from: number, to: number): number {
    const [sources, destinations] = [this.ends[from]?.units ?? [], this.ends[to]?.units ?? []];
    const own = from === to ? sources.filter(({ id }) => this.lone.has(id)).length : 0;
    return sources.length * destinations.length - own;
  }
}

function addReading(tally: Tally, reading: PortReading): void {
  tally.pairs += 1;
  tally.every = intersectPorts(tally.every, reading.must);
  tally.some = unionPorts(tally.some, reading.must);
  if (!tally.readings.includes(reading)) tally.readings.push(reading);
}

/** A passage from readings of so many pairs; pairs that were not added have nothing allowed. */
function passageOf({ pairs, every, some, readings }: Tally, of: number): Passage {
  const allow = pairs === of ? every : noPorts;
  return { allow, allowSome: subtractPorts(some, allow), undecided: doubtsOf(readings) };
}

function doubtsOf(readings: readonly PortReading[]): ReadonlyMap<UnknownReason, PortSet> {
  const doubts = new Map<UnknownReason, PortSet>();
  for (const { must, may, reasons } of readings) {
    const ports = subtractPorts(may, must);
    if (isEmpty(ports)) continue;
    for (const reason of reasons) doubts.set(reason, unionPorts(doubts.get(reason) ?? noPorts, ports));
  }
  return doubts;
}

/** One passage from the readings of all pairs there are. */
export function passageOver(readings: readonly PortReading[]): Passage {
  const [first = noneAllowed, ...rest] = readings;
  const tally: Tally = { pairs: 1, every: first.must, some: first.must, readings: [first] };
  for (const reading of rest) addReading(tally, reading);
  return passageOf(tally, tally.pairs);
}
