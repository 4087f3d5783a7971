import { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { type Unit, weightOf } from '../world/unit.ts';
import type { Example, NamedEnd, Tally } from './impact.ts';
import { PairTally } from './pair-tally.ts';
import type { Ends } from './rectangle.ts';

/** The API server is no workload; it is an end only where its callbacks are counted. */
export type CountedEnds = Ends | { readonly kind: 'api-server' };

/** How many examples a tally keeps. */
const examplesMax = 3;

/** Numbers of the ends that are no workloads. */
const internet = 0;
const apiServer = 1;
const reserved = 2;

/**
 * Counts connections: pairs of workloads, where all addresses that nobody owns are one. A pod to itself is no
 * connection; two pods of one workload are.
 */
export class ConnectionCount {
  private readonly pairs = new PairTally();
  /** Numbers of the workloads; shared by the counts of one summary, so that their pairs can be compared. */
  private readonly numbers: Map<string, number>;
  private readonly found: Example[] = [];
  private readonly worlds: Overlay;

  constructor(worlds: Overlay, numbers: Map<string, number>) {
    this.worlds = worlds;
    this.numbers = numbers;
  }

  add(sources: CountedEnds, destinations: CountedEnds, ports: PortSet): void {
    const from = this.workloadsOf(sources);
    const to = this.workloadsOf(destinations);
    const alone = this.loners(sources, destinations);
    const rest = to.andNot(alone);
    this.pairs.add(from, rest);
    alone.forEach((number) => {
      const others = from.clone();
      others.delete(number);
      this.pairs.add(others, BitSet.of([number]));
    });
    this.keepExamples(sources, destinations, ports);
  }

  get size(): number {
    return this.pairs.size;
  }

  /** Connections of this count that are not in another over the same numbering. */
  sizeWithout(other: ConnectionCount): number {
    let shared = 0;
    other.pairs.forEach((source, destination) => {
      if (this.pairs.has(source, destination)) shared += 1;
    });
    return this.size - shared;
  }

  tally(): Tally {
    return { count: this.size, examples: this.examples() };
  }

  tallyWithout(other: ConnectionCount): Tally {
    return { count: this.sizeWithout(other), examples: this.examples() };
  }

  private examples(): readonly Example[] {
    return this.found.sort(byNames).slice(0, examplesMax);
  }

  private workloadsOf(ends: CountedEnds): BitSet {
    if (ends.kind !== 'units') return BitSet.of([ends.kind === 'internet' ? internet : apiServer]);
    const numbers = new BitSet();
    ends.units.forEach((id) => {
      const unit = this.unit(id);
      if (unit !== undefined) numbers.add(this.numberOf(unit.workload.id));
    });
    return numbers;
  }

  private numberOf(workload: string): number {
    const known = this.numbers.get(workload) ?? this.numbers.size + reserved;
    this.numbers.set(workload, known);
    return known;
  }

  private unit(id: number): Unit | undefined {
    return this.worlds.after.unit(id) ?? this.worlds.before.unit(id);
  }

  /** Workloads that are on both ends with one and the same single pod. */
  private loners(sources: CountedEnds, destinations: CountedEnds): BitSet {
    const found = new BitSet();
    if (sources.kind !== 'units' || destinations.kind !== 'units') return found;
    const perWorkload = new Map<string, Unit[]>();
    sources.units.or(destinations.units).forEach((id) => {
      const unit = this.unit(id);
      if (unit !== undefined)
        perWorkload.set(unit.workload.id, [...(perWorkload.get(unit.workload.id) ?? []), unit]);
    });
    for (const [workload, [only, second]] of perWorkload) {
      if (only === undefined || second !== undefined || this.weight(only.id) !== 1) continue;
      if (sources.units.has(only.id) && destinations.units.has(only.id)) found.add(this.numberOf(workload));
    }
    return found;
  }

  private weight(id: number): number {
    const sides = [this.worlds.before.unit(id), this.worlds.after.unit(id)];
    return Math.max(...sides.map((unit) => (unit === undefined ? 0 : weightOf(unit))));
  }

  private keepExamples(sources: CountedEnds, destinations: CountedEnds, ports: PortSet): void {
    for (const source of this.firstNames(sources)) {
      for (const destination of this.firstNames(destinations)) {
        const same =
          source !== 'internet' && destination !== 'internet' && nameText(source) === nameText(destination);
        if (!same) this.found.push({ source, destination, ports });
      }
    }
    if (this.found.length > examplesMax * examplesMax * examplesMax)
      this.found.splice(0, this.found.length, ...this.examples());
  }

  /** The first few workloads by name, so that every replica of netsluice names the same ones. */
  private firstNames(ends: CountedEnds): NamedEnd[] {
    if (ends.kind !== 'units') return [ends.kind];
    const names = new Map<string, NamedEnd>();
    ends.units.forEach((id) => {
      const unit = this.unit(id);
      if (unit === undefined) return;
      const end = { namespace: unit.namespace, name: unit.workload.name };
      names.set(nameText(end), end);
      if (names.size > 4 * examplesMax) trim(names);
    });
    trim(names);
    return [...names.values()];
  }
}

function trim(names: Map<string, NamedEnd>): void {
  for (const name of [...names.keys()].sort().slice(examplesMax)) names.delete(name);
}

function nameText(end: NamedEnd): string {
  return typeof end === 'string' ? end : `${end.namespace}/${end.name}`;
}

function byNames(a: Example, b: Example): number {
  const [left, right] = [a, b].map(
    ({ source, destination }) => `${nameText(source)} ${nameText(destination)}`,
  );
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
