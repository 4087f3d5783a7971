import type { Clock } from '../../src/cluster/clock.ts';

const shortMs = 20_000;

interface Sleeper {
  readonly ms: number;
  readonly until: number;
  readonly wake: () => void;
}

/** Time that a test moves. Short waits (back-off) end at once and are noted; long ones wait for `advance`. */
export class FakeClock implements Clock {
  readonly slept: number[] = [];
  chance = 0.5;
  #now = 1_000_000;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (ms < shortMs) {
      this.slept.push(ms);
      return new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise<void>((resolve) => {
      const sleeper = { ms, until: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        resolve();
      });
    });
  }

  /** Is somebody waiting for just that long? */
  isAwaited(ms: number): boolean {
    return [...this.#sleepers].some((sleeper) => sleeper.ms === ms);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
