import { Server } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Review, ReviewLimits, ReviewRequest } from '../model/review.ts';
import { buildApp } from './app.ts';
import type { Bounds } from './budget.ts';
import type { ClientAuth } from './client-name.ts';
import type { Clock } from './clock.ts';
import type { Log } from './decision-log.ts';
import { type Drain, type DrainTimes, makeDrain } from './drain.ts';
import { makeHealthServer } from './health.ts';
import { secureContext, type Timeouts, type TlsListener } from './listener.ts';
import { boundAddress, closeServer, listen } from './listening.ts';
import type { Metrics } from './metrics.ts';
import { checksOf, isReady } from './readiness.ts';
import { type Address, watchSelfDial } from './self-dial.ts';
import type { ServingData } from './serving-data.ts';
import { isProblem, loadPair, type PairFiles, type TlsProblem, watchPair } from './tls.ts';
import { watchVitals } from './vitals.ts';

export interface WebhookPlan {
  readonly listen: Address;
  readonly healthListen: Address;
  readonly path: string;
  readonly files: PairFiles;
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

/** Takes new certificates from disk, and keeps looking which one callers see. */
function keepCurrent(plan: WebhookPlan, app: FastifyInstance, tls: TlsListener, ownPorts: Set<number>) {
  const { clock, log, metrics } = plan;
  const dial = watchSelfDial(
    () => boundAddress(app.server),
    () => pairs.current(),
    ownPorts,
    clock,
  );
  const pairs = watchPair(plan.files, tls.pair, {
    ...{ clock, log, metrics },
    use: (pair) => {
      // The server is one over TLS; its declared type covers plain ones too.
      if (app.server instanceof Server) app.server.setSecureContext(secureContext({ ...tls, pair }));
      dial.lookSoon();
    },
  });
  return { pairs, dial };
}

/**
 * Loads the certificate, opens both ports and keeps everything current until it is drained or stopped.
 *
 * @returns the running webhook, or one or two sentences why it could not start.
 */
export async function startWebhook(plan: WebhookPlan): Promise<RunningWebhook | TlsProblem> {
  const { clock, log, metrics, data } = plan;
  const first = loadPair(plan.files, clock.wall());
  if (isProblem(first)) return first;
  const ownPorts = new Set<number>();
  const tls = { pair: first, minVersion: plan.minVersion, clientAuth: plan.clientAuth, ownPorts };
  let drain: Drain | null = null;
  const draining = () => drain?.draining() ?? false;
  const dataReady = () => data.kinds().length > 0 && data.kinds().every((kind) => kind.synced);
  const vitals = watchVitals(clock, metrics);
  metrics.watchData(data);

  const app = buildApp({
    ...{
      path: plan.path,
      review: plan.review,
      caughtUp: plan.data.caughtUp,
      dataReady,
      memoryFull: vitals.memoryFull,
      bounds: plan.bounds,
      draining,
      metrics,
      log,
      clock,
    },
    onRequest: () => drain?.onRequest(),
    onReview: vitals.lastCall.seen,
    tls,
    ...(plan.timeouts === undefined ? {} : { timeouts: plan.timeouts }),
  });
  await app.ready();
  const { pairs, dial } = keepCurrent(plan, app, tls, ownPorts);
  const checks = () =>
    checksOf({
      ...{ data, draining, settingsProblem: plan.settingsProblem },
      certificateProblem: pairs.problem,
      selfDialProblem: dial.problem,
      callsNote: vitals.lastCall.note,
    });
  const health = makeHealthServer({ checks, deadly: vitals.deadly, metrics, log });

  async function stop(): Promise<void> {
    pairs.stop();
    dial.stop();
    vitals.stop();
    metrics.close();
    await app.close();
    await closeServer(health);
  }

  const problem =
    (await listen(health, plan.healthListen, '--health-listen')) ??
    (await listen(app.server, plan.listen, '--listen'));
  if (problem !== null) {
    await stop();
    return problem;
  }
  drain = makeDrain({ ...{ clock, log, exit: plan.exit }, times: plan.drain, close: stop });
  await dial.look();
  log.info({ address: boundAddress(app.server), health: boundAddress(health) }, 'listening');
  return {
    address: boundAddress(app.server),
    health: boundAddress(health),
    ready: () => isReady(checks()),
    signal: () => drain?.signal(),
    stop,
  };
}
