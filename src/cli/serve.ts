import type { ServeConfig } from '../config.ts';
import type { Review, ReviewLimits, ReviewRequest } from '../model/review.ts';
import type { ClientAuth } from '../webhook/client-name.ts';
import { systemClock } from '../webhook/clock.ts';
import { type Log, makeLog } from '../webhook/decision-log.ts';
import { makeMetrics } from '../webhook/metrics.ts';
import type { ServingData } from '../webhook/serving-data.ts';
import { type Decoded, loadSettings, type SettingsWatch, watchSettings } from '../webhook/settings-file.ts';
import { type RunningWebhook, startWebhook } from '../webhook/start.ts';
import { isProblem, loadPair, readNamed } from '../webhook/tls.ts';
import type { Sight } from './sight.ts';

/** A picture of the cluster, live or from manifests, with the judgement over it. */
export interface Picture extends ServingData {
  readonly review: (request: ReviewRequest, limits: ReviewLimits) => Review;
  /** What the scan sees of it; absent where nothing can be scanned. */
  readonly sight?: Sight;
  readonly stop: () => void;
}

/** What `serve` needs of the other rooms; main.ts puts the real ones in, tests put stubs. */
export interface ServeRooms<Settings> {
  readonly version: string;
  readonly defaultSettings: Settings;
  readonly decodeSettings: (text: string) => Decoded<Settings>;
  /** Resolves as soon as it can answer `kinds()`; lists may still be running. `settings` is asked for each review. */
  readonly openPicture: (
    config: ServeConfig,
    settings: () => Settings,
    log: Log,
  ) => Promise<Picture | { readonly problem: string }>;
  /** One line for the person who started it. */
  readonly printError: (line: string) => void;
  /** Called with a function to run on SIGTERM and SIGINT. */
  readonly onSignal: (run: () => void) => void;
  readonly exit: (code: number) => void;
}

/** Could not start. */
const EXIT_NOT_STARTED = 3;

function clientAuthOf(config: ServeConfig): ClientAuth | null | { readonly problem: string } {
  if (config.clientCa === undefined) return null;
  const ca = readNamed(config.clientCa, 'client authority', '--client-ca');
  if (isProblem(ca)) return ca;
  if (ca.includes('-----BEGIN CERTIFICATE-----')) return { ca, names: config.clientName };
  return {
    problem: `The client authority ${config.clientCa} holds no PEM certificate. Correct --client-ca.`,
  };
}

/** Without a file the defaults are in force for good. */
function fixedSettings<Settings>(settings: Settings): SettingsWatch<Settings> {
  return { current: () => settings, problem: () => null, stop: () => undefined };
}

/**
 * Serves until a signal ends it.
 *
 * @returns the running webhook, or the exit code when it could not start; the reason has been printed then.
 */
export async function serve<Settings>(
  config: ServeConfig,
  rooms: ServeRooms<Settings>,
): Promise<RunningWebhook | number> {
  const fail = (problem: string): number => {
    rooms.printError(problem);
    return EXIT_NOT_STARTED;
  };
  const log = makeLog(config.logLevel);
  const clock = systemClock();
  const metrics = makeMetrics(rooms.version);

  const clientAuth = clientAuthOf(config);
  if (clientAuth !== null && 'problem' in clientAuth) return fail(clientAuth.problem);
  const files = { certPath: config.cert, keyPath: config.key };
  const pair = loadPair(files, clock.wall());
  if (isProblem(pair)) return fail(pair.problem);
  let settings = fixedSettings(rooms.defaultSettings);
  if (config.settings !== undefined) {
    const first = loadSettings(config.settings, rooms.decodeSettings);
    if ('problem' in first) return fail(first.problem);
    const decode = rooms.decodeSettings;
    settings = watchSettings(config.settings, first.settings, { decode, clock, log, metrics });
  }
  const picture = await rooms.openPicture(config, settings.current, log);
  if ('problem' in picture) {
    settings.stop();
    return fail(picture.problem);
  }
  const stopAll = () => {
    settings.stop();
    picture.stop();
  };

  const seconds = 1000;
  const started = await startWebhook({
    ...{ listen: config.listen, healthListen: config.healthListen, path: config.path },
    files,
    minVersion: config.tlsMinVersion === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    clientAuth,
    bounds: { stepsMax: config.stepsMax, deadlineMs: config.deadlineMs },
    drain: {
      minMs: config.drainMinSeconds * seconds,
      maxMs: config.drainMaxSeconds * seconds,
      quietMs: Math.min(2, config.drainMaxSeconds) * seconds,
      finishMs: 10 * seconds,
    },
    ...{ data: picture, review: picture.review, settingsProblem: settings.problem },
    ...{ metrics, log, clock },
    exit: (code) => {
      stopAll();
      rooms.exit(code);
    },
  });
  if ('problem' in started) {
    stopAll();
    return fail(started.problem);
  }
  rooms.onSignal(started.signal);
  return started;
}
