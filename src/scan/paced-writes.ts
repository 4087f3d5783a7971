import type { Clock } from '../cluster/clock.ts';

/** "At most 5 writes/s", spread evenly: so long from the start of one to the start of the next, in milliseconds. */
const spacingMs = 200;
const waitingMax = 1000;

export type Job = () => Promise<void>;

/**
 * All writes of this process go through here, one after the other. A job replaces one of the same key that still waits;
 * when too many wait, new ones are refused. Jobs must not reject.
 */
export class PacedWrites {
  private readonly clock: Clock;
  private readonly waiting = new Map<string, Job>();
  private readonly ending = new AbortController();
  private running: Promise<void> | null = null;
  private lastBegan = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** False where the job is refused because too many wait. */
  add(key: string, job: Job): boolean {
    if (this.ending.signal.aborted) return false;
    if (!this.waiting.has(key) && this.waiting.size >= waitingMax) return false;
    this.waiting.set(key, job);
    this.running ??= this.run();
    return true;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  /** What waits is dropped; what runs is waited for. */
  async stop(): Promise<void> {
    this.ending.abort();
    this.waiting.clear();
    await this.idle();
  }

  private async run(): Promise<void> {
    while (this.waiting.size > 0) {
      const wait = this.lastBegan + spacingMs - this.clock.now();
      if (wait > 0) await this.clock.sleep(wait, this.ending.signal);
      // Taken only now, so that a later job of the same key could still take its place.
      const [first] = this.waiting;
      if (first === undefined) break;
      const [key, job] = first;
      this.waiting.delete(key);
      this.lastBegan = this.clock.now();
      await job();
    }
    this.running = null;
  }
}
