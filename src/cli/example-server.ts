import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Freshness } from '../model/review.ts';
import { review } from '../review/review.ts';
import { profileOf } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import { systemClock } from '../webhook/clock.ts';
import { makeLog } from '../webhook/decision-log.ts';
import { makeMetrics } from '../webhook/metrics.ts';
import { type RunningWebhook, startWebhook } from '../webhook/start.ts';
import { worldOf } from '../world/build.ts';
import type { Shop } from './example-shop.ts';
import { makeThrowawayAuthority } from './throwaway-certificate.ts';

/** The webhook over the example shop, on this machine alone. */
export interface ExampleServer {
  readonly port: number;
  /** Holds the certificates until `stop`; only its owner may read it. */
  readonly folder: string;
  /** The authority that signed the server's certificate, PEM. */
  readonly caFile: string;
  /** Posts one AdmissionReview over TLS, trusting that authority alone, and returns the answer. */
  readonly ask: (review: unknown) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

const fresh: Freshness = { stale: [], absent: [] };

/** Nobody waits for this answer but a person, and its text is compared: it never ends early for lack of time. */
const bounds = { stepsMax: 2_000_000, deadlineMs: 9_000 };

const drain = { minMs: 0, maxMs: 0, quietMs: 0, finishMs: 1_000 };

/**
 * Makes a throw-away certificate and serves the shop on localhost, on the first of the ports that is free; 0 stands
 * for any. Throws an Error with one sentence where that does not work.
 */
export async function startExampleServer(
  shop: Shop,
  version: string,
  ports: readonly number[],
): Promise<ExampleServer> {
  const authority = await makeThrowawayAuthority('netsluice example, throw-away');
  const pair = await authority.issue({ commonName: 'localhost', dns: ['localhost'], ip: ['127.0.0.1'] });
  const folder = temporaryFolder();
  const inFolder = (name: string): string => join(folder, name);
  writeFileSync(inFolder('ca.crt'), authority.cert);
  writeFileSync(inFolder('tls.crt'), pair.cert);
  writeFileSync(inFolder('tls.key'), pair.key, { mode: 0o600 });
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const webhook = await listenOn(
      shop,
      version,
      { certPath: inFolder('tls.crt'), keyPath: inFolder('tls.key') },
      ports,
    );
    const { port } = webhook.address;
    return {
      port,
      folder,
      caFile: inFolder('ca.crt'),
      ask: (body) => post(port, authority.cert, JSON.stringify(body)),
      stop: async () => {
        await webhook.stop();
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'netsluice-example-'));
  } catch (error) {
    throw new Error(
      `The throw-away certificate needs a folder, and none can be made in ${tmpdir()}. Set TMPDIR to one that can be written.`,
      { cause: error },
    );
  }
}

async function listenOn(
  shop: Shop,
  version: string,
  files: { readonly certPath: string; readonly keyPath: string },
  ports: readonly number[],
): Promise<RunningWebhook> {
  const { settings } = shop;
  const world = worldOf(profileOf(settings), shop.events);
  const kinds = [
    { kind: 'examples', synced: true, note: '', objects: shop.events.length, degraded: false, ageSeconds: 0 },
  ];
  let problem = '';
  for (const port of ports) {
    const started = await startWebhook({
      listen: { host: '127.0.0.1', port },
      healthListen: { host: '127.0.0.1', port: 0 },
      path: '/validate',
      files,
      minVersion: 'TLSv1.3',
      clientAuth: null,
      bounds,
      drain,
      data: { kinds: () => kinds, caughtUp: async () => undefined },
      review: (asked, limits) =>
        review(asked, { world, settings, rules, freshness: fresh, limits, ownNamespace: '' }),
      settingsProblem: () => null,
      metrics: makeMetrics(version),
      // What a person tries on a laptop is printed; only faults of netsluice itself are logged.
      log: makeLog('error', process.stderr),
      clock: systemClock(),
      exit: () => undefined,
    });
    if (!('problem' in started)) return started;
    problem = started.problem;
  }
  throw new Error(problem);
}

function post(port: number, ca: string, body: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ host: '127.0.0.1', servername: 'localhost', port, ca, agent: false },
        ...{ method: 'POST', path: '/validate?timeout=10s' },
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`The webhook answered ${response.statusCode}: ${text.slice(0, 200)}`));
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
