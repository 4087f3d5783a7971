import type { Need } from '../model/finding.ts';
import type { Freshness } from '../model/review.ts';
import type { Clock } from './clock.ts';
import { resourceName, type WatchedKind } from './kinds.ts';
import type { Interruption, ReflectorObserver } from './reflector.ts';

const staleMs = 150_000;
const patienceMs = 60_000;

export type KindState = 'starting' | 'live' | 'absent' | 'denied';

export interface LiveLog {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** What is known about the picture of one kind. */
export class KindStatus implements ReflectorObserver {
  readonly kind: WatchedKind;
  readonly #clock: Clock;
  readonly #log: LiveLog;
  readonly #told: () => void;
  readonly #interruptions = new Map<Interruption, number>();
  #state: KindState = 'starting';
  #lists = 0;
  #applied = false;
  #failingSince: number | null = null;
  #lastHeard: number;
  #problem: string | null = null;

  /** `told` is called whenever `hasCome` may have become true. */
  constructor(kind: WatchedKind, clock: Clock, log: LiveLog, told: () => void) {
    this.kind = kind;
    this.#clock = clock;
    this.#log = log;
    this.#told = told;
    this.#lastHeard = clock.now();
  }

  synced(): void {
    this.heard();
    if (this.#state !== 'live') this.#log.info('kind is live', { kind: resourceName(this.kind) });
    this.#state = 'live';
    this.#lists += 1;
    this.#told();
  }

  heard(): void {
    this.#lastHeard = this.#clock.now();
    this.opened();
  }

  opened(): void {
    this.#failingSince = null;
    this.#problem = null;
  }

  /** The first list has reached the world. */
  applied(): void {
    this.#applied = true;
  }

  interrupted(reason: Interruption, message: string): void {
    this.#interruptions.set(reason, (this.#interruptions.get(reason) ?? 0) + 1);
    this.#problem = message;
    const repeated = reason === 'failed' && this.#failingSince !== null;
    this.#failingSince ??= this.#clock.now();
    this.#told();
    // While a server is away every attempt fails alike: the first one tells it.
    if (repeated) return;
    const usual = reason === 'expired' || reason === 'silent';
    const fields = { kind: resourceName(this.kind), reason, message };
    this.#log[usual ? 'info' : 'warn']('watch interrupted', fields);
  }

  refused(state: 'absent' | 'denied', message: string): void {
    this.#problem = message;
    if (this.#state === state) return;
    this.#state = state;
    this.#told();
    const unneeded = state === 'absent' && this.kind.need === 'optional';
    this.#log[unneeded ? 'info' : 'warn'](`kind is ${state}`, { kind: resourceName(this.kind), message });
  }

  get state(): KindState {
    return this.#state;
  }

  /** Lists that were taken over. */
  get lists(): number {
    return this.#lists;
  }

  get interruptions(): ReadonlyMap<Interruption, number> {
    return this.#interruptions;
  }

  /** Milliseconds since an event, a bookmark or a list came. */
  age(now: number): number {
    return now - this.#lastHeard;
  }

  /** Never seen, gone, or (without any older picture) denied. A required kind that was seen is judged by its age. */
  isAbsent(): boolean {
    if (this.#lists === 0 || this.#state === 'absent') return true;
    return this.#state === 'denied' && this.kind.need === 'optional';
  }

  isStale(now: number): boolean {
    return !this.isAbsent() && this.age(now) > staleMs;
  }

  /** Listed, or nothing that the first picture should wait for: not to be had, or an optional kind that fails. */
  hasCome(): boolean {
    if (this.#lists > 0 || this.#state !== 'starting') return true;
    return this.kind.need === 'optional' && this.#problem !== null;
  }

  /** Null, or why this kind holds readiness back. Once it was applied it never does so again. */
  missing(now: number): string | null {
    if (this.#applied) return null;
    if (this.kind.need === 'optional' && this.#mayBeSkipped(now)) return null;
    return `${resourceName(this.kind)}: ${this.#problem ?? 'not listed yet'}`;
  }

  #mayBeSkipped(now: number): boolean {
    if (this.#state === 'absent' || this.#state === 'denied') return true;
    return this.#failingSince !== null && now - this.#failingSince >= patienceMs;
  }

  /** Stale, or not to be read: what needs this kind warns at most. */
  isDegraded(now: number): boolean {
    return this.#state === 'denied' || this.isStale(now);
  }

  /** For example `denied (listing pods: …)`, `live, stale: last heard of 151 s ago`. */
  describe(now: number): string {
    const problem = this.#problem === null ? '' : ` (${this.#problem})`;
    const age = this.isStale(now) ? `, stale: last heard of ${Math.round(this.age(now) / 1000)} s ago` : '';
    return `${this.#state}${age}${problem}`;
  }
}

/** Foreign policy kinds share one record kind: one that is stale or denied speaks for all of them. */
export function freshnessOf(statuses: Iterable<KindStatus>, now: number): Freshness {
  const stale = new Map<Need, number>();
  const absent = new Set<Need>();
  for (const status of statuses) {
    const kind = status.kind.record;
    // That an API does not exist which not every cluster has is no gap in what we know.
    if (status.isAbsent() && !(installed.has(kind) && status.state === 'absent')) absent.add(kind);
    if (!status.isStale(now)) continue;
    stale.set(kind, Math.max(stale.get(kind) ?? 0, Math.round(status.age(now) / 1000)));
  }
  return {
    stale: [...stale].map(([kind, ageSeconds]) => ({ kind, ageSeconds })),
    absent: [...absent],
  };
}

/** Kinds that no cluster has of itself. */
const installed: ReadonlySet<Need> = new Set(['ForeignPolicy', 'HTTPRoute', 'Monitor']);
