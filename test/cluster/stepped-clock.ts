import type { Clock } from '../../src/cluster/clock.ts';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Time that only a test moves; whoever sleeps wakes at exactly the moment that was asked for. */
export class SteppedClock implements Clock {
  chance = 0.5;
  /** Time stands still until so many sleep: loops that do real work, such as making keys, between two sleeps. */
  loops = 0;
  #now = 1_000_000;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { until: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
    });
  }

  /** Lets so many milliseconds pass; sleepers wake one after the other and do what they do before time goes on. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#rest();
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.until - b.until)[0];
      if (next === undefined || next.until > end) break;
      this.#now = Math.max(this.#now, next.until);
      next.wake();
      await this.#rest();
    }
    this.#now = end;
  }

  async #rest(): Promise<void> {
    await settled();
    while (this.#sleepers.size < this.loops) await settled();
  }
}

/** Resolves when everything that needs neither time nor I/O is done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
