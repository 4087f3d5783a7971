import { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { type Unit, weightOf } from '../world/unit.ts';
import type { Example, NamedEnd, Tally } from './impact.ts';
import { PairTally } from './pair-tally.ts';
import type { Ends } from './rectangle.ts';
import { examplesMax, type WorkloadNumbers } from './workload-numbers.ts';

/** The API server is no workload; it is an end only where its callbacks are counted. */
export type CountedEnds = Ends | { readonly kind: 'api-server' };

/**
 * Counts connections: pairs of workloads, where all addresses that nobody owns are one. A pod to itself is no
 * connection; two pods of one workload are.
 */
export class ConnectionCount {
  private readonly pairs = new PairTally();
  /** Shared by the counts of one summary, so that their pairs can be compared. */
  private readonly workloads: WorkloadNumbers;
  private readonly found: Example[] = [];
  private readonly worlds: Overlay;
  private readonly wanted: 'examples' | 'size';

  /** `wanted` says whether anybody will ask for examples, which take as long to find as the count. */
  constructor(worlds: Overlay, workloads: WorkloadNumbers, wanted: 'examples' | 'size') {
    this.worlds = worlds;
    this.workloads = workloads;
    this.wanted = wanted;
  }

  add(sources: CountedEnds, destinations: CountedEnds, ports: PortSet): void {
    const from = this.numbersOf(sources);
    const to = this.numbersOf(destinations);
    const alone = this.loners(sources, destinations);
    const rest = to.andNot(alone);
    this.pairs.add(from, rest);
    alone.forEach((number) => {
      const others = from.clone();
      others.delete(number);
      this.pairs.add(others, BitSet.of([number]));
    });
    if (this.wanted === 'examples') this.keepExamples(sources, destinations, ports);
  }

  get size(): number {
    return this.pairs.size;
  }

  /** Connections of this count that are not in another over the same numbering. */
  sizeWithout(other: ConnectionCount): number {
    return this.size - this.pairs.sharedWith(other.pairs);
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

  private numbersOf(ends: CountedEnds): BitSet {
    if (ends.kind === 'units') return this.workloads.of(ends.units);
    return BitSet.of([this.workloads.numberOf(ends.kind)]);
  }

  /** Workloads that are on both ends with one and the same single pod. */
  private loners(sources: CountedEnds, destinations: CountedEnds): BitSet {
    const found = new BitSet();
    if (sources.kind !== 'units' || destinations.kind !== 'units') return found;
    sources.units.and(destinations.units).forEach((id) => {
      const unit = this.workloads.unit(id);
      if (unit === undefined || this.weight(id) !== 1) return;
      const isEnd = (mate: number): boolean => sources.units.has(mate) || destinations.units.has(mate);
      if (this.matesOf(unit).every((mate) => mate === id || !isEnd(mate)))
        found.add(this.workloads.numberOf(unit.workload.id));
    });
    return found;
  }

  /** Units of the same workload, before or after. */
  private matesOf({ workload }: Unit): number[] {
    const { before, after } = this.worlds;
    return [before, after].flatMap((world) => world.workloadUnits(workload).map(({ id }) => id));
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

  private firstNames(ends: CountedEnds): readonly NamedEnd[] {
    return ends.kind === 'units' ? this.workloads.firstNames(ends.units) : [ends.kind];
  }
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
