import type { ApiClient } from './api-client.ts';
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { discoverForeignKinds } from './discovery.ts';
import type { LiveLog } from './freshness.ts';
import { resourceName, type WatchedKind } from './kinds.ts';
import { silenceMs } from './reflector.ts';
import { withWatchdog } from './watchdog.ts';

const everyMs = 300_000;
const settleMs = 2_000;
const patienceMs = 60_000;

export interface ForeignWatchesOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: LiveLog;
  /** Starts to watch a kind; aborting the signal ends it without forgetting its objects. */
  readonly start: (kind: WatchedKind, signal: AbortSignal) => void;
  /** Called after each look, whatever it found. */
  readonly looked: () => void;
}

/**
 * Finds foreign policy kinds, now and later: policy APIs are installed while we run. A kind that vanishes needs no
 * care here: its watch gets 404, which empties it.
 */
export class ForeignWatches {
  readonly #options: ForeignWatchesOptions;
  readonly #running = new Map<string, { readonly version: string; readonly controller: AbortController }>();
  readonly #started: number;
  #wake = new AbortController();
  #found = false;
  #problem: string | null = null;

  constructor(options: ForeignWatchesOptions) {
    this.#options = options;
    this.#started = options.clock.now();
  }

  /** Custom resources changed: look again once they had time to settle. */
  lookAgain(): void {
    this.#wake.abort();
  }

  /** Null, or why discovery holds readiness back. */
  missing(now: number): string | null {
    const waited = now - this.#started >= patienceMs && this.#problem !== null;
    return this.#found || waited ? null : `policy APIs: ${this.#problem ?? 'not asked for yet'}`;
  }

  /** The kinds are known, or it is known why not. */
  hasCome(): boolean {
    return this.#found || this.#problem !== null;
  }

  /** True until it is known which foreign policy kinds there are. */
  isUnknown(): boolean {
    return !this.#found;
  }

  /** Runs until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const backoff = new Backoff(clock);
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const failed = await this.#look(signal);
      this.#options.looked();
      if (!failed) backoff.reset();
      await clock.sleep(failed ? backoff.next() : everyMs, AbortSignal.any([signal, this.#wake.signal]));
      // The API server needs a moment until a new definition shows up among its resources.
      if (this.#wake.signal.aborted) await clock.sleep(settleMs, signal);
    }
  }

  async #look(outer: AbortSignal): Promise<boolean> {
    const { client, clock, log } = this.#options;
    try {
      const discovery = await withWatchdog(clock, silenceMs, outer, (signal) =>
        discoverForeignKinds(client, signal),
      );
      for (const kind of discovery.kinds) this.#watch(kind, outer);
      for (const unknown of discovery.unknownGroups) log.warn('policy API does not answer', unknown);
      this.#problem = discovery.unknownGroups[0]?.message ?? null;
      this.#found ||= discovery.unknownGroups.length === 0;
      return discovery.unknownGroups.length > 0;
    } catch (error) {
      if (outer.aborted) return false;
      this.#problem = error instanceof Error ? error.message : String(error);
      log.warn('discovery failed', { message: this.#problem });
      return true;
    }
  }

  #watch(kind: WatchedKind, signal: AbortSignal): void {
    const name = resourceName(kind);
    const running = this.#running.get(name);
    if (running?.version === kind.version) return;
    running?.controller.abort();
    const controller = new AbortController();
    this.#running.set(name, { version: kind.version, controller });
    this.#options.start(kind, AbortSignal.any([signal, controller.signal]));
  }
}
