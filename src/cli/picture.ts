import { readFileSync } from 'node:fs';
import type { ApiClient } from '../cluster/api-client.ts';
import { createClient } from '../cluster/client.ts';
import { systemClock } from '../cluster/clock.ts';
import { ClusterError } from '../cluster/http-client.ts';
import { type LiveView, startLiveView } from '../cluster/live.ts';
import { readManifests } from '../cluster/manifests.ts';
import { askPlatform } from '../cluster/platform-config.ts';
import type { ServeConfig } from '../config.ts';
import type { Detected } from '../model/detected.ts';
import type { WorldEvent } from '../model/objects.ts';
import type { Freshness, Review, ReviewLimits, ReviewRequest } from '../model/review.ts';
import { review } from '../review/review.ts';
import type { Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import type { Log } from '../webhook/decision-log.ts';
import { CurrentWorld } from './current-world.ts';
import { detectedAt, detectedIn } from './detected.ts';
import { liveKinds } from './live-kinds.ts';
import { eventsOf, readFreshSnapshot } from './open-snapshot.ts';
import { fixedPlatform, watchPlatform } from './platform-watch.ts';
import { manifestFiles } from './read-inputs.ts';
import type { Picture } from './serve.ts';
import { servedCluster } from './served-cluster.ts';
import { isSnapshotFile } from './snapshot-file.ts';

type Problem = { readonly problem: string };

/** Opens the picture that the webhook judges by: the live cluster, or the manifests of `--snapshot`. */
export async function openPicture(
  config: ServeConfig,
  settings: () => Settings,
  log: Log,
): Promise<Picture | Problem> {
  const judgeOver =
    (world: CurrentWorld, freshness: () => Freshness) =>
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
    return 'problem' in read ? read : fixedPicture(read, settings, judgeOver);
  }
  const client = await connect(config);
  if ('problem' in client) return client;
  const world: CurrentWorld = new CurrentWorld(
    settings,
    (coming) => platform.detected(coming),
    () => live.rebuild(),
  );
  const platform = watchPlatform({
    ask: () => askPlatform(client),
    world: () => world.asKnown(),
    ready: () => live.ready(),
    absent: () => live.freshness().absent,
    settings,
    log,
  });
  const live: LiveView = startLiveView({
    client,
    sink: world,
    clock: systemClock,
    log: {
      info: (message, fields) => log.info(fields ?? {}, message),
      warn: (message, fields) => log.warn(fields ?? {}, message),
    },
    before: platform.asked,
  });
  const stop = (): void => {
    live
      .stop()
      .catch((error: unknown) => log.warn({ error: String(error) }, 'the watches did not end cleanly'));
  };
  const caughtUp = (namespace: string) => world.caughtUp(namespace);
  const freshness = (): Freshness => live.freshness();
  const sight = { ...world.sight(), client, ready: () => live.ready(), freshness };
  const checks = () => [platform.check()];
  return { kinds: () => liveKinds(live), checks, caughtUp, review: judgeOver(world, freshness), sight, stop };
}

/** A picture that does not change: manifests or a snapshot. */
function fixedPicture(
  { events, what, detected, freshness }: FixedCluster,
  settings: () => Settings,
  judgeOver: (world: CurrentWorld, freshness: () => Freshness) => Picture['review'],
): Picture {
  const platform = fixedPlatform(detected, settings);
  const world = new CurrentWorld(settings, platform.detected);
  world.take(events);
  return {
    kinds: () => [
      { kind: what, synced: true, note: '', objects: events.length, degraded: false, ageSeconds: 0 },
    ],
    checks: () => [platform.check()],
    caughtUp: async () => undefined,
    review: judgeOver(world, () => freshness),
    sight: { ...world.sight(), client: null, ready: () => true, freshness: () => freshness },
    stop: () => undefined,
  };
}

const fresh: Freshness = { stale: [], absent: [] };

async function connect(config: ServeConfig): Promise<ApiClient | Problem> {
  try {
    return await createClient(servedCluster(config));
  } catch (error) {
    if (error instanceof ClusterError) return { problem: error.message };
    throw error;
  }
}

/** The cluster that `--snapshot` names. */
interface FixedCluster {
  readonly events: readonly WorldEvent[];
  readonly what: 'manifests' | 'snapshot';
  readonly detected: Detected;
  readonly freshness: Freshness;
}

/** Reads a snapshot, or files and directories of manifests; documents that cannot be read are told and left out. */
export function readSnapshot(paths: readonly string[], log: Pick<Log, 'warn'>): FixedCluster | Problem {
  const [only = ''] = paths;
  if (paths.length === 1 && isSnapshotFile(only)) {
    const saved = readFreshSnapshot(only, null, (line) => log.warn(line));
    if ('problem' in saved) return saved;
    const freshness = { stale: [], absent: saved.absent };
    return { events: eventsOf(saved), what: 'snapshot', detected: detectedAt(saved), freshness };
  }
  try {
    const texts = paths.flatMap(manifestFiles).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
    if (texts.length === 0)
      return { problem: `There is no YAML or JSON file in ${paths.join(', ')}. Correct --snapshot.` };
    const { events, problems, config } = readManifests(texts);
    for (const { file, line, message } of problems) log.warn({ file, line }, `not read: ${message}`);
    return { events, what: 'manifests', detected: detectedIn(events, config), freshness: fresh };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `The manifests cannot be read: ${reason}. Correct --snapshot.` };
  }
}
