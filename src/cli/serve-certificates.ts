import { blocksOf } from '../certificates/chain.ts';
import { type Keeper, secretPath, serviceNames, startKeeper } from '../certificates/keeper.ts';
import { standardTimes } from '../certificates/plan.ts';
import { type Presence, watchPresence } from '../certificates/presence.ts';
import { currentIn } from '../certificates/stored.ts';
import { type ApiObjects, apiObjects } from '../cluster/api-objects.ts';
import { createClient } from '../cluster/client.ts';
import { systemClock } from '../cluster/clock.ts';
import type { LiveLog } from '../cluster/freshness.ts';
import { ClusterError } from '../cluster/http-client.ts';
import type { Leadership } from '../cluster/leadership.ts';
import { alone, startLease } from '../cluster/lease.ts';
import type { ServeConfig } from '../config.ts';
import type { Log } from '../webhook/decision-log.ts';
import type { FetchPair } from '../webhook/first-pair.ts';
import { makeLeadMetrics } from '../webhook/lead-metrics.ts';
import type { Metrics } from '../webhook/metrics.ts';
import type { Check } from '../webhook/readiness.ts';
import type { KeyPair, PairFiles } from '../webhook/tls.ts';
import { servedCluster } from './served-cluster.ts';

/** What a replica does in the cluster beside answering. */
export interface Duties {
  readonly leadership: Leadership;
  /** Null where the pair is only ever in the files. */
  readonly fetchPair: FetchPair | null;
  /** To be told which pair callers are shown. */
  readonly shown: (pair: KeyPair) => void;
  readonly checks: () => readonly Check[];
  /** Names who is to be told when the webhook configuration was there and is not any more. */
  readonly onConfigurationGone: (tell: () => void) => void;
  /** Gives the lead back. */
  readonly stop: () => Promise<void>;
}

/** Where the pair is, and what it must be so that the API server takes it. */
export function pairFilesOf(config: ServeConfig): PairFiles {
  const { cert, key, certSecret, service, ownNamespace } = config;
  return {
    certPath: cert,
    keyPath: key,
    ...(certSecret === undefined ? {} : { caPath: `${cert.slice(0, cert.lastIndexOf('/') + 1)}ca.crt` }),
    ...(service === undefined ? {} : { host: `${service}.${ownNamespace}.svc` }),
  };
}

/** Do any of the options need the API server? */
export function hasDuties({ lease, certSecret, webhookConfiguration }: ServeConfig): boolean {
  return lease !== undefined || certSecret !== undefined || webhookConfiguration !== undefined;
}

const callTimeoutMs = 5_000;

/** What reads and writes the few objects of its own; opens nothing yet. */
export async function openObjects(config: ServeConfig): Promise<ApiObjects | { readonly problem: string }> {
  try {
    return apiObjects(await createClient(servedCluster(config)), callTimeoutMs);
  } catch (error) {
    if (error instanceof ClusterError) return { problem: error.message };
    throw error;
  }
}

/** Starts what the options ask for; `objects` is null where they ask for nothing. */
export function startDuties(
  config: ServeConfig,
  objects: ApiObjects | null,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Duties {
  if (objects === null) return noDuties;
  const gauges = makeLeadMetrics(metrics.registry);
  const told: LiveLog = {
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
  };
  const leadership = leadershipOf(config, objects, told);
  gauges.watchLead(() => leadership.leading());
  const keeper = keeperOf(config, objects, leadership, told);
  let authority: string | null = null;
  let wasPresent = false;
  let tellGone: () => void = () => undefined;
  const changed = (present: boolean): void => {
    gauges.configurationPresent(present);
    // At an installation the pods may come before the configuration, which is no news.
    if (wasPresent && !present) tellGone();
    wasPresent ||= present;
  };
  const presence = presenceOf(config, objects, told, () => authority, changed);
  return {
    leadership,
    fetchPair: keeper === null ? null : fetchFrom(config, objects),
    shown: (pair) => {
      if (keeper !== null) authority = blocksOf(pair.authority?.pem ?? '')[0] ?? null;
    },
    checks: () => checksOf(config, leadership, keeper, presence),
    onConfigurationGone: (tell) => {
      tellGone = tell;
    },
    stop: async () => {
      await Promise.all([keeper?.stop(), presence?.stop(), leadership.stop()]);
    },
  };
}

const noDuties: Duties = {
  leadership: alone,
  fetchPair: null,
  shown: () => undefined,
  checks: () => [],
  onConfigurationGone: () => undefined,
  stop: async () => undefined,
};

function leadershipOf(config: ServeConfig, objects: ApiObjects, log: LiveLog): Leadership {
  const { lease: name, ownNamespace: namespace, podName: identity } = config;
  if (name === undefined || namespace === undefined || identity === undefined) return alone;
  return startLease({ objects, namespace, name, identity, clock: systemClock, log });
}

function keeperOf(
  config: ServeConfig,
  objects: ApiObjects,
  leadership: Leadership,
  log: LiveLog,
): Keeper | null {
  const {
    certSecret: secret,
    ownNamespace: namespace,
    service,
    webhookConfiguration: configuration,
  } = config;
  if (secret === undefined || namespace === undefined) return null;
  if (service === undefined || configuration === undefined) return null;
  return startKeeper({
    ...{ objects, leadership, log, namespace, secret, configuration },
    clock: systemClock,
    wall: () => new Date(),
    names: serviceNames(service, namespace),
    times: { ...standardTimes, overlapMs: config.certOverlapSeconds * 1000 },
  });
}

function presenceOf(
  config: ServeConfig,
  objects: ApiObjects,
  log: LiveLog,
  authority: () => string | null,
  changed: (present: boolean) => void,
): Presence | null {
  const { webhookConfiguration: configuration } = config;
  if (configuration === undefined) return null;
  return watchPresence({ objects, configuration, clock: systemClock, log, authority, changed });
}

function fetchFrom({ ownNamespace, certSecret }: ServeConfig, objects: ApiObjects): FetchPair {
  const path = secretPath(ownNamespace ?? '', certSecret ?? '');
  return async () => {
    const chain = currentIn(await objects.read(path));
    return chain === null ? null : { cert: chain.leaf, key: chain.key, ca: chain.authority };
  };
}

function checksOf(
  config: ServeConfig,
  leadership: Leadership,
  keeper: Keeper | null,
  presence: Presence | null,
): readonly Check[] {
  const lead = leadership.leading() ? 'this replica leads' : 'another replica leads, or none';
  const problem = keeper?.problem() ?? null;
  return [
    ...(config.lease === undefined ? [] : [{ name: 'lead', state: 'ok', note: lead } as const]),
    ...(problem === null ? [] : [{ name: 'certificate-keeping', state: 'degraded', note: problem } as const]),
    ...(presence === null ? [] : [{ name: 'webhook-configuration', ...presence.state() }]),
  ];
}
