import type { Overlay } from '../world/overlay.ts';
import type { Difference, Ends } from './rectangle.ts';

/**
 * The part of a difference between pods that are there before and after. What a pod could do is neither blocked when
 * it goes away nor opened when it comes: no policy did it.
 */
export function lasting(diff: Difference, { before, after, moved }: Overlay): Difference {
  if (moved.isEmpty()) return diff;
  // Units of one rectangle exist on the same sides.
  const lasts = (ends: Ends): boolean =>
    ends.kind === 'internet' ||
    (before.unit(ends.units.first()) !== undefined && after.unit(ends.units.first()) !== undefined);
  const rectangles = diff.rectangles.filter(
    ({ sources, destinations }) => lasts(sources) && lasts(destinations),
  );
  return { ...diff, rectangles };
}
