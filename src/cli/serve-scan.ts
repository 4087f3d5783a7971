import { hostname } from 'node:os';
import { type ApiObjects, apiObjects } from '../cluster/api-objects.ts';
import { systemClock } from '../cluster/clock.ts';
import type { LiveLog } from '../cluster/freshness.ts';
import type { Leadership } from '../cluster/leadership.ts';
import type { ServeConfig } from '../config.ts';
import type { WorldEvent } from '../model/objects.ts';
import type { Review, ReviewRequest } from '../model/review.ts';
import type { Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import { EventWriter } from '../scan/event-writer.ts';
import { guardNote, isOwnCutOff } from '../scan/guard.ts';
import { labelledObjects } from '../scan/labelled-objects.ts';
import { configurationGoneEvent, makeOutlet, rejectionEvent } from '../scan/outlet.ts';
import { PacedWrites } from '../scan/paced-writes.ts';
import { ReportWriter } from '../scan/report-writer.ts';
import { Scan } from '../scan/scan.ts';
import { runScan } from '../scan/scan-loop.ts';
import type { Log } from '../webhook/decision-log.ts';
import type { Metrics } from '../webhook/metrics.ts';
import type { Check } from '../webhook/readiness.ts';
import { makeScanMetrics, type ScanMetrics } from '../webhook/scan-metrics.ts';
import type { Sight } from './sight.ts';

const writeTimeoutMs = 10_000;

export interface ScanOptions<Kept = Settings> {
  readonly config: ServeConfig;
  readonly sight: Sight;
  readonly settings: () => Kept;
  readonly leadership: Leadership;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What `serve` does beside answering: Events about rejections, and the background scan. */
export interface RunningScan {
  /** To be told of every answer; returns it. */
  readonly answered: (request: ReviewRequest, review: Review) => Review;
  /** To be told that the webhook configuration was deleted; only the leader writes that. */
  readonly configurationGone: () => void;
  readonly checks: () => readonly Check[];
  readonly stop: () => Promise<void>;
}

/** Starts the scan and the writers that the options ask for. */
export function startScan(options: ScanOptions): RunningScan {
  const { config, sight, metrics } = options;
  const log = liveLog(options.log);
  const counted = makeScanMetrics(metrics.registry);
  const writes = new PacedWrites(systemClock);
  const client = sight.client;
  const objects = client === null ? null : apiObjects(client, writeTimeoutMs);
  const events = config.events === 'on' ? eventWriter(config, objects, writes, counted, log) : null;
  const ending = new AbortController();
  const scan = config.scan === 'on' ? scanOf(options, { events, log }, writes, counted) : null;
  const running = scan === null ? ticking(events, ending.signal) : scan.run(ending.signal);
  return {
    answered: (request, review) => {
      const draft = events === null ? null : rejectionEvent(request, review);
      if (draft !== null) events?.tell(draft, () => true);
      return review;
    },
    configurationGone: () => {
      const { ownNamespace, webhookConfiguration } = config;
      if (ownNamespace === undefined || webhookConfiguration === undefined) return;
      const leading = (): boolean => options.leadership.leading();
      if (leading()) events?.tell(configurationGoneEvent(ownNamespace, webhookConfiguration), leading);
    },
    checks: () => scan?.checks() ?? [],
    stop: async () => {
      ending.abort();
      await Promise.all([running, writes.stop()]);
    },
  };
}

function eventWriter(
  { podName }: ServeConfig,
  objects: ApiObjects | null,
  writes: PacedWrites,
  metrics: ScanMetrics,
  log: LiveLog,
): EventWriter | null {
  if (objects === null) return null;
  const instance = podName ?? hostname();
  const wall = (): Date => new Date();
  return new EventWriter({
    objects,
    writes,
    clock: systemClock,
    wall,
    instance,
    counted: metrics.event,
    log,
  });
}

/** Without a scan the Events of rejections that were held back are still to be written. */
async function ticking(events: EventWriter | null, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && events !== null) {
    await systemClock.sleep(1000, signal);
    events.tick();
  }
}

function scanOf(
  { config, sight, settings, leadership }: ScanOptions,
  { events, log }: { readonly events: EventWriter | null; readonly log: LiveLog },
  writes: PacedWrites,
  counted: ScanMetrics,
) {
  const leading = (): boolean => leadership.leading();
  const reports = config.reports === 'on' ? reportWriter() : null;
  const ownNamespace = config.ownNamespace ?? '';
  const scan = new Scan({
    source: { ...sight, settings, today, now: systemClock.now },
    rules,
    ownNamespace,
    outlet: makeOutlet({ events, reports, leading, settings, ownNamespace, log }),
  });
  function reportWriter(): ReportWriter | null {
    const { client } = sight;
    if (client === null) return null;
    return new ReportWriter({
      ...{ objects: apiObjects(client, writeTimeoutMs), listAll: labelledObjects(client, writeTimeoutMs) },
      ...{ writes, clock: systemClock, counted: counted.report, log },
      // What the leader before has written stays until everything was looked at.
      leading: () => leading() && scan.isComplete,
    });
  }
  sight.watch(safely((noticed) => scan.noticed(noticed), log));
  const own = { namespace: ownNamespace, service: config.service ?? null };
  const speaking = () => [...scan.findings.speaking(systemClock.now())];
  counted.watch({
    findings: () => speaking().map(({ finding, severity }) => ({ rule: finding.rule, severity })),
    cutOff: () => {
      const all = speaking().filter(({ finding }) => finding.number === 'R17');
      const ours = all.filter(({ finding }) => isOwnCutOff(finding, own)).length;
      return { own: ours, others: all.length - ours };
    },
    contracts: () => scan.contracts.states().map(({ contract, state }) => ({ name: contract.name, state })),
    lastLook: () => {
      const age = systemClock.now() - scan.lastLook;
      return Number.isFinite(age) ? (Date.now() - age) / 1000 : null;
    },
    waiting: () => scan.waiting,
  });
  const tick = (): void => {
    events?.tick();
    reports?.tick();
  };
  return {
    run: (signal: AbortSignal) => runScan({ scan, leading, tick, clock: systemClock, log }, signal),
    checks: (): readonly Check[] => {
      const note = guardNote(speaking(), own);
      return note === null ? [] : [{ name: 'own-webhook', state: 'degraded', note }];
    },
  };
}

/** Nothing that the scan does may keep an event from the picture. */
function safely(
  noticed: (events: readonly WorldEvent[]) => void,
  log: LiveLog,
): (events: readonly WorldEvent[]) => void {
  return (events) => {
    try {
      noticed(events);
    } catch (error) {
      log.warn('the scan did not notice an event', { cause: String(error) });
    }
  };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function liveLog(log: Log): LiveLog {
  return {
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
  };
}
