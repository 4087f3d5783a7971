import type { Review, ReviewLimits, ReviewRequest } from '../model/review.ts';
import type { Bounds } from './budget.ts';
import type { ClientAuth } from './client-name.ts';
import type { Clock } from './clock.ts';
import type { Log } from './decision-log.ts';
import { type Drain, type DrainTimes, makeDrain } from './drain.ts';
import { awaitPair, type FetchPair, type FirstPair } from './first-pair.ts';
import { makeHealthServer } from './health.ts';
import type { Timeouts } from './listener.ts';
import { boundAddress, closeServer, listen } from './listening.ts';
import type { Metrics } from './metrics.ts';
import { type Check, checksOf, isReady } from './readiness.ts';
import type { Address } from './self-dial.ts';
import { prepareServing, type Serving } from './serving.ts';
import type { ServingData } from './serving-data.ts';
import { isProblem, type KeyPair, loadPair, type PairFiles, type TlsProblem } from './tls.ts';
import { watchVitals } from './vitals.ts';

export interface WebhookPlan {
  readonly listen: Address;
  readonly healthListen: Address;
  readonly path: string;
  readonly files: PairFiles;
  /** Where a pair is to be had while the files hold none; without it such files are a reason not to start. */
  readonly fetchPair?: FetchPair;
  /** Ends the wait for a pair. */
  readonly giveUp?: AbortSignal;
  /** Told which pair callers are shown, at the start and at each change. */
  readonly shown?: (pair: KeyPair) => void;
  /** More lines for readiness. */
  readonly checks?: () => readonly Check[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly clientAuth: ClientAuth | null;
  readonly bounds: Bounds;
  readonly drain: DrainTimes;
  readonly timeouts?: Timeouts;
  readonly data: ServingData;
  readonly review: (request: ReviewRequest, limits: ReviewLimits) => Review;
  readonly settingsProblem: () => string | null;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  /** Ends the process after a drain. */
  readonly exit: (code: number) => void;
}

export interface RunningWebhook {
  readonly address: Address;
  readonly health: Address;
  /** Same as `/readyz`. */
  readonly ready: () => boolean;
  /** SIGTERM and SIGINT go here. */
  readonly signal: () => void;
  /** Stops at once, without a drain. */
  readonly stop: () => Promise<void>;
}

/** The pair of the files; where they hold none, the one that is fetched, as soon as there is one. */
async function firstPair(
  plan: WebhookPlan,
  loaded: KeyPair | TlsProblem,
  waitingFor: (what: string) => void,
): Promise<FirstPair | TlsProblem> {
  if (!isProblem(loaded)) return { pair: loaded, from: 'files' };
  const { files, fetchPair: fetch, clock, log } = plan;
  if (fetch === undefined) return loaded;
  const giveUp = plan.giveUp ?? new AbortController().signal;
  const found = await awaitPair({ files, fetch, clock, log, giveUp, waitingFor });
  return found ?? { problem: 'Ended before there was a certificate.' };
}

/**
 * Opens the health port, loads the certificate or waits for it, opens the port for reviews and keeps everything
 * current until it is drained or stopped.
 *
 * @returns the running webhook, or one or two sentences why it could not start.
 */
export async function startWebhook(plan: WebhookPlan): Promise<RunningWebhook | TlsProblem> {
  const { clock, log, metrics, data } = plan;
  const loaded = loadPair(plan.files, clock.wall());
  if (isProblem(loaded) && plan.fetchPair === undefined) return loaded;
  let drain: Drain | null = null;
  let serving: Serving | null = null;
  let waitingFor: string | null = isProblem(loaded) ? 'waiting for the certificate' : null;
  const vitals = watchVitals(clock, metrics);
  metrics.watchData(data);
  const checks = () =>
    checksOf({
      ...{ data, settingsProblem: plan.settingsProblem, callsNote: vitals.lastCall.note },
      draining: () => drain?.draining() ?? false,
      waitingFor: () => waitingFor,
      certificateProblem: () => serving?.certificateProblem() ?? null,
      selfDialProblem: () => (serving === null ? 'not tried yet' : serving.selfDialProblem()),
      more: () => plan.checks?.() ?? [],
    });
  const health = makeHealthServer({ checks, deadly: vitals.deadly, metrics, log });

  async function stop(): Promise<void> {
    vitals.stop();
    metrics.close();
    await serving?.close();
    await closeServer(health);
  }
  const failed = async (problem: TlsProblem): Promise<TlsProblem> => {
    await stop();
    return problem;
  };

  const noHealth = await listen(health, plan.healthListen, '--health-listen');
  if (noHealth !== null) return failed(noHealth);
  const first = await firstPair(plan, loaded, (what) => {
    waitingFor = what;
  });
  if ('problem' in first) return failed(first);
  waitingFor = null;
  const prepared = await prepareServing(plan, first, vitals, () => drain);
  serving = prepared;
  const { app, dial } = prepared;
  const noPort = await listen(app.server, plan.listen, '--listen');
  if (noPort !== null) return failed(noPort);
  drain = makeDrain({ ...{ clock, log, exit: plan.exit }, times: plan.drain, close: stop });
  await dial();
  log.info({ address: boundAddress(app.server), health: boundAddress(health) }, 'listening');
  return {
    address: boundAddress(app.server),
    health: boundAddress(health),
    ready: () => isReady(checks()),
    signal: () => drain?.signal(),
    stop,
  };
}
