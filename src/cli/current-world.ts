import type { WorldSink } from '../cluster/event-queue.ts';
import type { Detected } from '../model/detected.ts';
import { type WorldEvent, workloadKinds } from '../model/objects.ts';
import type { Profile } from '../model/profile.ts';
import { profileOf, type Settings } from '../review/settings.ts';
import { worldOf, worldUnder } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { ReadAhead } from './read-ahead.ts';
import type { Sight } from './sight.ts';

/** How long a request waits for its namespace to be seen. */
const namespaceWaitMs = 200;

/** The world under the platform that the settings name or that was detected; another one makes it anew. */
export class CurrentWorld implements WorldSink {
  private readonly settings: () => Settings;
  private readonly detected: () => Detected | null;
  private world: ClusterWorld;
  /** The platform that the world is to be seen under, and what it was worked out from. */
  private asked: {
    readonly settings: Settings;
    readonly detected: Detected | null;
    readonly profile: Profile;
  };
  private readonly waiting = new Set<() => void>();
  private noticed: (events: readonly WorldEvent[]) => void = () => undefined;
  private version = 0;
  private readonly ahead = new ReadAhead(() => this.current());

  constructor(settings: () => Settings, detected: () => Detected | null) {
    this.settings = settings;
    this.detected = detected;
    const first = settings();
    this.asked = { settings: first, detected: null, profile: profileOf(first) };
    this.world = worldOf(this.asked.profile);
    this.world.hold();
  }

  /** Under whichever platform it is by now. */
  asKnown(): ClusterWorld {
    return this.world;
  }

  current(): ClusterWorld {
    const wanted = this.profileNow();
    if (this.world.profile !== wanted) this.become(worldUnder(wanted, this.world));
    this.world.settle();
    return this.world;
  }

  /** Another object only where something in it is another; worked out anew only where it could be. */
  private profileNow(): Profile {
    const [settings, detected] = [this.settings(), this.detected()];
    if (this.asked.settings !== settings || this.asked.detected !== detected) {
      const next = profileOf(settings, detected);
      const isSame = JSON.stringify(next) === JSON.stringify(this.asked.profile);
      this.asked = { settings, detected, profile: isSame ? this.asked.profile : next };
    }
    return this.asked.profile;
  }

  sight(): Pick<Sight, 'world' | 'version' | 'watch'> {
    return {
      world: () => this.current(),
      version: () => this.version,
      watch: (noticed) => {
        this.noticed = noticed;
      },
    };
  }

  private become(world: ClusterWorld): void {
    this.world = world;
    this.version += 1;
    this.readAhead();
  }

  readAhead(): void {
    this.ahead.start();
  }

  apply(events: readonly WorldEvent[]): void {
    this.noticed(events);
    this.world.apply(events);
    this.version += 1;
    for (const waiting of [...this.waiting]) waiting();
  }

  /** See `ServingData`. A request that names no namespace waits for nothing. */
  async caughtUp(namespace: string): Promise<void> {
    if (namespace === '' || this.world.namespace(namespace) !== undefined) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      const look = (): void => {
        if (this.world.namespace(namespace) !== undefined) end();
      };
      const timer = setTimeout(end, namespaceWaitMs);
      this.waiting.add(look);
    });
  }

  *applyAside(events: readonly WorldEvent[]): IterableIterator<void> {
    const next = worldOf(this.world.profile);
    for (const turn of buildingTurns) {
      for (const event of this.world.everything()) {
        if (turn === turnOf(event)) next.apply([event]);
        yield;
      }
    }
    for (const event of events) {
      this.noticed([event]);
      next.apply([event]);
      yield;
    }
    this.become(next);
  }
}

/**
 * What a world is built of first. A policy that comes before the pods parts none of them, one that comes after them may
 * part all; and a workload that comes after its pods plans none.
 */
const buildingTurns = ['what tells pods apart', 'pods', 'workloads'] as const;

function turnOf(event: WorldEvent): (typeof buildingTurns)[number] {
  const kind = event.type === 'put' ? event.object.kind : event.kind;
  if (kind === 'Pod') return 'pods';
  return workloads.has(kind) ? 'workloads' : 'what tells pods apart';
}

const workloads: ReadonlySet<string> = new Set(workloadKinds);
