import { type DestinationStream, type Logger, pino } from 'pino';
import type { Review, ReviewRequest } from '../model/review.ts';
import { findingId } from '../review/finding-id.ts';
import { refOf } from './admission-review.ts';

const TEXT_MAX = 256;
const RULES_MAX = 50;
const FINDINGS_MAX = 50;

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** JSON lines on stdout, or wherever `to` goes. pino escapes what would break a line. */
export function makeLog(level: string, to?: DestinationStream): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return to === undefined ? pino(options) : pino(options, to);
}

/** Every text that a caller chose is cut, so that one request cannot fill the disk. */
export function cut(value: string): string {
  return value.length <= TEXT_MAX ? value : `${value.slice(0, TEXT_MAX - 1)}…`;
}

/** What the log says of a request, whatever became of it. */
export function requestFields(request: ReviewRequest): Readonly<Record<string, string | boolean>> {
  return {
    ref: refOf(request.uid),
    uid: cut(request.uid),
    operation: cut(request.operation),
    resource: cut(`${request.resource}${request.subResource === '' ? '' : `/${request.subResource}`}`),
    namespace: cut(request.namespace),
    name: cut(request.name),
    user: cut(request.user.name),
    dryRun: request.dryRun,
  };
}

/** The one line per judged request, and one for each rule that failed, which is a bug of ours. */
export function logDecision(log: Log, request: ReviewRequest, review: Review, durationMs: number): void {
  const record = review.record;
  // Somebody used the way around a rejection: whoever reads only warnings must see it.
  const level = record.excused.some(({ by }) => by === 'break-glass') ? 'warn' : 'info';
  log[level](
    {
      ...requestFields(request),
      decision: review.decision,
      mode: cut(record.mode),
      rules: record.rules.slice(0, RULES_MAX).map(cut),
      findings: review.findings
        .filter(({ rule }) => record.rules.includes(rule))
        .slice(0, FINDINGS_MAX)
        .map(findingId),
      excused: record.excused.slice(0, RULES_MAX).map(({ by, detail }) => cut(`${by} ${detail}`)),
      outcome: cut(record.outcome),
      partial: record.partial === null ? null : cut(record.partial),
      steps: record.steps,
      durationMs: Math.round(durationMs * 1000) / 1000,
    },
    'decision',
  );
  for (const { rule, error } of record.failed) {
    log.error(
      { ref: refOf(request.uid), rule, cause: describeThrown(error) },
      'a rule failed; its findings are missing',
    );
  }
}

/** Message and stack of whatever was thrown; JSON.stringify makes `{}` of an Error. */
export function describeThrown(thrown: unknown): { readonly message: string; readonly stack: string } {
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown)) {
    return { message: typeof thrown === 'object' ? 'a thrown object' : cut(String(thrown)), stack: '' };
  }
  const stack = 'stack' in thrown && typeof thrown.stack === 'string' ? thrown.stack : '';
  return { message: cut(String(thrown.message)), stack };
}
