import type { AddressRange, Clause, Direction, Ternary } from '../model/policy.ts';
import { familyOf } from '../sets/addresses.ts';
import { type ChangedEnd, type Dark, darkness, isOdd } from './changed-ends.ts';
import { clouded } from './connections-classes.ts';
import type { Evaluation } from './evaluation.ts';
import { criticalPorts, type Facet, holds } from './facet.ts';
import type { When } from './group.ts';
import { coverage, coveredAtoms, externalAtoms } from './internet.ts';
import { type Outcome, outcomeOf, type PairFate } from './outcome.ts';
import { decide, type Entry, type PortReading } from './side.ts';

/** Addresses outside for which one thing changed. */
export interface ChangedSegment {
  readonly range: AddressRange;
  readonly outcome: Outcome;
  readonly facets: readonly Facet[];
}

type Segments = Readonly<Record<Direction, readonly ChangedSegment[]>>;

/**
 * What changes between each end and the addresses that nobody in the cluster owns, as maximal ranges in order: nobody
 * outside owns the addresses of pods and nodes, so that ranges go on across them.
 */
export function changedOutside(
  ends: readonly ChangedEnd[],
  evaluation: Evaluation,
  facets: readonly Facet[],
): readonly Segments[] {
  const outside = new Outside(evaluation, facets);
  return ends.map((end) => ({
    ingress: outside.segments(end, 'ingress'),
    egress: outside.segments(end, 'egress'),
  }));
}

class Outside {
  private readonly evaluation: Evaluation;
  private readonly facets: Readonly<Record<Direction, readonly Facet[]>>;
  private readonly dark: Dark;
  private readonly known = new Map<string, readonly ChangedSegment[]>();

  constructor(evaluation: Evaluation, facets: readonly Facet[]) {
    this.evaluation = evaluation;
    this.dark = darkness(evaluation.worlds);
    this.facets = {
      ingress: facets.filter(({ sources }) => sources.kind === 'internet'),
      egress: facets.filter(({ destinations }) => destinations.kind === 'internet'),
    };
  }

  segments(end: ChangedEnd, direction: Direction): readonly ChangedSegment[] {
    const facets = this.facets[direction].filter((facet) =>
      end.units.some((unit) => holds(unitsOf(facet, direction), unit)),
    );
    if (facets.length === 0 && !isOdd(end, this.evaluation.worlds, this.dark)) return [];
    const key = [
      end.presence,
      direction,
      ...end.units.map((unit) => this.keyOf(unit, direction, facets)),
    ].join('\n');
    const segments = this.known.get(key) ?? this.segmentsOf(end, direction, facets);
    this.known.set(key, segments);
    return segments;
  }

  /** Units with equal keys may do the same towards every address, on both sides. */
  private keyOf(unit: number, direction: Direction, facets: readonly Facet[]): string {
    const own = facets.filter((facet) => holds(unitsOf(facet, direction), unit));
    const place = own.map(
      (facet) => `${this.facets[direction].indexOf(facet)} ${isCritical(facet, unit, direction)}`,
    );
    return [
      ...(['before', 'after'] as const).map((when) => this.evaluation.worlds[when].unit(unit) !== undefined),
      this.evaluation.alikeKey(unit, direction),
      this.isForeign(unit),
      ...place,
    ].join(' ');
  }

  private isForeign(unit: number): boolean {
    const { before, after } = this.evaluation.worlds;
    const namespace = (after.unit(unit) ?? before.unit(unit))?.namespace ?? '';
    return after.foreignApi(namespace) !== null;
  }

  private segmentsOf(
    { units, presence }: ChangedEnd,
    direction: Direction,
    facets: readonly Facet[],
  ): readonly ChangedSegment[] {
    const { after } = this.evaluation.worlds;
    const sides = units.map((unit) => this.evaluation.sidesOf(unit, direction));
    const entries = sides.flatMap((side) => [...side.before.entries, ...side.after.entries]);
    const clauses = [...new Set(entries.map(({ clause }) => clause))];
    const atoms = externalAtoms(after, clauses);
    const covered = new Map(clauses.map((clause) => [clause, coveredAtoms(clause, atoms)]));
    const found: (ChangedSegment & { readonly key: string; readonly index: number })[] = [];
    for (const [index, range] of atoms.entries()) {
      const here = facets.filter((facet) => coversAddress(facet, direction, range.first));
      const fates = units.map((unit) => this.fateOf(unit, direction, here, matching(covered, index)));
      const outcome = outcomeOf(fates, presence);
      if (outcome === null) continue;
      const key = keyOfOutcome(outcome);
      const last = found.at(-1);
      if (last?.key === key && last.index === index - 1 && sameFamily(last.range, range))
        found[found.length - 1] = { ...last, range: { first: last.range.first, last: range.last }, index };
      else found.push({ range, outcome, facets: here, key, index });
    }
    return found;
  }

  private fateOf(
    unit: number,
    direction: Direction,
    facets: readonly Facet[],
    match: (entry: Entry) => Ternary,
  ): PairFate {
    const facet = facets.find((each) => holds(unitsOf(each, direction), unit));
    if (facet === undefined) {
      const [before, after] = (['before', 'after'] as const).map((when) =>
        this.reading(when, unit, direction, match),
      );
      return { before: before ?? null, after: after ?? null, facet: null, critical: false };
    }
    const { before, after } = facet;
    return { before, after, facet, critical: isCritical(facet, unit, direction) };
  }

  /** "Destination is not a pod": a named port resolves to nothing there. */
  private reading(
    when: When,
    unit: number,
    direction: Direction,
    match: (entry: Entry) => Ternary,
  ): PortReading | null {
    const own = this.evaluation.worlds[when].unit(unit);
    if (own === undefined) return null;
    if (this.isForeign(unit)) return clouded;
    const side = this.evaluation.sidesOf(unit, direction)[when];
    return decide(side, match, direction === 'ingress' ? own.ports : []);
  }
}

function unitsOf({ sources, destinations }: Facet, direction: Direction) {
  return direction === 'ingress' ? destinations : sources;
}

function isCritical(facet: Facet, unit: number, direction: Direction): boolean {
  const [from, to] = direction === 'ingress' ? [null, unit] : [unit, null];
  return criticalPorts(facet, [from], [to]) !== null;
}

function matching(covered: ReadonlyMap<Clause, Uint8Array>, index: number): (entry: Entry) => Ternary {
  return ({ clause }) => coverage[covered.get(clause)?.[index] ?? 0] ?? 'no';
}

/** The ranges of a rectangle lie in order. */
function coversAddress(facet: Facet, direction: Direction, address: bigint): boolean {
  const ends = direction === 'ingress' ? facet.sources : facet.destinations;
  if (ends.kind !== 'internet') return false;
  let [low, high] = [0, ends.ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends.ranges[middle]?.last ?? 0n) < address) low = middle + 1;
    else high = middle;
  }
  const range = ends.ranges[low];
  return range !== undefined && range.first <= address;
}

function keyOfOutcome({ before, after, lost, gained, undecided, grade, causes, reasons }: Outcome): string {
  const passages = [before, after].map(({ allow, allowSome, undecided: doubts }) => [
    allow,
    allowSome,
    [...doubts].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return JSON.stringify([passages, lost, gained, undecided, grade, causes, reasons]);
}

function sameFamily(a: AddressRange, b: AddressRange): boolean {
  return familyOf(a.first) === familyOf(b.first);
}
