import type { PodShape } from '../model/objects.ts';
import { sameRecord } from '../model/same-record.ts';

/** Does a policy see the same in both pods, or templates? */
export function sameShape(
  a: Pick<PodShape, 'hostNetwork' | 'labels' | 'ports'>,
  b: Pick<PodShape, 'hostNetwork' | 'labels' | 'ports'>,
): boolean {
  return a.hostNetwork === b.hostNetwork && sameRecord(a.labels, b.labels) && sameRecord(a.ports, b.ports);
}
