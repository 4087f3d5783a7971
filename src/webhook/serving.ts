import { Server } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import type { Drain } from './drain.ts';
import type { FirstPair } from './first-pair.ts';
import { secureContext, type TlsListener } from './listener.ts';
import { boundAddress } from './listening.ts';
import { watchSelfDial } from './self-dial.ts';
import type { WebhookPlan } from './start.ts';
import { watchPair } from './tls.ts';
import type { Vitals } from './vitals.ts';

/** The app over TLS and what keeps its certificate current. Not listening yet. */
export interface Serving {
  readonly app: FastifyInstance;
  readonly certificateProblem: () => string | null;
  readonly selfDialProblem: () => string | null;
  /** Looks which certificate callers see. */
  readonly dial: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Takes new certificates from disk, and keeps looking which one callers see. */
function keepCurrent(
  plan: WebhookPlan,
  app: FastifyInstance,
  tls: TlsListener & { readonly ownPorts: Set<number> },
  from: FirstPair['from'],
) {
  const { clock, log, metrics } = plan;
  const dial = watchSelfDial(
    () => boundAddress(app.server),
    () => pairs.current(),
    tls.ownPorts,
    clock,
  );
  const pairs = watchPair(plan.files, tls.pair, {
    ...{ clock, log, metrics, from },
    use: (pair) => {
      // The server is one over TLS; its declared type covers plain ones too.
      if (app.server instanceof Server) app.server.setSecureContext(secureContext({ ...tls, pair }));
      plan.shown?.(pair);
      dial.lookSoon();
    },
  });
  plan.shown?.(tls.pair);
  return { pairs, dial };
}

/** Builds what serves reviews under the first certificate. */
export async function prepareServing(
  plan: WebhookPlan,
  first: FirstPair,
  vitals: Vitals,
  drain: () => Drain | null,
): Promise<Serving> {
  const { clock, log, metrics, data } = plan;
  const { minVersion, clientAuth } = plan;
  const ownPorts = new Set<number>();
  const tls: TlsListener = { pair: first.pair, minVersion, clientAuth, ownPorts };
  const app = buildApp({
    ...{
      path: plan.path,
      review: plan.review,
      caughtUp: data.caughtUp,
      dataReady: () => data.kinds().length > 0 && data.kinds().every((kind) => kind.synced),
      memoryFull: vitals.memoryFull,
      bounds: plan.bounds,
      draining: () => drain()?.draining() ?? false,
      metrics,
      log,
      clock,
    },
    onRequest: () => drain()?.onRequest(),
    onAnswered: () => drain()?.onAnswered(),
    onReview: vitals.lastCall.seen,
    tls,
    ...(plan.timeouts === undefined ? {} : { timeouts: plan.timeouts }),
  });
  await app.ready();
  const { pairs, dial } = keepCurrent(plan, app, { ...tls, ownPorts }, first.from);
  return {
    app,
    certificateProblem: pairs.problem,
    selfDialProblem: dial.problem,
    dial: dial.look,
    close: () => {
      pairs.stop();
      dial.stop();
      return app.close();
    },
  };
}
