import { declaredPorts } from '../platform/declared-ports.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/** So many units, or peers, are read before the event loop goes on: well under a millisecond most often. */
const unitsMax = 64;
const peersMax = 4;

/**
 * Reads what reviews ask of every unit and of every peer before the first of them asks, a little in each turn of the
 * event loop: in a large cluster that one answer would come a second late, and each that meets a peer for the first time
 * a little.
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
      if (readSome(this.world())) this.schedule();
      else this.running = false;
    }).unref();
  }
}

/** False where nothing was left to read. */
export function readSome({ portClasses, peers }: ClusterWorld): boolean {
  return portClasses.freshen(declaredPorts, unitsMax) || peers.freshen(peersMax);
}
