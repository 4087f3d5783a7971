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
  const first = new First(max);
  const add = (id: number): void => {
    const unit = after.unit(id) ?? before.unit(id);
    if (unit !== undefined) first.meet(unit.workload);
  };
  if (units.capacity <= directMax || units.size <= directMax) units.forEach(add);
  else {
    // The world below does not know where these are.
    own.and(units).forEach(add);
    const wanted = first.met + max;
    for (const prefix of base.table.namespacePrefixes) {
      base.unitsIn(prefix.slice(0, -1)).forEach((id) => {
        if (units.has(id) && !own.has(id)) add(id);
      });
      if (first.met >= wanted) break;
    }
  }
  return first.names;
}

/** The least names of those met, in order, each once. */
class First {
  readonly names: WorkloadName[] = [];
  private readonly max: number;
  /** How many different names were met, as far as they were among the least at that time. */
  met = 0;

  constructor(max: number) {
    this.max = max;
  }

  meet(name: WorkloadName): void {
    let place = this.names.length;
    for (; place > 0; place -= 1) {
      const other = this.names[place - 1];
      const order = other === undefined ? 0 : compare(other, name);
      if (order === 0) return;
      if (order < 0) break;
    }
    this.met += 1;
    if (place >= this.max) return;
    this.names.splice(place, 0, { namespace: name.namespace, name: name.name });
    this.names.length = Math.min(this.names.length, this.max);
  }
}

/** The order of the texts `namespace/name`, without making them. */
function compare(a: WorkloadName, b: WorkloadName): number {
  if (a.namespace !== b.namespace) return `${a.namespace}/` < `${b.namespace}/` ? -1 : 1;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
