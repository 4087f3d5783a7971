import type { Facts } from '../platform/facts.ts';
import { isEmpty, type PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import { clouded } from './connections-classes.ts';
import { type Graded, gradeAll, type Required } from './grades.ts';
import type { Ends, Rectangle } from './rectangle.ts';
import type { PortReading } from './side.ts';

/** A rectangle with what rows need to know of it. */
export interface Facet {
  readonly rectangle: Rectangle;
  readonly sources: Ends;
  readonly destinations: Ends;
  /** Both ends are there before and after. */
  readonly lasts: boolean;
  readonly before: PortReading | null;
  readonly after: PortReading | null;
  /** The parts of it whose loss is critical. */
  readonly critical: readonly Graded[];
}

export function facetOf(
  rectangle: Rectangle,
  { before, after }: Overlay,
  facts: Facts,
  required: readonly Required[],
): Facet {
  const { sources, destinations, lost } = rectangle;
  // The readings of a rectangle are those of the policies that are analysed.
  const dark = rectangle.reasons.includes('other-policies');
  const reading = (world: World, own: PortReading): PortReading | null =>
    exists(world, sources) && exists(world, destinations) ? (dark ? clouded : own) : null;
  const was = reading(before, rectangle.before);
  const is = reading(after, rectangle.after);
  const lasts = was !== null && is !== null;
  const graded =
    lasts && !isEmpty(lost) ? gradeAll(facts, before, { sources, destinations, ports: lost }, required) : [];
  const critical = graded.filter((part) => part.critical);
  return { rectangle, sources, destinations, lasts, before: was, after: is, critical };
}

/** Units of one rectangle exist on the same sides. */
function exists(world: World, ends: Ends): boolean {
  return ends.kind === 'internet' || world.unit(ends.units.first()) !== undefined;
}

/** Null stands for addresses outside. */
export function holds(ends: Ends, unit: number | null): boolean {
  return ends.kind === 'internet' ? unit === null : unit !== null && ends.units.has(unit);
}

/** The critical ports between some pods, and null where none of the lost ones is. */
export function criticalPorts(
  { critical }: Facet,
  froms: readonly (number | null)[],
  tos: readonly (number | null)[],
): PortSet | null {
  const part = critical.find(
    ({ sources, destinations }) =>
      froms.some((unit) => holds(sources, unit)) && tos.some((unit) => holds(destinations, unit)),
  );
  return part?.ports ?? null;
}
