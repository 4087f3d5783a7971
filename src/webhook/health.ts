import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { describeThrown, type Log } from './decision-log.ts';
import type { Metrics } from './metrics.ts';
import { type Check, checksText, isReady } from './readiness.ts';

export interface HealthDeps {
  readonly checks: () => readonly Check[];
  /** Why this process should be ended; null while it lives. */
  readonly deadly: () => string | null;
  readonly metrics: Metrics;
  readonly log: Log;
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

async function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  deps: HealthDeps,
): Promise<void> {
  const [path, query] = (request.url ?? '').split('?', 2);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, 405, 'Use GET.\n');
  }
  switch (path) {
    case '/livez': {
      // A process that can answer at all is alive, unless it hangs for long; whether it may serve is readiness' question.
      const deadly = deps.deadly();
      return send(response, deadly === null ? 200 : 503, `${deadly ?? 'ok'}\n`);
    }
    case '/readyz': {
      const checks = deps.checks();
      const ready = isReady(checks);
      const verbose = new URLSearchParams(query ?? '').has('verbose');
      const brief = ready ? 'ok\n' : 'not ready; ask /readyz?verbose\n';
      return send(response, ready ? 200 : 503, verbose ? checksText(checks) : brief);
    }
    case '/metrics':
      return send(response, 200, await deps.metrics.registry.metrics(), deps.metrics.registry.contentType);
    default:
      return send(response, 404, 'Here are /livez, /readyz?verbose and /metrics.\n');
  }
}

/** Plain HTTP on a port of its own, so that probes survive whatever happens on the TLS port. Not listening yet. */
export function makeHealthServer(deps: HealthDeps): Server {
  const server = createServer({
    connectionsCheckingInterval: 1000,
    headersTimeout: 5000,
    requestTimeout: 5000,
  });
  server.maxConnections = 200;
  server.on('request', (request, response) => {
    request.resume();
    answerHealth(request, response, deps).catch((thrown: unknown) => {
      deps.log.error({ cause: describeThrown(thrown) }, 'health endpoint failed');
      if (response.headersSent) response.destroy();
      else send(response, 500, 'failed; see the log\n');
    });
  });
  return server;
}
