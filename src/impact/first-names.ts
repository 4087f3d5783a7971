import type { BitSet } from '../sets/bitset.ts';
import type { Overlay } from '../world/overlay.ts';

/** A workload by name. */
export interface WorkloadName {
  readonly namespace: string;
  readonly name: string;
}

/** Up to this many units are looked through one by one. */
const directMax = 256;

/**
 * The first few workloads of the units by name, so that every replica of netsluice names the same ones. A large set is
 * met namespace by namespace, in their order, until there are enough.
 */
export function firstNames(
  { before, after, base, own }: Overlay,
  units: BitSet,
  max: number,
): WorkloadName[] {
  const names = new Map<string, WorkloadName>();
  const add = (id: number): void => {
    const unit = after.unit(id) ?? before.unit(id);
    if (unit === undefined) return;
    const { namespace, workload } = unit;
    names.set(`${namespace}/${workload.name}`, { namespace, name: workload.name });
  };
  if (units.size <= directMax) units.forEach(add);
  else {
    // The world below does not know where these are.
    units.and(own).forEach(add);
    const rest = units.andNot(own);
    const least = names.size;
    for (const prefix of base.table.namespacePrefixes) {
      base.unitsIn(prefix.slice(0, -1)).and(rest).forEach(add);
      if (names.size - least >= max) break;
    }
  }
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, max)
    .map(([, name]) => name);
}
