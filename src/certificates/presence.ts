import { ApiError } from '../cluster/api-client.ts';
import type { ApiObjects } from '../cluster/api-objects.ts';
import type { Clock } from '../cluster/clock.ts';
import type { LiveLog } from '../cluster/freshness.ts';
import { blocksOf } from './chain.ts';
import { bundlesIn, configurationPath } from './configuration.ts';

const lookMs = 5_000;
const firstLooksMs = 2_000;

export interface PresenceOptions {
  readonly objects: ApiObjects;
  readonly configuration: string;
  readonly clock: Clock;
  readonly log: LiveLog;
  /** The authority of the certificate that this replica serves, PEM; null where others keep the bundle. */
  readonly authority: () => string | null;
  /** Told when it is first known whether the configuration is there, and at each change. */
  readonly changed: (present: boolean) => void;
}

/** How it stands, as readiness shows it. */
export interface PresenceState {
  readonly state: 'ok' | 'degraded' | 'failed';
  readonly note: string;
}

export interface Presence {
  state(): PresenceState;
  stop(): Promise<void>;
}

/**
 * Looks, in every replica, whether the webhook configuration is there and whether the API server trusts what this
 * replica serves. Until it once does, the replica is not to be called ready; later only somebody's edit can change
 * it, and to serve nothing would not mend that.
 */
export function watchPresence(options: PresenceOptions): Presence {
  const { clock, objects, configuration: name, log } = options;
  const ending = new AbortController();
  let present: boolean | null = null;
  let bundles: readonly string[] = [];
  let failure: string | null = null;
  let trusted = false;

  async function look(): Promise<void> {
    try {
      const found = await objects.read(configurationPath(name));
      failure = null;
      bundles = found === null ? [] : bundlesIn(found);
      if (present === (found !== null)) return;
      present = found !== null;
      if (!present) log.warn(absence(name), {});
      options.changed(present);
    } catch (error) {
      const problem = `The webhook configuration ${name} cannot be looked at: ${reasonOf(error)}`;
      if (problem !== failure) log.warn(problem, {});
      failure = problem;
    }
  }

  function state(): PresenceState {
    if (failure !== null) return { state: 'degraded', note: failure };
    if (present === null) return { state: 'failed', note: 'not looked at yet' };
    if (!present) return { state: 'degraded', note: absence(name) };
    const authority = options.authority();
    if (authority === null || bundles.every((bundle) => blocksOf(bundle).includes(authority))) {
      trusted ||= authority !== null;
      return { state: 'ok', note: '' };
    }
    const note = `the caBundle of ${name} does not hold the authority of the certificate in use`;
    return { state: trusted ? 'degraded' : 'failed', note };
  }

  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await look();
      await clock.sleep(state().state === 'failed' ? firstLooksMs : lookMs, ending.signal);
    }
  };
  const ended = run();
  return {
    state,
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}

function absence(name: string): string {
  return `The ValidatingWebhookConfiguration ${name} does not exist, so no policy is judged. Install it again; netsluice never makes it.`;
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const denied = error instanceof ApiError && error.status === 403;
  return denied ? `${reason}. Allow this service account to get it.` : `${reason}.`;
}
