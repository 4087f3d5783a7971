import { ApiError } from './api-client.ts';
import type { ApiObjects } from './api-objects.ts';
import type { Clock } from './clock.ts';
import { type Fields, fieldsOf } from './fields.ts';
import type { LiveLog } from './freshness.ts';
import type { Leadership } from './leadership.ts';

/** After so long without a renewal seen by us, the lead of another is over; milliseconds. */
const lapseMs = 15_000;
/**
 * How long we lead after a renewal, from the moment before it was sent. What is left until others may take over is
 * for writes that began while we led.
 */
const leadMs = 10_000;
const renewMs = 5_000;
const retryMs = 2_000;

export interface LeaseOptions {
  readonly objects: ApiObjects;
  readonly namespace: string;
  readonly name: string;
  /** Of this process alone, such as the pod's name. */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: LiveLog;
  /** For the times that people read in the Lease; nothing is decided by it. */
  readonly wall?: () => Date;
}

/** Leads always: for one process without a Lease. */
export const alone: Leadership = { leading: () => true, stop: async () => undefined };

/**
 * Takes the Lease whenever it is free or was not renewed for 15 s by our own clock, and renews it every 5 s. Clocks
 * of different machines are never compared. The Lease is created where there is none. Never rejects: what goes
 * wrong is logged once and tried again, and meanwhile this process does not lead.
 */
export function startLease(options: LeaseOptions): Leadership {
  const ending = new AbortController();
  const holder = new Holder(options);
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const waitMs = await holder.attempt();
      // Spread, so that those who wait for the lead do not all ask at once.
      await options.clock.sleep(waitMs * (0.8 + 0.4 * options.clock.random()), ending.signal);
    }
  };
  const ended = run();
  return {
    leading: () => !ending.signal.aborted && holder.leading(),
    stop: async () => {
      ending.abort();
      await ended;
      await holder.release();
    },
  };
}

interface Lease {
  readonly object: Fields;
  readonly spec: Fields;
  /** Empty where nobody holds it. */
  readonly holder: string;
  readonly renewTime: string;
  readonly transitions: number;
}

class Holder {
  readonly #options: LeaseOptions;
  readonly #path: string;
  #leadUntil = Number.NEGATIVE_INFINITY;
  /** The lease as we last wrote it, while it may be ours. */
  #held: Lease | null = null;
  /** Who held it and when that was renewed, as it was seen first at `#seenAt`. */
  #seen = '';
  #seenAt = 0;
  #led = false;
  #problem: string | null = null;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#path = `${collectionOf(options)}/${options.name}`;
  }

  leading(): boolean {
    return this.#options.clock.now() < this.#leadUntil;
  }

  /** One try to take or keep the lead; answers how many milliseconds to wait for the next. */
  async attempt(): Promise<number> {
    const { log, name } = this.#options;
    try {
      await this.#takeOrKeep();
      if (this.#problem !== null) log.info('the Lease can be used again', { lease: name });
      this.#problem = null;
      this.#tellChange();
      return this.#held === null ? retryMs : renewMs;
    } catch (error) {
      this.#tellProblem(error);
      this.#tellChange();
      return retryMs;
    }
  }

  /** Leaves the Lease without a holder, so that the next one need not wait; where that fails, it lapses. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#leadUntil = Number.NEGATIVE_INFINITY;
    this.#held = null;
    if (held === null) return;
    try {
      await this.#options.objects.replace(this.#path, this.#written(held, ''));
    } catch (error) {
      this.#options.log.info('the Lease was not given back; it lapses', { cause: reasonOf(error) });
    }
  }

  async #takeOrKeep(): Promise<void> {
    const { objects, clock, identity } = this.#options;
    const sentAt = clock.now();
    const found = await objects.read(this.#path);
    const lease = found === null ? null : leaseOf(found);
    if (lease !== null && !this.#mayTake(lease)) {
      this.#leadUntil = Number.NEGATIVE_INFINITY;
      this.#held = null;
      return;
    }
    const stored =
      lease === null
        ? await objects.create(collectionOf(this.#options), this.#written(this.#blank(), identity))
        : await objects.replace(this.#path, this.#written(lease, identity));
    this.#held = leaseOf(stored);
    this.#leadUntil = sentAt + leadMs;
  }

  /** Ours already, free, or not renewed for as long as we look. */
  #mayTake({ holder, renewTime }: Lease): boolean {
    const { identity, clock } = this.#options;
    if (holder === '' || holder === identity) return true;
    const seen = JSON.stringify([holder, renewTime]);
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#seenAt = clock.now();
    }
    return clock.now() - this.#seenAt >= lapseMs;
  }

  #blank(): Lease {
    const { namespace, name } = this.#options;
    const object = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace, name },
    };
    return { object, spec: {}, holder: '', renewTime: '', transitions: -1 };
  }

  #written(lease: Lease, holder: string): unknown {
    const now = (this.#options.wall?.() ?? new Date()).toISOString().replace('Z', '000Z');
    const changes = lease.holder !== holder && holder !== '';
    const spec = {
      ...lease.spec,
      holderIdentity: holder,
      leaseDurationSeconds: lapseMs / 1000,
      renewTime: now,
      leaseTransitions: lease.transitions + (changes ? 1 : 0),
    };
    return { ...lease.object, spec: changes ? { ...spec, acquireTime: now } : spec };
  }

  #tellProblem(error: unknown): void {
    const { namespace, name, log } = this.#options;
    const conflict = error instanceof ApiError && error.status === 409;
    // Another one was faster, which the next look shows.
    if (conflict) return;
    const denied = error instanceof ApiError && error.status === 403;
    const todo = denied
      ? ' Allow this service account to get and update it, and install it again where it is missing.'
      : '';
    const problem = `The Lease ${namespace}/${name} cannot be used, so nobody may lead: ${reasonOf(error)}.${todo}`;
    if (problem === this.#problem) return;
    this.#problem = problem;
    log.warn(problem, {});
  }

  #tellChange(): void {
    const leads = this.leading();
    if (leads === this.#led) return;
    this.#led = leads;
    const { name, identity, log } = this.#options;
    log.info(leads ? 'this replica leads now' : 'this replica leads no more', { lease: name, identity });
  }
}

function collectionOf({ namespace }: LeaseOptions): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}

/** Reads what may have been written by anybody; fields of another type count as absent. */
function leaseOf(found: unknown): Lease {
  const object = fieldsOf(found);
  const spec = fieldsOf(object['spec']);
  const transitions = spec['leaseTransitions'];
  return {
    object,
    spec,
    holder: textOf(spec['holderIdentity']),
    renewTime: textOf(spec['renewTime']),
    transitions: Number.isSafeInteger(transitions) ? Number(transitions) : 0,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
