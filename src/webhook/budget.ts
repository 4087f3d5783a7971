import type { ReviewLimits } from '../model/review.ts';
import type { Clock } from './clock.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const TIMEOUT_FLOOR_MS = 500;
const TIMEOUT_CEILING_MS = 30_000;
/** The API server rounds the remaining time up to whole seconds, so that much of it may not exist. */
const MARGIN_MS = 500;

const unitMs: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]);

/** One Go duration of a single unit (`10s`, `1.5m`, `800ms`) or plain seconds; null when it is neither. */
function durationMs(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|)$/.exec(text);
  if (match === null) return null;
  const factor = unitMs.get(match[2] === '' ? 's' : (match[2] ?? '')) ?? 1000;
  const ms = Number(match[1]) * factor;
  return ms > 0 ? ms : null;
}

/**
 * How long the caller waits, in milliseconds, from the request's URL: `?timeout=3s`. Absent, unreadable, zero,
 * negative or given twice means ten seconds; everything else is clamped to 0.5–30 s.
 */
export function timeoutOf(url: string): number {
  const query = url.indexOf('?');
  const given = query < 0 ? [] : new URLSearchParams(url.slice(query + 1)).getAll('timeout');
  const ms = given.length === 1 ? durationMs(given[0] ?? '') : null;
  return ms === null ? DEFAULT_TIMEOUT_MS : Math.min(TIMEOUT_CEILING_MS, Math.max(TIMEOUT_FLOOR_MS, ms));
}

/** Monotonic time by which the answer must be on its way: nobody waits for what comes later. */
export function answerBy(timeoutMs: number, arrived: number): number {
  return arrived + Math.max(0, timeoutMs - MARGIN_MS);
}

/** What an operator may bound. */
export interface Bounds {
  readonly stepsMax: number;
  /** Milliseconds of analysis per request, however long the caller waits. */
  readonly deadlineMs: number;
}

/** The limits of one review, and whether it was the clock that ended it. */
export interface Budget {
  readonly limits: ReviewLimits;
  readonly ranOut: () => boolean;
}

/** @param arrived monotonic time at which the request's headers were read; waiting for a turn counts. */
export function budgetFor(timeoutMs: number, arrived: number, bounds: Bounds, clock: Clock): Budget {
  const end = Math.min(clock.monotonic() + bounds.deadlineMs, answerBy(timeoutMs, arrived));
  let late = false;
  return {
    limits: {
      stepsMax: bounds.stepsMax,
      expired: () => {
        late ||= clock.monotonic() >= end;
        return late;
      },
      today: clock.wall().toISOString().slice(0, 10),
    },
    ranOut: () => late,
  };
}
