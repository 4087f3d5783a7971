import type { WorldSink } from '../cluster/event-queue.ts';
import type { Detected } from '../model/detected.ts';
import type { WorldEvent } from '../model/objects.ts';
import type { Profile } from '../model/profile.ts';
import { maySign } from '../platform/detect.ts';
import { profileOf, type Settings } from '../review/settings.ts';
import { filling, worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { ReadAhead } from './read-ahead.ts';
import type { Sight } from './sight.ts';

/** How long a request waits for its namespace to be seen. */
const namespaceWaitMs = 200;

/** The world under the platform that the settings name or that was detected; it is built anew for another one. */
export class CurrentWorld implements WorldSink {
  private readonly settings: () => Settings;
  private readonly detected: (coming: readonly WorldEvent[]) => Detected | null;
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
  private readonly rebuild: () => void;
  private isRebuilding = false;

  /**
   * @param detected What is known of the platform; it may look at what is about to come.
   * @param rebuild Has `applyAside` called with no events, now or later.
   */
  constructor(
    settings: () => Settings,
    detected: (coming: readonly WorldEvent[]) => Detected | null,
    rebuild = (): void => this.take([]),
  ) {
    this.settings = settings;
    this.detected = detected;
    this.rebuild = rebuild;
    const first = settings();
    this.asked = { settings: first, detected: null, profile: profileOf(first) };
    this.world = worldOf(this.asked.profile);
  }

  /** Under whichever platform it is by now. */
  asKnown(): ClusterWorld {
    return this.world;
  }

  /** Under another platform not before it has been built anew. */
  current(): ClusterWorld {
    if (this.world.profile !== this.profileNow() && !this.isRebuilding) {
      this.isRebuilding = true;
      this.rebuild();
    }
    return this.world;
  }

  /** Another object only where something in it is another; worked out anew only where it could be. */
  private profileNow(coming: readonly WorldEvent[] = []): Profile {
    const [settings, detected] = [this.settings(), this.detected(coming)];
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
    this.isRebuilding = false;
    this.ahead.start();
  }

  /** All at once: for who has no loop to keep free. */
  take(events: readonly WorldEvent[]): void {
    for (const _ of this.applyAside(events));
  }

  apply(events: readonly WorldEvent[]): void {
    this.noticed(events);
    this.world.apply(events);
    this.version += 1;
    this.ahead.start();
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
    const signs: WorldEvent[] = [];
    for (const event of events) {
      this.noticed([event]);
      if (maySign(event)) signs.push(event);
      yield;
    }
    // What is coming may show the platform, and then nothing needs to be made anew.
    const next = worldOf(this.profileNow(signs));
    yield* filling(next, () => this.world.everything());
    yield* filling(next, () => events);
    this.become(next);
  }
}
