import type { AskedConfig } from '../cluster/platform-config.ts';
import type { Detected } from '../model/detected.ts';
import { signsIn } from '../platform/detect.ts';
import type { Settings } from '../review/settings.ts';
import type { Log } from '../webhook/decision-log.ts';
import type { Check } from '../webhook/readiness.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { detectedLive } from './detected.ts';

/** Which network plugin the picture is judged under. */
export interface PlatformWatch {
  /** What is known by now; null before the first look. */
  readonly detected: () => Detected | null;
  /** One line for the verbose readiness page: the profile and why. */
  readonly check: () => Check;
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
 * Looks once everything is listed, and again when the settings were read anew: a network plugin is not replaced while
 * the cluster runs unless somebody is at it. Where the settings name a profile the answer is not used, only told.
 */
export function watchPlatform({ ask, world, ready, absent, settings, log }: LivePlatform): PlatformWatch {
  let seen: Settings | null = null;
  let config: AskedConfig | null = null;
  let stale = false;
  let found: Detected | null = null;

  const look = (): void => {
    if (!ready()) return;
    // Not before: an API server that does not answer yet would leave questions open for good.
    if (settings() !== seen) {
      seen = settings();
      ask()
        .then((answer) => {
          config = answer;
          stale = true;
          for (const line of answer.unanswered)
            log.info({ line }, 'the platform was not told; what is not known counts as the profile says');
        })
        .catch((error: unknown) => log.warn({ error: String(error) }, 'the platform could not be asked'));
    }
    if (!stale || config === null) return;
    stale = false;
    const next = detectedLive(signsIn(world()), config, absent());
    if (JSON.stringify(next) === JSON.stringify(found)) return;
    found = next;
    const { profile, because, answers } = next;
    log.info({ profile, because, answers, used: isDetected(settings()) }, 'network plugin detected');
  };
  const detected = (): Detected | null => {
    look();
    return found;
  };
  return { detected, check: () => checkOf(settings(), detected()) };
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
