import { ApiError } from '../cluster/api-client.ts';
import type { ApiObjects } from '../cluster/api-objects.ts';
import { Backoff } from '../cluster/backoff.ts';
import type { Clock } from '../cluster/clock.ts';
import type { LiveLog } from '../cluster/freshness.ts';
import type { Leadership } from '../cluster/leadership.ts';
import type { UsableChain } from './chain.ts';
import { bundlesIn, configurationPath, configurationWith } from './configuration.ts';
import { issueChain } from './issue.ts';
import { bundleOf, nextStep, type Standing, type Step, type Times } from './plan.ts';
import { authoritiesOf, type Stored, secretWith, storedIn, type Wanted } from './stored.ts';

/** The wall clock is looked at so often: a certificate that is due after a jump or a pause does not wait. */
const lookMs = 5_000;
const followMs = 1_000;
/** From an empty Secret to a published bundle it takes two; whoever undoes each step must not keep us writing. */
const stepsMax = 4;

export interface KeeperOptions {
  readonly objects: ApiObjects;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly wall: () => Date;
  readonly log: LiveLog;
  readonly namespace: string;
  readonly secret: string;
  /** The ValidatingWebhookConfiguration whose `caBundle` is kept. */
  readonly configuration: string;
  /** What the certificate must name. */
  readonly names: readonly string[];
  readonly times: Times;
}

export interface Keeper {
  /** Why the certificate cannot be kept at present; null while it can, or while another one leads. */
  problem(): string | null;
  /** Ends after the call in progress. */
  stop(): Promise<void>;
}

/** Names under which pods and the API server reach a Service. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  const name = `${service}.${namespace}`;
  return [service, name, `${name}.svc`, `${name}.svc.cluster.local`];
}

/** Where a Secret lies in the API. */
export function secretPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`;
}

/**
 * Keeps the Secret and the `caBundle` while this process leads. Never rejects: what fails is logged once for each
 * change and tried again; meanwhile every replica serves what it has.
 */
export function startKeeper(options: KeeperOptions): Keeper {
  const { clock, leadership } = options;
  const ending = new AbortController();
  const rounds = new Rounds(options);
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      let waitMs = followMs;
      if (leadership.leading()) waitMs = await rounds.lead();
      else rounds.follow();
      await clock.sleep(waitMs, ending.signal);
    }
  };
  const ended = run();
  return {
    problem: () => rounds.problem(),
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}

interface Looked extends Standing {
  readonly secret: unknown;
  readonly configuration: unknown;
  readonly stored: Stored;
}

class Rounds {
  readonly #options: KeeperOptions;
  readonly #backoff: Backoff;
  readonly #secretPath: string;
  readonly #configurationPath: string;
  #problem: string | null = null;
  /** The bundle that was seen in the configuration, and since when by the monotonic clock. */
  #trusted: { readonly bundle: string; readonly since: number } | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
    this.#secretPath = secretPath(options.namespace, options.secret);
    this.#configurationPath = configurationPath(options.configuration);
  }

  problem(): string | null {
    return this.#problem;
  }

  /** Another one leads: what we saw of the bundle is not what we may rely on later. */
  follow(): void {
    this.#trusted = null;
    this.#problem = null;
  }

  /** Takes every step that can be taken now; answers how many milliseconds to wait for the next look. */
  async lead(): Promise<number> {
    try {
      for (let steps = 0; steps < stepsMax && this.#options.leadership.leading(); steps += 1) {
        const looked = await this.#look();
        const step = nextStep(looked, this.#options.times);
        if (step.do === 'nothing' || step.do === 'wait') {
          this.#recovered();
          return step.do === 'wait'
            ? Math.min(lookMs, this.#options.times.overlapMs - looked.trustedMs)
            : lookMs;
        }
        await this.#take(step, looked);
      }
      return lookMs;
    } catch (error) {
      if (isConflict(error)) return this.#options.clock.random() * 1_000;
      this.#failed(error);
      return this.#backoff.next();
    }
  }

  async #look(): Promise<Looked> {
    const { objects, clock, wall, names, namespace, secret: name } = this.#options;
    const secret = await objects.read(this.#secretPath);
    if (secret === null) throw new Error(`there is no Secret ${name}; make an empty one in ${namespace}`);
    const configuration = await objects.read(this.#configurationPath);
    const now = wall();
    const stored = storedIn(secret, names, now);
    const published = configuration === null ? null : bundlesIn(configuration);
    const bundle = bundleOf(stored);
    if (published?.some((each) => each !== bundle) === true) {
      if (this.#trusted?.bundle === bundle)
        this.#tell('warn', 'somebody else changed the caBundle; it is restored');
      this.#trusted = null;
    } else if (this.#trusted?.bundle !== bundle) {
      this.#trusted = { bundle, since: clock.now() };
    }
    const trustedMs = this.#trusted === null ? 0 : clock.now() - this.#trusted.since;
    return { ...stored, now, published, trustedMs, secret, configuration, stored };
  }

  async #take(step: Step, looked: Looked): Promise<void> {
    const { current, next, previous } = looked;
    switch (step.do) {
      case 'issue': {
        const known = [...previous, ...authoritiesOf(looked.secret)].filter(
          ({ until }) => until > looked.now.getTime(),
        );
        const chain = await this.#issue(looked.now);
        await this.#write(looked, { current: chain, next: null, previous: known }, 'wish answered');
        return this.#tell('info', 'a new certificate was made, as none could be used', {
          problem: looked.stored.problem ?? 'there was none',
        });
      }
      case 'publish':
        await this.#options.objects.replace(
          this.#configurationPath,
          configurationWith(looked.configuration, bundleOf(looked)),
        );
        return this.#tell('info', 'the caBundle of the webhook configuration was written');
      case 'prepare': {
        if (current === null) return;
        const chain = await this.#issue(looked.now);
        await this.#write(looked, { current: current.chain, next: chain, previous }, 'wish answered');
        return this.#tell(
          'info',
          'the next certificate was made; its authority is published before it is used',
          {
            asked: looked.rotateAsked,
          },
        );
      }
      case 'switch':
        return this.#switch(looked, current, next);
      case 'forget':
        if (current === null) return;
        await this.#write(looked, { current: current.chain, next: null, previous: step.keep }, 'wish stays');
        return this.#tell(
          'info',
          'an authority that no certificate needs any more was taken out of the caBundle',
        );
    }
  }

  async #switch(looked: Looked, current: UsableChain | null, next: UsableChain | null): Promise<void> {
    if (next === null) return;
    const previous = [...looked.previous, ...(current === null ? [] : [current.authority])];
    await this.#write(looked, { current: next.chain, next: null, previous }, 'wish stays');
    this.#tell('info', 'the next certificate is in use', { until: new Date(next.leaf.until).toISOString() });
  }

  #issue(now: Date) {
    const { names, times } = this.#options;
    return issueChain({ names, now, authorityLifeMs: times.authorityLifeMs, leafLifeMs: times.leafLifeMs });
  }

  /** Refused with 409 when somebody else wrote since we looked. */
  async #write(looked: Looked, wanted: Wanted, wish: 'wish answered' | 'wish stays'): Promise<void> {
    await this.#options.objects.replace(this.#secretPath, secretWith(looked.secret, wanted, wish));
  }

  #tell(level: 'info' | 'warn', message: string, more: Readonly<Record<string, unknown>> = {}): void {
    const { log, secret, configuration } = this.#options;
    log[level](message, { secret, configuration, ...more });
  }

  #recovered(): void {
    this.#backoff.reset();
    if (this.#problem !== null) this.#tell('info', 'the certificate can be kept again');
    this.#problem = null;
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const todo =
      error instanceof ApiError && error.status === 403
        ? ' Allow this service account to get and update that Secret and that webhook configuration.'
        : '';
    const problem = `The certificate cannot be kept: ${reason}.${todo}`;
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#tell('warn', problem);
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}
