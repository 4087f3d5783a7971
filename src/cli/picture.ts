import { readFileSync } from 'node:fs';
import type { ApiClient } from '../cluster/api-client.ts';
import { ClusterError, createClient } from '../cluster/client.ts';
import { systemClock } from '../cluster/clock.ts';
import type { WorldSink } from '../cluster/event-queue.ts';
import { startLiveView } from '../cluster/live.ts';
import { readManifests } from '../cluster/manifests.ts';
import type { ServeConfig } from '../config.ts';
import type { WorldEvent } from '../model/objects.ts';
import type { Freshness, Review, ReviewLimits, ReviewRequest } from '../model/review.ts';
import { review } from '../review/review.ts';
import { profileOf, type Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import type { Log } from '../webhook/decision-log.ts';
import type { WatchedKind } from '../webhook/serving-data.ts';
import { worldOf, worldUnder } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { liveKinds } from './live-kinds.ts';
import { manifestFiles } from './read-inputs.ts';
import type { Picture } from './serve.ts';
import type { Sight } from './sight.ts';

type Problem = { readonly problem: string };

/** Opens the picture that the webhook judges by: the live cluster, or the manifests of `--snapshot`. */
export async function openPicture(
  config: ServeConfig,
  settings: () => Settings,
  log: Log,
): Promise<Picture | Problem> {
  const world = new CurrentWorld(settings);
  const judge =
    (freshness: () => Freshness) =>
    (request: ReviewRequest, limits: ReviewLimits): Review =>
      review(request, {
        world: world.current(),
        settings: settings(),
        rules,
        freshness: freshness(),
        limits,
        ownNamespace: config.ownNamespace ?? '',
      });
  if (config.snapshot.length > 0) {
    const read = readSnapshot(config.snapshot, log);
    if ('problem' in read) return read;
    world.apply(read);
    return {
      kinds: () => fixedKinds(read),
      caughtUp: async () => undefined,
      review: judge(() => fresh),
      sight: { ...world.sight(), client: null, ready: () => true, freshness: () => fresh },
      stop: () => undefined,
    };
  }
  const client = await connect(config);
  if ('problem' in client) return client;
  const live = startLiveView({
    client,
    sink: world,
    clock: systemClock,
    log: {
      info: (message, fields) => log.info(fields ?? {}, message),
      warn: (message, fields) => log.warn(fields ?? {}, message),
    },
  });
  const stop = (): void => {
    live
      .stop()
      .catch((error: unknown) => log.warn({ error: String(error) }, 'the watches did not end cleanly'));
  };
  const caughtUp = (namespace: string) => world.caughtUp(namespace);
  const freshness = (): Freshness => live.freshness();
  const sight = { ...world.sight(), client, ready: () => live.ready(), freshness };
  return { kinds: () => liveKinds(live), caughtUp, review: judge(freshness), sight, stop };
}

/** How long a request waits for its namespace to be seen. */
const namespaceWaitMs = 200;

const fresh: Freshness = { stale: [], absent: [] };

/** The world under the platform that the settings name; other settings make it anew from the same records. */
class CurrentWorld implements WorldSink {
  private readonly settings: () => Settings;
  private world: ClusterWorld;
  private readonly waiting = new Set<() => void>();
  private noticed: (events: readonly WorldEvent[]) => void = () => undefined;
  private version = 0;

  constructor(settings: () => Settings) {
    this.settings = settings;
    this.world = worldOf(profileOf(settings()));
  }

  current(): ClusterWorld {
    const wanted = profileOf(this.settings());
    if (JSON.stringify(wanted) !== JSON.stringify(this.world.profile))
      this.become(worldUnder(wanted, this.world));
    return this.world;
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
    for (const event of this.world.everything()) {
      next.apply([event]);
      yield;
    }
    for (const event of events) {
      this.noticed([event]);
      next.apply([event]);
      yield;
    }
    this.become(next);
  }
}

async function connect(config: ServeConfig): Promise<ApiClient | Problem> {
  try {
    return await createClient({ kubeconfig: config.kubeconfig ?? null, context: config.context ?? null });
  } catch (error) {
    if (error instanceof ClusterError) return { problem: error.message };
    throw error;
  }
}

function fixedKinds(events: readonly WorldEvent[]): WatchedKind[] {
  return [
    { kind: 'manifests', synced: true, note: '', objects: events.length, degraded: false, ageSeconds: 0 },
  ];
}

/** Reads files and directories of manifests. Documents that cannot be read are told and left out. */
export function readSnapshot(
  paths: readonly string[],
  log: Pick<Log, 'warn'>,
): readonly WorldEvent[] | Problem {
  try {
    const texts = paths.flatMap(manifestFiles).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
    if (texts.length === 0)
      return { problem: `There is no YAML or JSON file in ${paths.join(', ')}. Correct --snapshot.` };
    const { events, problems } = readManifests(texts);
    for (const { file, line, message } of problems) log.warn({ file, line }, `not read: ${message}`);
    return events;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `The manifests cannot be read: ${reason}. Correct --snapshot.` };
  }
}
