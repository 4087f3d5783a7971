import type { Clock } from '../../src/webhook/clock.ts';

interface Timer {
  at: number;
  readonly run: () => void;
  readonly every: number | null;
}

/** Time that a test moves; timers that are due run at once, in order. */
export class HeldClock implements Clock {
  #now = 1_000_000;
  readonly #began = Date.now() - this.#now;
  readonly #timers = new Set<Timer>();

  readonly monotonic = (): number => this.#now;
  readonly wall = (): Date => new Date(this.#began + this.#now);
  readonly after = (ms: number, run: () => void): (() => void) => this.#add(ms, run, null);
  readonly every = (ms: number, run: () => void): (() => void) => this.#add(ms, run, ms);

  /** As if the event loop ran meanwhile: every timer comes in time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.#fire(next);
    }
    this.#now = end;
  }

  /** As if something held the event loop: timers come late, and a repeated one only once. */
  hold(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) this.#fire(timer);
  }

  #fire(timer: Timer): void {
    if (timer.every === null) this.#timers.delete(timer);
    else timer.at = this.#now + timer.every;
    timer.run();
  }

  #add(ms: number, run: () => void, every: number | null): () => void {
    const timer = { at: this.#now + ms, run, every };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
