import { afterEach } from '@jest/globals';
import { makeThrowawayAuthority, type ThrowawayAuthority } from '../../src/cli/throwaway-certificate.ts';
import { systemClock } from '../../src/webhook/clock.ts';
import { makeLog } from '../../src/webhook/decision-log.ts';
import { makeMetrics } from '../../src/webhook/metrics.ts';
import { type RunningWebhook, startWebhook, type WebhookPlan } from '../../src/webhook/start.ts';
import type { TlsProblem } from '../../src/webhook/tls.ts';
import { admitted, newDirectory, writePair } from './harness.ts';

const running: RunningWebhook[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((webhook) => webhook.stop()));
});

export const synced = { kind: 'pods', synced: true, note: '', objects: 3, degraded: false, ageSeconds: 1 };

export interface Started {
  readonly authority: ThrowawayAuthority;
  readonly directory: string;
  readonly metrics: ReturnType<typeof makeMetrics>;
  readonly exits: number[];
  readonly result: RunningWebhook | TlsProblem;
}

/** A whole webhook on loopback, with its health port; it ends with its test. */
export async function start(more: Partial<WebhookPlan> = {}): Promise<Started> {
  const authority = await makeThrowawayAuthority('netsluice test');
  const directory = newDirectory();
  const pair = await authority.issue({ commonName: 'netsluice', ip: ['127.0.0.1'] });
  const exits: number[] = [];
  const metrics = makeMetrics('test');
  const result = await startWebhook({
    listen: { host: '127.0.0.1', port: 0 },
    healthListen: { host: '127.0.0.1', port: 0 },
    path: '/validate',
    files: writePair(directory, pair),
    minVersion: 'TLSv1.3',
    clientAuth: null,
    bounds: { stepsMax: 1000, deadlineMs: 100 },
    drain: { minMs: 300, maxMs: 5000, quietMs: 100, finishMs: 2000 },
    data: { kinds: () => [synced], caughtUp: async () => undefined },
    review: () => admitted,
    settingsProblem: () => null,
    metrics,
    log: makeLog('silent'),
    clock: systemClock(),
    exit: (code) => exits.push(code),
    ...more,
  });
  if (!('problem' in result)) running.push(result);
  return { authority, directory, metrics, exits, result };
}

/** The webhook, where it could start. */
export function up(started: Started): RunningWebhook {
  if ('problem' in started.result) throw new Error(started.result.problem);
  return started.result;
}
