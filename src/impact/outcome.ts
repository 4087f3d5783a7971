import {
  allPorts,
  intersectPorts,
  isEmpty,
  noPorts,
  type PortSet,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import type { UnknownReason } from '../world/unit.ts';
import type { Presence } from './changed-ends.ts';
import { type Passage, passageOver } from './connections-tally.ts';
import type { Facet } from './facet.ts';
import type { Cause } from './rectangle.ts';
import type { PortReading } from './side.ts';

/** What happens to the connections between some pods of two ends; null on the side where they do not exist. */
export interface PairFate {
  readonly before: PortReading | null;
  readonly after: PortReading | null;
  /** The rectangle that says so; null where nothing changed between them. */
  readonly facet: Facet | null;
  readonly critical: boolean;
}

export type Grade = 'critical' | 'withdrawn' | 'implied';

/** What a change does between two ends, over all pairs of their pods. */
export interface Outcome {
  readonly before: Passage;
  readonly after: Passage;
  /** Ports that some pair surely loses, or that only one of the two sides' pods may use. */
  readonly lost: PortSet;
  readonly gained: PortSet;
  /** Changed, but one of the two verdicts is unknown. */
  readonly undecided: PortSet;
  readonly reasons: readonly UnknownReason[];
  /** Of the worst lost port; null where none is lost, or where one of the ends is gone. */
  readonly grade: Grade | null;
  readonly causes: readonly Cause[];
}

/** Adds up pairs; null where nothing that can be told changed. */
export function outcomeOf(fates: readonly PairFate[], presence: Presence): Outcome | null {
  const readings = {
    before: fates.flatMap(({ before }) => before ?? []),
    after: fates.flatMap(({ after }) => after ?? []),
  };
  // Two pods where there was one: a pair came to be, and nothing changed.
  if (presence === 'both' && (readings.before.length === 0 || readings.after.length === 0)) return null;
  // A pod alone has no pair with itself, neither before nor after.
  const oneSided = fates.some(({ before, after }) => (before === null) !== (after === null));
  const facets = [...new Set(fates.flatMap(({ facet }) => facet ?? []))];
  const own = facets.filter(({ lasts }) => lasts).map(({ rectangle }) => rectangle);
  const shift = oneSided ? shiftOf(readings.before, readings.after) : unmoved;
  const all = (first: PortSet, sets: readonly PortSet[]): PortSet => sets.reduce(unionPorts, first);
  const lost = all(
    shift.lost,
    own.map((each) => each.lost),
  );
  const gained = all(
    shift.gained,
    own.map((each) => each.gained),
  );
  const undecided = all(
    shift.undecided,
    own.map((each) => each.undecided),
  );
  if ([lost, gained, undecided].every(isEmpty)) return null;
  const [before, after] = [passageOver(readings.before), passageOver(readings.after)];
  const reasons = new Set([
    ...own.flatMap((each) => each.reasons),
    ...(isEmpty(shift.undecided) ? [] : [...before.undecided.keys(), ...after.undecided.keys()]),
  ]);
  return {
    before,
    after,
    lost,
    gained,
    undecided,
    reasons: isEmpty(undecided) ? [] : [...reasons].sort(),
    grade: isEmpty(lost) || presence !== 'both' ? null : gradeOf(fates, facets),
    causes: causesIn(own.flatMap(({ causes }) => causes)),
  };
}

interface Shift {
  readonly lost: PortSet;
  readonly gained: PortSet;
  readonly undecided: PortSet;
}

const unmoved: Shift = { lost: noPorts, gained: noPorts, undecided: noPorts };

/** What every pair and some pair may do, for pods of which some are on one side only. */
function shiftOf(before: readonly PortReading[], after: readonly PortReading[]): Shift {
  const [was, is] = [sumOf(before), sumOf(after)];
  const lost = unionPorts(subtractPorts(was.everyMust, is.everyMay), subtractPorts(was.someMust, is.someMay));
  const gained = unionPorts(
    subtractPorts(is.everyMust, was.everyMay),
    subtractPorts(is.someMust, was.someMay),
  );
  const moved = (['everyMust', 'everyMay', 'someMust', 'someMay'] as const)
    .map((key) => unionPorts(subtractPorts(was[key], is[key]), subtractPorts(is[key], was[key])))
    .reduce(unionPorts, noPorts);
  return { lost, gained, undecided: subtractPorts(subtractPorts(moved, lost), gained) };
}

function sumOf(readings: readonly PortReading[]) {
  const none = readings.length === 0;
  const start = { every: none ? noPorts : allPorts, some: noPorts };
  return {
    everyMust: readings.reduce((sum, { must }) => intersectPorts(sum, must), start.every),
    everyMay: readings.reduce((sum, { may }) => intersectPorts(sum, may), start.every),
    someMust: readings.reduce((sum, { must }) => unionPorts(sum, must), start.some),
    someMay: readings.reduce((sum, { may }) => unionPorts(sum, may), start.some),
  };
}

/** "Its grade is the worst of the lost ports'." */
function gradeOf(fates: readonly PairFate[], facets: readonly Facet[]): Grade {
  if (fates.some(({ critical }) => critical)) return 'critical';
  const admitted = facets.some(
    ({ rectangle, lasts }) => rectangle.admittedBefore && !(lasts && isEmpty(rectangle.lost)),
  );
  return admitted ? 'withdrawn' : 'implied';
}

/** Each once, in the order of their policies, directions and clauses. */
function causesIn(causes: readonly Cause[]): readonly Cause[] {
  const found = new Map(causes.map((cause) => [causeKey(cause), cause]));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cause]) => cause);
}

function causeKey({ policy, direction, clause, effect }: Cause): string {
  const place = clause === null ? '' : String(clause).padStart(6, '0');
  return `${policy.namespace}/${policy.name} ${direction} ${place} ${effect}`;
}
