import { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Unit } from './unit.ts';
import type { World } from './world.ts';

/** Ports that are read of a unit, its pods and the Services of its namespace. Made once, as a constant. */
export type PortsOfUnit = (world: World, unit: Unit) => PortSet;

/** Units of which the same ports are read. */
export interface PortClass {
  readonly ports: PortSet;
  readonly units: BitSet;
}

/**
 * Units by ports that are read of them, so that what holds for many is worked out once. One walk over the units when
 * somebody first asks; from then on only those are read again of which something changed.
 */
export class PortClasses {
  private readonly world: World;
  private readonly indexes = new Map<PortsOfUnit, ClassIndex>();

  constructor(world: World) {
    this.world = world;
  }

  /** Something about the units changed, or they came or went. */
  changed(units: Iterable<number>): void {
    for (const index of this.indexes.values()) for (const id of units) index.stale.add(id);
  }

  by(read: PortsOfUnit): Iterable<PortClass> {
    const index = this.indexes.get(read) ?? new ClassIndex(this.world.units.clone());
    this.indexes.set(read, index);
    index.stale.forEach((id) => {
      const unit = this.world.unit(id);
      index.file(id, unit === undefined ? null : read(this.world, unit));
    });
    return index.classes();
  }
}

class ClassIndex {
  readonly stale: BitSet;
  private readonly byText = new Map<string, PortClass>();
  private readonly texts: (string | undefined)[] = [];

  constructor(stale: BitSet) {
    this.stale = stale;
  }

  classes(): Iterable<PortClass> {
    return this.byText.values();
  }

  /** Null where the unit is gone. */
  file(id: number, ports: PortSet | null): void {
    this.stale.delete(id);
    const now = ports?.join();
    const old = this.texts[id];
    if (old === now) return;
    this.texts[id] = now;
    if (old !== undefined) this.leave(old, id);
    if (now === undefined || ports === null) return;
    const known = this.byText.get(now) ?? { ports, units: new BitSet() };
    this.byText.set(now, known);
    known.units.add(id);
  }

  private leave(text: string, id: number): void {
    const units = this.byText.get(text)?.units;
    units?.delete(id);
    if (units?.isEmpty() === true) this.byText.delete(text);
  }
}
