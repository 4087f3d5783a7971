import { ApiError } from '../cluster/api-client.ts';
import type { ApiObjects } from '../cluster/api-objects.ts';
import type { Clock } from '../cluster/clock.ts';
import type { LiveLog } from '../cluster/freshness.ts';
import { get } from '../model/decode/lenient.ts';
import { type EventDraft, eventObject, keyOfEvent, nameOfEvent, seriesOf } from './event-object.ts';
import type { PacedWrites } from './paced-writes.ts';

/** Between two writes about the same Event; what happens meanwhile is counted. Milliseconds. */
const againMs = 60_000;
/** So many Events are remembered; the one that was told longest ago is forgotten first. */
const rememberedMax = 5000;

const attemptsMax = 3;
const retryMs = 5000;

export type WriteResult = 'written' | 'dropped' | 'failed';

export interface EventWriterOptions {
  readonly objects: ApiObjects;
  readonly writes: PacedWrites;
  readonly clock: Clock;
  readonly wall: () => Date;
  /** Of this process alone, such as the pod's name. */
  readonly instance: string;
  readonly counted: (result: WriteResult) => void;
  readonly log: LiveLog;
}

interface Remembered {
  readonly draft: EventDraft;
  /** Asked just before the write: is it still ours to write? */
  readonly mayWrite: () => boolean;
  /** Occurrences that are written, by what we know. */
  written: number;
  waiting: number;
  last: Date;
  nextWrite: number;
  /** Failures since the last success. */
  failures: number;
}

/** Writes Events; what happens again is counted in the Event that is there. */
export class EventWriter {
  private readonly options: EventWriterOptions;
  private readonly remembered = new Map<string, Remembered>();
  private problem: string | null = null;

  constructor(options: EventWriterOptions) {
    this.options = options;
  }

  tell(draft: EventDraft, mayWrite: () => boolean): void {
    const key = keyOfEvent(draft);
    const known = this.remembered.get(key);
    const entry: Remembered = known ?? {
      draft,
      mayWrite,
      written: 0,
      waiting: 0,
      last: new Date(0),
      nextWrite: 0,
      failures: 0,
    };
    entry.waiting += 1;
    entry.last = this.options.wall();
    this.remembered.delete(key);
    this.remembered.set(key, entry);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > rememberedMax && oldest !== undefined) this.remembered.delete(oldest);
    this.writeSoon(key, entry);
  }

  /** Writes what was held back because its Event was written a moment ago; to be called every few seconds. */
  tick(): void {
    for (const [key, entry] of this.remembered) if (entry.waiting > 0) this.writeSoon(key, entry);
  }

  private writeSoon(key: string, entry: Remembered): void {
    const { clock, writes, counted } = this.options;
    if (clock.now() < entry.nextWrite) return;
    if (writes.add(`event ${key}`, () => this.write(entry))) return;
    entry.waiting = 0;
    counted('dropped');
  }

  private async write(entry: Remembered): Promise<void> {
    const { clock, counted } = this.options;
    const count = entry.waiting;
    entry.waiting = 0;
    if (count === 0 || !entry.mayWrite()) return;
    entry.nextWrite = clock.now() + againMs;
    try {
      await this.send(entry, count);
      this.problem = null;
      entry.failures = 0;
      counted('written');
    } catch (error) {
      counted('failed');
      this.complain(error);
      entry.failures += 1;
      if (!isPassing(error) || entry.failures >= attemptsMax) return;
      entry.waiting += count;
      entry.nextWrite = clock.now() + retryAfterOf(error);
    }
  }

  private async send(entry: Remembered, count: number): Promise<void> {
    const { objects, instance } = this.options;
    const collection = `/apis/events.k8s.io/v1/namespaces/${entry.draft.regarding.namespace}/events`;
    const path = `${collection}/${nameOfEvent(entry.draft)}`;
    if (entry.written > 0 && (await this.addTo(path, entry.written + count, entry))) return;
    try {
      await objects.create(collection, eventObject(entry.draft, instance, { count, last: entry.last }));
      entry.written = count;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      // Another replica wrote it, or we did before a restart.
      const there = get(await objects.read(path), 'series', 'count');
      await this.addTo(path, (typeof there === 'number' ? there : 1) + count, entry);
    }
  }

  /** False where the Event is gone: they are kept for an hour only. */
  private async addTo(path: string, count: number, entry: Remembered): Promise<boolean> {
    try {
      await this.options.objects.merge(path, { series: seriesOf({ count, last: entry.last }) });
      entry.written = count;
      return true;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      entry.written = 0;
      return false;
    }
  }

  /** Once per kind of trouble; the counter tells how often. */
  private complain(error: unknown): void {
    const problem = error instanceof ApiError ? `status ${error.status}` : String(error);
    if (problem === this.problem) return;
    this.problem = problem;
    const cause = error instanceof Error ? error.message : String(error);
    this.options.log.warn('an Event could not be written', { cause });
  }
}

/** Will it go better in a while? Not where the namespace ends, or where a right is missing. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 429 || error.status >= 500;
}

function retryAfterOf(error: unknown): number {
  return Math.max(retryMs, error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0);
}
