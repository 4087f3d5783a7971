import type { AskedConfig } from '../cluster/platform-config.ts';
import type { Detected } from '../model/detected.ts';
import type { ClusterObject, WorldEvent } from '../model/objects.ts';
import { signsIn } from '../platform/detect.ts';
import type { Settings } from '../review/settings.ts';
import type { Log } from '../webhook/decision-log.ts';
import type { Check } from '../webhook/readiness.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { detectedLive, objectsIn } from './detected.ts';

/** Which network plugin the picture is judged under. */
export interface PlatformWatch {
  /** What is known by now; null before the first look. Before everything is listed it may look at what is coming. */
  readonly detected: (coming?: readonly WorldEvent[]) => Detected | null;
  /** One line for the verbose readiness page: the profile and why. */
  readonly check: () => Check;
}

export interface LivePlatformWatch extends PlatformWatch {
  /** Resolves when the API server was asked for the first time. */
  readonly asked: Promise<void>;
}

interface LivePlatform {
  readonly ask: () => Promise<AskedConfig>;
  /** The world as far as it is known. */
  readonly world: () => ClusterWorld;
  /** Is it the whole cluster by now? */
  readonly ready: () => boolean;
  readonly absent: () => readonly string[];
  readonly settings: () => Settings;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/**
 * Asks at once, so that the first world is built for the right plugin; again when everything is listed if something was
 * not answered, because an API server that does not answer yet would leave questions open for good; and when the
 * settings were read anew: a network plugin is not replaced while the cluster runs unless somebody is at it. Where the
 * settings name a profile the answer is not used, only told.
 */
export function watchPlatform({ ask, world, ready, absent, settings, log }: LivePlatform): LivePlatformWatch {
  let seen: Settings | null = null;
  let config: AskedConfig | null = null;
  let stale = false;
  let found: Detected | null = null;

  const learn = async (): Promise<void> => {
    try {
      config = await ask();
      stale = true;
    } catch (error) {
      log.warn({ error: String(error) }, 'the platform could not be asked');
    }
  };
  const early = async (): Promise<void> => {
    seen = settings();
    await learn();
    if (config?.unanswered.length !== 0) seen = null;
  };
  const tell = (): void => {
    for (const line of config?.unanswered ?? [])
      log.info({ line }, 'the platform was not told; what is not known counts as the profile says');
  };
  const judge = (objects: Iterable<ClusterObject>): void => {
    if (config === null) return;
    const next = detectedLive(objects, config, absent());
    if (JSON.stringify(next) === JSON.stringify(found)) return;
    found = next;
    const { profile, because, answers } = next;
    log.info({ profile, because, answers, used: isDetected(settings()) }, 'network plugin detected');
  };
  const look = (): void => {
    if (settings() !== seen) {
      seen = settings();
      learn().then(tell, tell);
    }
    if (!stale) return;
    stale = false;
    judge(signsIn(world()));
  };
  const detected = (coming: readonly WorldEvent[] = []): Detected | null => {
    if (ready()) look();
    else if (coming.length > 0) judge(objectsIn(coming));
    return found;
  };
  // What was found in what is coming is in force when it has come.
  const check = (): Check => checkOf(settings(), ready() ? detected() : null);
  return { detected, check, asked: early() };
}

/** Manifests and snapshots do not change. */
export function fixedPlatform(found: Detected, settings: () => Settings): PlatformWatch {
  return { detected: () => found, check: () => checkOf(settings(), found) };
}

function isDetected({ platform }: Settings): boolean {
  return platform.profile === 'detect';
}

function checkOf(settings: Settings, found: Detected | null): Check {
  const seen = found === null ? 'not looked at yet' : `${found.profile}: ${found.because}`;
  if (!isDetected(settings)) {
    const { profile } = settings.platform;
    return { name: 'platform', state: 'ok', note: `${profile}, as the settings say; detected ${seen}` };
  }
  return { name: 'platform', state: found === null ? 'failed' : 'ok', note: seen };
}
