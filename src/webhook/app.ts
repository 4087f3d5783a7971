import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Review, ReviewLimits, ReviewRequest } from '../model/review.ts';
import { answer, type FailureReason, type ReviewAnswer, readReview, safeAnswer } from './admission-review.ts';
import { type AdmittanceDeps, makeAdmittance } from './admittance.ts';
import { type NotReadable, readBody } from './body.ts';
import { type BodyBound, makeBodyBound } from './body-bound.ts';
import { answerBy, type Bounds, budgetFor, timeoutOf } from './budget.ts';
import { clientNameAccepted } from './client-name.ts';
import { boundConnections } from './connection-bound.ts';
import { describeThrown, type Log, logDecision, requestFields } from './decision-log.ts';
import { clientErrorHandler, refusalOf } from './http-errors.ts';
import {
  defaultTimeouts,
  listenerOptions,
  type Timeouts,
  type TlsListener,
  watchTlsErrors,
} from './listener.ts';
import { type LogBound, makeLogBound } from './log-bound.ts';
import type { Metrics } from './metrics.ts';

const BODY_LIMIT = 8 * 1024 * 1024;

export interface WebhookDeps extends AdmittanceDeps {
  /** Such as `/validate`; the same path with a slash at the end works too. */
  readonly path: string;
  /** Synchronous; what it throws becomes a safe answer. */
  readonly review: (request: ReviewRequest, limits: ReviewLimits) => Review;
  /** Is there anything to judge by yet? */
  readonly dataReady: () => boolean;
  readonly bounds: Bounds;
  /** From SIGTERM on every answer closes its connection. */
  readonly draining: () => boolean;
  /** Told about every request, so that the drain knows when it is quiet … */
  readonly onRequest: () => void;
  /** … and when it was answered, or its connection is gone. */
  readonly onAnswered: () => void;
  /** Told about every admission review that could be read. */
  readonly onReview: () => void;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Null serves plain HTTP, which only tests do. */
  readonly tls: TlsListener | null;
  readonly timeouts?: Timeouts;
}

function isNotReadable(value: ReviewRequest | NotReadable): value is NotReadable {
  return 'readable' in value;
}

function pathOf(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** What the head of a request alone shows to be wrong; null when the body may be read. */
function headProblem(request: FastifyRequest, deps: WebhookDeps): NotReadable | null {
  const no = (status: NotReadable['status'], why: NotReadable['why'], message: string): NotReadable => ({
    readable: false,
    status,
    why,
    message,
  });
  if (pathOf(request.url) !== pathOf(deps.path)) {
    return no(404, 'path', `Nothing is served here; post AdmissionReviews to ${deps.path}.`);
  }
  if (request.method !== 'POST') return no(405, 'method', 'Use POST.');
  if (!clientNameAccepted(request.raw.socket, deps.tls?.clientAuth ?? null)) {
    return no(403, 'client-name', 'The name in the client certificate is not accepted.');
  }
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') return no(415, 'content-type', 'Content-Type must be application/json.');
  // Nothing is ever inflated: a few kilobytes of gzip can hold gigabytes.
  if ((request.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    return no(415, 'content-encoding', 'Content-Encoding is not supported.');
  }
  return null;
}

/** Takes the room that the body will need until the answer is out, or says that there is none. */
function roomProblem({ headers, ip }: FastifyRequest, reply: FastifyReply, bodies: BodyBound) {
  const declared = headers['content-length'];
  const bytes = declared === undefined ? BODY_LIMIT : Math.min(Number(declared), BODY_LIMIT);
  const giveBack = bodies.take(ip, bytes);
  if (giveBack === null) {
    const message = 'Too many large bodies are being read; try again later.';
    return { readable: false, status: 429, why: 'too-many', message } as const;
  }
  reply.raw.once('close', giveBack);
  return null;
}

function sendRefusal(reply: FastifyReply, refusal: NotReadable, deps: WebhookDeps): FastifyReply {
  deps.metrics.invalid(refusal.why);
  if (refusal.why === 'client-name') deps.metrics.tlsClientAuthFailed();
  if (refusal.status === 405) reply.header('allow', 'POST');
  // The rest of the request is not read, so the connection cannot be used again.
  reply.header('connection', 'close');
  return reply.code(refusal.status).send({ error: refusal.why, message: refusal.message });
}

function failSafely(
  request: ReviewRequest,
  why: FailureReason,
  since: number,
  deps: WebhookDeps,
  thrown?: unknown,
): ReviewAnswer {
  const durationMs = deps.clock.monotonic() - since;
  deps.metrics.failed(request, why, durationMs / 1000);
  const cause = thrown === undefined ? {} : describeThrown(thrown);
  deps.log.error(
    { ...requestFields(request), decision: 'admitted', outcome: 'error', reason: why, durationMs, cause },
    'admitted without analysis',
  );
  return safeAnswer(request.uid, why);
}

/** What is turned away because of many others is logged for some of them only. */
function turnAway(
  request: ReviewRequest,
  why: 'overloaded' | 'memory',
  since: number,
  deps: WebhookDeps & { readonly lines: LogBound },
): ReviewAnswer {
  const leftOut = deps.lines.next();
  if (leftOut !== null) {
    if (leftOut > 0) deps.log.error({ leftOut }, 'lines about requests that were admitted without analysis');
    return failSafely(request, why, since, deps);
  }
  deps.metrics.failed(request, why, (deps.clock.monotonic() - since) / 1000);
  return safeAnswer(request.uid, why);
}

/** @param arrived when the head was read, monotonic; @param since when the body was complete. */
function judge(request: ReviewRequest, url: string, arrived: number, since: number, deps: WebhookDeps) {
  const budget = budgetFor(timeoutOf(url), arrived, deps.bounds, deps.clock);
  try {
    const review = deps.review(request, budget.limits);
    const result = answer(review, request.uid);
    const durationMs = deps.clock.monotonic() - since;
    deps.metrics.reviewed(request, review, durationMs / 1000);
    if (review.record.partial !== null) deps.metrics.truncated(budget.ranOut() ? 'deadline' : 'steps');
    logDecision(deps.log, request, review, durationMs);
    return result;
  } catch (thrown) {
    return failSafely(request, 'error', since, deps, thrown);
  }
}

/** Builds the webhook without listening. Every readable request gets HTTP 200 and a v1 review with its uid. */
export function buildApp(deps: WebhookDeps): FastifyInstance {
  const admittance = makeAdmittance(deps);
  const bodies = makeBodyBound();
  const bounded = { ...deps, lines: makeLogBound(deps.clock) };
  const arrivals = new WeakMap<FastifyRequest, number>();
  const app = fastify({
    ...listenerOptions(deps.tls, deps.timeouts),
    bodyLimit: BODY_LIMIT,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    handlerTimeout: 0,
    clientErrorHandler: clientErrorHandler(
      (why) => deps.metrics.invalid(why),
      (deps.timeouts ?? defaultTimeouts).keepAliveMs,
    ),
    frameworkErrors: (_error, _request, reply) => {
      sendRefusal(reply, { readable: false, status: 404, why: 'path', message: 'Bad path.' }, deps);
    },
    routerOptions: { ignoreTrailingSlash: true },
  });
  boundConnections(app.server, deps.metrics.connectionRefused);
  if (deps.tls !== null) watchTlsErrors(app.server, deps.tls, deps);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.why === 'http') deps.log.debug({ cause: describeThrown(error) }, 'request refused');
    return sendRefusal(reply, refusal, deps);
  });
  app.addHook('onRequest', async (request, reply) => {
    arrivals.set(request, deps.clock.monotonic());
    deps.onRequest();
    reply.raw.once('close', deps.onAnswered);
    const problem = headProblem(request, deps) ?? roomProblem(request, reply, bodies);
    return problem === null ? undefined : sendRefusal(reply, problem, deps);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (deps.draining()) reply.header('connection', 'close');
  });

  app.post(pathOf(deps.path), async (request, reply) => {
    const since = deps.clock.monotonic();
    const body = readBody(request.body instanceof Uint8Array ? request.body : new Uint8Array());
    if (!body.readable) return sendRefusal(reply, body, deps);
    if (body.droppedKeys > 0) deps.metrics.droppedKeys(body.droppedKeys);
    const asked = readReview(body.value);
    if (isNotReadable(asked)) return sendRefusal(reply, asked, deps);
    deps.onReview();
    const arrived = arrivals.get(request) ?? since;
    const address = deps.tls?.clientAuth == null ? request.ip : null;
    const by = answerBy(timeoutOf(request.url), arrived);
    const why = await admittance({ address, namespace: asked.namespace, by });
    if (why !== null) return turnAway(asked, why, since, bounded);
    if (!deps.dataReady()) return failSafely(asked, 'not-ready', since, deps);
    return judge(asked, request.url, arrived, since, deps);
  });
  return app;
}
