import { directions } from '../model/policy.ts';
import type { World } from '../world/world.ts';
import {
  type ChangedEnd,
  type Dark,
  darkness,
  hasPairs,
  isOdd,
  type Presence,
  pairsComeOrGo,
} from './changed-ends.ts';
import { clouded } from './connections-classes.ts';
import type { Evaluation } from './evaluation.ts';
import { criticalPorts, type Facet, holds } from './facet.ts';
import type { When } from './group.ts';
import { type Outcome, outcomeOf, type PairFate } from './outcome.ts';
import type { Ends } from './rectangle.ts';
import { both, decide, matchesUnit, type PortReading } from './side.ts';

/** A pair of ends that a change concerns, by their places in the list of ends. */
export interface ChangedPair {
  readonly from: number;
  readonly to: number;
  readonly outcome: Outcome;
  readonly facets: readonly Facet[];
}

/** A list of rectangles that pairs have in common, and what was worked out of them. */
interface Entry {
  readonly facets: readonly Facet[];
  readonly longer: Map<Facet, Entry>;
  readonly outcomes: Map<string, Outcome | null>;
}

function entryOf(facets: readonly Facet[]): Entry {
  return { facets, longer: new Map(), outcomes: new Map() };
}

/**
 * Spreads rectangles over pairs of ends. Most pairs lie in one rectangle and share what is said of it; only ends whose
 * pods differ are looked at pod by pod.
 */
export class ChangedPairs {
  /** True where pairs were left out because there are more than may be. */
  cut = false;
  private readonly ends: readonly ChangedEnd[];
  private readonly evaluation: Evaluation;
  private readonly pairsMax: number;
  private readonly endsOfUnit = new Map<number, number[]>();
  private readonly none = entryOf([]);
  private readonly entries = new Map<number, Entry>();
  private readonly counts = new Map<Ends, Map<number, number>>();
  private readonly fates = new Map<Facet, readonly [PairFate, PairFate]>();

  constructor(ends: readonly ChangedEnd[], evaluation: Evaluation, pairsMax: number) {
    this.ends = ends;
    this.evaluation = evaluation;
    this.pairsMax = pairsMax;
    for (const [index, { units }] of ends.entries()) {
      for (const unit of units) this.endsOfUnit.set(unit, [...(this.endsOfUnit.get(unit) ?? []), index]);
    }
    const dark = darkness(evaluation.worlds);
    for (const [index, end] of ends.entries()) this.addOdd(index, end, dark);
  }

  /** Ends whose pods are not those that they were, where no rectangle would tell. */
  private addOdd(index: number, end: ChangedEnd, dark: Dark): void {
    const { worlds } = this.evaluation;
    if (isOdd(end, worlds, dark)) {
      for (const other of this.ends.keys()) {
        this.enter(index, other, null);
        this.enter(other, index, null);
      }
    } else if (end.units.some((unit) => worlds.moved.has(unit) && pairsComeOrGo(unit, worlds)))
      this.enter(index, index, null);
  }

  add(facet: Facet): void {
    const froms = this.countsOf(facet.sources);
    const tos = this.countsOf(facet.destinations);
    for (const from of froms.keys()) for (const to of tos.keys()) this.enter(from, to, facet);
  }

  private enter(from: number, to: number, facet: Facet | null): void {
    const key = from * this.ends.length + to;
    const known = this.entries.get(key);
    if (known === undefined && this.entries.size >= this.pairsMax) {
      this.cut = true;
      return;
    }
    const entry = known ?? this.none;
    this.entries.set(key, facet === null ? entry : extended(entry, facet));
  }

  /** How many units of each end are among these. */
  private countsOf(ends: Ends): Map<number, number> {
    const known = this.counts.get(ends);
    if (known !== undefined) return known;
    const counts = new Map<number, number>();
    this.counts.set(ends, counts);
    if (ends.kind === 'internet') return counts;
    ends.units.forEach((unit) => {
      for (const end of this.endsOfUnit.get(unit) ?? []) counts.set(end, (counts.get(end) ?? 0) + 1);
    });
    return counts;
  }

  /** The pairs that changed, in the order of their ends. */
  *changed(): Iterable<ChangedPair> {
    const count = this.ends.length;
    for (const key of [...this.entries.keys()].sort((a, b) => a - b)) {
      const [from, to] = [Math.floor(key / count), key % count];
      const entry = this.entries.get(key);
      const [source, destination] = [this.ends[from], this.ends[to]];
      if (entry === undefined || source === undefined || destination === undefined) continue;
      const outcome = this.outcomeOf(entry, from, to, source, destination);
      if (outcome !== null) yield { from, to, outcome, facets: entry.facets };
    }
  }

  private outcomeOf(
    entry: Entry,
    from: number,
    to: number,
    source: ChangedEnd,
    destination: ChangedEnd,
  ): Outcome | null {
    const presence = presenceOf(source, destination);
    if (!this.isCovered(entry.facets, from, to))
      return outcomeOf(this.pairByPair(entry.facets, source, destination), presence);
    const critical = entry.facets.map(
      (facet) => criticalPorts(facet, source.units, destination.units) !== null,
    );
    const key = `${presence} ${critical.join()}`;
    const known = entry.outcomes.get(key);
    if (known !== undefined) return known;
    const fates = entry.facets.map((facet, i) => this.fateOf(facet, critical[i] ?? false));
    const outcome = outcomeOf(fates, presence);
    entry.outcomes.set(key, outcome);
    return outcome;
  }

  /** Do the rectangles hold every pair of the ends' pods? Ends that share pods are looked at pod by pod. */
  private isCovered(facets: readonly Facet[], from: number, to: number): boolean {
    const [source, destination] = [this.ends[from]?.units ?? [], this.ends[to]?.units ?? []];
    if (source.some((unit) => destination.includes(unit))) return false;
    let covered = 0;
    for (const { sources, destinations } of facets)
      covered += (this.countsOf(sources).get(from) ?? 0) * (this.countsOf(destinations).get(to) ?? 0);
    return covered === source.length * destination.length;
  }

  private fateOf(facet: Facet, critical: boolean): PairFate {
    const { before, after } = facet;
    const known = this.fates.get(facet) ?? [
      { before, after, facet, critical: false },
      { before, after, facet, critical: true },
    ];
    this.fates.set(facet, known);
    return known[critical ? 1 : 0];
  }

  private pairByPair(
    facets: readonly Facet[],
    source: ChangedEnd,
    destination: ChangedEnd,
  ): readonly PairFate[] {
    const fates = new Set<PairFate>();
    for (const from of source.units) {
      for (const to of destination.units) {
        const facet = facets.find(
          ({ sources, destinations }) => holds(sources, from) && holds(destinations, to),
        );
        const whole =
          facet === undefined
            ? {
                before: this.reading('before', from, to),
                after: this.reading('after', from, to),
                facet: null,
                critical: false,
              }
            : this.fateOf(facet, criticalPorts(facet, [from], [to]) !== null);
        fates.add(from === to ? this.amongOwn(whole, from, source === destination) : whole);
      }
    }
    return [...fates];
  }

  /** Two pods of one unit; one pod alone has no connection to itself. */
  private amongOwn(fate: PairFate, unit: number, oneEnd: boolean): PairFate {
    const { before, after } = this.evaluation.worlds;
    const counts = (world: World): boolean => !(oneEnd && this.isLone(world, unit));
    const [was, is] = [counts(before), counts(after)];
    if (was && is) return fate;
    // Alone before and after: whatever the rectangle says, no pair of pods lost or gained it.
    const facet = was || is ? fate.facet : null;
    return { ...fate, facet, before: was ? fate.before : null, after: is ? fate.after : null };
  }

  /** A pod for itself, or a workload's only one. */
  private isLone(world: World, unit: number): boolean {
    return (this.endsOfUnit.get(unit)?.length ?? 0) > 1 || !hasPairs(world, unit);
  }

  /** What no rectangle tells did not change, but it counts where others did. */
  private reading(when: When, from: number, to: number): PortReading | null {
    const world = this.evaluation.worlds[when];
    const [source, destination] = [world.unit(from), world.unit(to)];
    if (source === undefined || destination === undefined) return null;
    const { after } = this.evaluation.worlds;
    if ([source, destination].some(({ namespace }) => after.foreignApi(namespace) !== null)) return clouded;
    const [out, into] = directions.toReversed().map((direction) => {
      const [own, other] = direction === 'egress' ? [from, to] : [to, from];
      const side = this.evaluation.sidesOf(own, direction)[when];
      return decide(side, (entry) => matchesUnit(entry, other), destination.ports);
    });
    return out === undefined || into === undefined ? null : both(out, into);
  }
}

function extended(entry: Entry, facet: Facet): Entry {
  const longer = entry.longer.get(facet) ?? entryOf([...entry.facets, facet]);
  entry.longer.set(facet, longer);
  return longer;
}

/** A pair is there only where both of its ends are; one that comes with one end and goes with the other was never. */
function presenceOf(source: ChangedEnd, destination: ChangedEnd): Presence {
  return source.presence === 'both' ? destination.presence : source.presence;
}
