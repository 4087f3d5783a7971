import type { ApiObjects } from '../cluster/api-objects.ts';
import type { ServeConfig } from '../config.ts';
import type { Review, ReviewLimits, ReviewRequest } from '../model/review.ts';
import type { ClientAuth } from '../webhook/client-name.ts';
import { type Clock, systemClock } from '../webhook/clock.ts';
import { describeThrown, type Log, makeLog } from '../webhook/decision-log.ts';
import { type Metrics, makeMetrics } from '../webhook/metrics.ts';
import type { Check } from '../webhook/readiness.ts';
import type { ServingData } from '../webhook/serving-data.ts';
import { type Decoded, loadSettings, type SettingsWatch, watchSettings } from '../webhook/settings-file.ts';
import { type RunningWebhook, startWebhook, type WebhookPlan } from '../webhook/start.ts';
import { isProblem, loadPair, readNamed } from '../webhook/tls.ts';
import { type Duties, hasDuties, pairFilesOf, startDuties } from './serve-certificates.ts';
import type { RunningScan, ScanOptions } from './serve-scan.ts';
import type { Sight } from './sight.ts';

/** A picture of the cluster, live or from manifests, with the judgement over it. */
export interface Picture extends ServingData {
  readonly review: (request: ReviewRequest, limits: ReviewLimits) => Review;
  /** What is to be said of it on the verbose readiness page. */
  readonly checks?: () => readonly Check[];
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
  /** Asked only where the options turn on the scan or Events. */
  readonly startScan?: (options: ScanOptions<Settings>) => RunningScan;
  /** Asked only where the options give this process duties in the cluster. */
  readonly openObjects: (config: ServeConfig) => Promise<ApiObjects | { readonly problem: string }>;
  /** One line for the person who started it. */
  readonly printError: (line: string) => void;
  /** Called with a function to run on SIGTERM and SIGINT. */
  readonly onSignal: (run: () => void) => void;
  /** Called with a function to run for each rejected promise that nobody awaits; without it Node ends the process. */
  readonly onStray?: (run: (thrown: unknown) => void) => void;
  readonly exit: (code: number) => void;
}

/** Could not start. */
const EXIT_NOT_STARTED = 3;
const LEAVE_MS = 3_000;

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

interface Base {
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

function openSettings<Settings>(
  config: ServeConfig,
  rooms: ServeRooms<Settings>,
  base: Base,
): SettingsWatch<Settings> | { readonly problem: string } {
  if (config.settings === undefined) return fixedSettings(rooms.defaultSettings);
  const first = loadSettings(config.settings, rooms.decodeSettings);
  if ('settings' in first)
    return watchSettings(config.settings, first.settings, { decode: rooms.decodeSettings, ...base });
  return first;
}

const seconds = 1000;

function limitsOf(config: ServeConfig): Pick<WebhookPlan, 'minVersion' | 'bounds' | 'drain'> {
  return {
    minVersion: config.tlsMinVersion === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    bounds: { stepsMax: config.stepsMax, deadlineMs: config.deadlineMs },
    drain: {
      minMs: config.drainMinSeconds * seconds,
      maxMs: config.drainMaxSeconds * seconds,
      quietMs: Math.min(2, config.drainMaxSeconds) * seconds,
      finishMs: 10 * seconds,
    },
  };
}

function dutiesPlan(duties: Duties): Pick<WebhookPlan, 'fetchPair' | 'shown' | 'checks'> {
  const { fetchPair, shown, checks } = duties;
  return { shown, checks, ...(fetchPair === null ? {} : { fetchPair }) };
}

const noScan: RunningScan = {
  answered: (_, review) => review,
  configurationGone: () => undefined,
  checks: () => [],
  stop: async () => undefined,
};

/** The scan and the Events of rejections, as far as they are turned on. */
function openScan<Settings>(
  config: ServeConfig,
  rooms: ServeRooms<Settings>,
  given: {
    readonly picture: Picture;
    readonly settings: () => Settings;
    readonly duties: Duties;
    readonly base: Base;
  },
): RunningScan {
  const { picture, settings, duties, base } = given;
  const { sight } = picture;
  const isOff = config.scan === 'off' && config.events === 'off';
  if (isOff || sight === undefined || rooms.startScan === undefined) return noScan;
  const { leadership } = duties;
  return rooms.startScan({ config, sight, settings, leadership, log: base.log, metrics: base.metrics });
}

/** What is known to be wrong without asking the cluster. */
function ownProblem(config: ServeConfig, clock: Clock): { readonly problem: string } | null {
  // Where it is made by netsluice itself, the certificate may still have to be made.
  if (config.certSecret !== undefined) return null;
  const pair = loadPair(pairFilesOf(config), clock.wall());
  return isProblem(pair) ? pair : null;
}

/**
 * Serves until a signal ends it.
 *
 * @returns the running webhook, or the exit code: 0 when a signal came before there was a certificate, else the one
 * for a start that failed, and the reason has been printed then.
 */
export async function serve<Settings>(
  config: ServeConfig,
  rooms: ServeRooms<Settings>,
): Promise<RunningWebhook | number> {
  const base: Base = {
    log: makeLog(config.logLevel),
    clock: systemClock(),
    metrics: makeMetrics(rooms.version),
  };
  const toStop: (() => void | Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    await Promise.all(toStop.splice(0).map((stop) => stop()));
  };
  const fail = async ({ problem }: { readonly problem: string }): Promise<number> => {
    await stopAll();
    rooms.printError(problem);
    return EXIT_NOT_STARTED;
  };

  const clientAuth = clientAuthOf(config);
  if (clientAuth !== null && 'problem' in clientAuth) return fail(clientAuth);
  const wrong = ownProblem(config, base.clock);
  if (wrong !== null) return fail(wrong);
  const settings = openSettings(config, rooms, base);
  if (!('current' in settings)) return fail(settings);
  toStop.push(settings.stop);
  const picture = await rooms.openPicture(config, settings.current, base.log);
  if ('problem' in picture) return fail(picture);
  toStop.push(picture.stop);
  const objects = hasDuties(config) ? await rooms.openObjects(config) : null;
  if (objects !== null && 'problem' in objects) return fail(objects);
  const duties = startDuties(config, objects, base);
  toStop.push(duties.stop);
  const scan = openScan(config, rooms, { picture, settings: settings.current, duties, base });
  toStop.push(scan.stop);
  duties.onConfigurationGone(scan.configurationGone);

  rooms.onStray?.((thrown) => {
    base.metrics.strayError();
    base.log.error({ cause: describeThrown(thrown) }, 'a rejected promise that nobody awaits; this is a bug');
  });
  const early = new AbortController();
  const at: { webhook: RunningWebhook | null } = { webhook: null };
  rooms.onSignal(() => {
    if (at.webhook !== null) at.webhook.signal();
    else if (early.signal.aborted) rooms.exit(1);
    else early.abort();
  });
  const started = await startWebhook({
    ...{ listen: config.listen, healthListen: config.healthListen, path: config.path },
    ...{ files: pairFilesOf(config), clientAuth, giveUp: early.signal },
    ...limitsOf(config),
    ...dutiesPlan(duties),
    ...{ data: picture, settingsProblem: settings.problem },
    review: (request, limits) => scan.answered(request, picture.review(request, limits)),
    checks: () => [...(picture.checks?.() ?? []), ...duties.checks(), ...scan.checks()],
    ...base,
    exit: (code) => leave(code, stopAll, rooms.exit, base),
  });
  if ('problem' in started) {
    if (!early.signal.aborted) return fail(started);
    await stopAll();
    return 0;
  }
  at.webhook = started;
  if (early.signal.aborted) started.signal();
  return started;
}

/** Gives back what is held, which must not take long; whoever is in a hurry does not wait for it at all. */
function leave(
  code: number,
  stopAll: () => Promise<void>,
  exit: (code: number) => void,
  { clock, log }: Base,
): void {
  if (code !== 0) {
    exit(code);
    return;
  }
  let cancel: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(LEAVE_MS, resolve);
  });
  Promise.race([stopAll(), late])
    .catch((thrown: unknown) => log.warn({ cause: String(thrown) }, 'not everything was given back'))
    .finally(() => {
      cancel();
      exit(code);
    });
}
