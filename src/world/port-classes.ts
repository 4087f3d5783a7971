import { BitSet } from '../sets/bitset.ts';
import { noPorts, type PortSet } from '../sets/port-set.ts';
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
    const index = this.indexOf(read);
    index.stale.forEach((id) => {
      this.file(index, read, id);
    });
    return index.classes();
  }

  /** Reads at most so many units of which it does not know yet, or not any more; false where none was left. */
  freshen(read: PortsOfUnit, most: number): boolean {
    const index = this.indexOf(read);
    const some = index.stale.firstFew(most);
    for (const id of some) this.file(index, read, id);
    return some.length > 0;
  }

  /** The same of one unit that the world has. */
  of(read: PortsOfUnit, { id }: Unit): PortSet {
    const index = this.indexOf(read);
    if (index.stale.has(id)) this.file(index, read, id);
    return index.portsAt(id);
  }

  private indexOf(read: PortsOfUnit): ClassIndex {
    const index = this.indexes.get(read) ?? new ClassIndex(this.world.units.clone());
    this.indexes.set(read, index);
    return index;
  }

  private file(index: ClassIndex, read: PortsOfUnit, id: number): void {
    const unit = this.world.unit(id);
    index.file(id, unit === undefined ? null : read(this.world, unit));
  }
}

interface Entry extends PortClass {
  readonly text: string;
}

class ClassIndex {
  readonly stale: BitSet;
  private readonly byText = new Map<string, Entry>();
  private readonly entries: (Entry | undefined)[] = [];

  constructor(stale: BitSet) {
    this.stale = stale;
  }

  classes(): Iterable<PortClass> {
    return this.byText.values();
  }

  portsAt(id: number): PortSet {
    return this.entries[id]?.ports ?? noPorts;
  }

  /** Null where the unit is gone. */
  file(id: number, ports: PortSet | null): void {
    this.stale.delete(id);
    const old = this.entries[id];
    const now = ports === null ? undefined : this.entryFor(ports);
    if (old === now) return;
    this.entries[id] = now;
    now?.units.add(id);
    if (old === undefined) return;
    old.units.delete(id);
    if (old.units.isEmpty()) this.byText.delete(old.text);
  }

  private entryFor(ports: PortSet): Entry {
    const text = ports.join();
    const known = this.byText.get(text) ?? { text, ports, units: new BitSet() };
    this.byText.set(text, known);
    return known;
  }
}
