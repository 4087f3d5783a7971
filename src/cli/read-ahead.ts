import { declaredPorts } from '../platform/declared-ports.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/** So many units are read before the event loop goes on: well under a millisecond. */
const unitsMax = 64;

/**
 * Reads what reviews ask of every unit before the first of them asks, a little in each turn of the event loop: in a
 * large cluster that one answer would come a second late.
 */
export class ReadAhead {
  private readonly world: () => ClusterWorld;
  private running = false;

  constructor(world: () => ClusterWorld) {
    this.world = world;
  }

  /** Goes on until nothing is left to read. */
  start(): void {
    if (this.running) return;
    this.running = true;
    this.schedule();
  }

  private schedule(): void {
    setImmediate(() => {
      if (this.world().portClasses.freshen(declaredPorts, unitsMax)) this.schedule();
      else this.running = false;
    }).unref();
  }
}
