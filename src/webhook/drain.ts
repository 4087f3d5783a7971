import type { Clock } from './clock.ts';
import type { Log } from './decision-log.ts';

/** Milliseconds. */
export interface DrainTimes {
  /** Keep accepting at least so long: the news that this endpoint is gone needs time to spread. */
  readonly minMs: number;
  /** Stop accepting after so long, whatever still comes. */
  readonly maxMs: number;
  /** … or, after `minMs`, once no request came for so long. */
  readonly quietMs: number;
  /** How long answers in progress may take at the end; then their connections are cut. */
  readonly finishMs: number;
}

export interface DrainDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly times: DrainTimes;
  /** Stops accepting, closes idle connections, and resolves when the last answer is out. */
  readonly close: () => Promise<void>;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

export interface Drain {
  readonly draining: () => boolean;
  /** To be told about every request … */
  readonly onRequest: () => void;
  /** … and when nothing more is said about it. */
  readonly onAnswered: () => void;
  /** The first call begins the drain, which ends with exit code 0; the second exits at once with 1. */
  readonly signal: () => void;
}

const LOOK_MS = 100;

/**
 * Leaves without losing a call: API servers keep their connections to a dying webhook, so readiness turns at once
 * while every answer closes its connection, and only after a quiet time the port closes.
 */
export function makeDrain(deps: DrainDeps): Drain {
  const { clock, times } = deps;
  let began: number | null = null;
  let cancel: () => void = () => undefined;
  let lastRequest = Number.NEGATIVE_INFINITY;
  let inProgress = 0;

  function finish(): void {
    const cut = clock.after(times.finishMs, () => {
      // An API server dials ahead: a connection that it never used is waited for as well, since a call may yet come.
      if (inProgress > 0) deps.log.warn('answers in progress took too long; their connections are cut');
      else deps.log.info('drained');
      deps.exit(0);
    });
    deps.close().then(
      () => {
        cut();
        deps.log.info('drained');
        deps.exit(0);
      },
      (error: unknown) => {
        cut();
        deps.log.error({ cause: String(error) }, 'closing failed');
        deps.exit(0);
      },
    );
  }

  function look(since: number): void {
    const now = clock.monotonic();
    const quiet = now - since >= times.minMs && now - lastRequest >= times.quietMs;
    if (quiet || now - since >= times.maxMs) finish();
    else cancel = clock.after(Math.min(LOOK_MS, times.quietMs), () => look(since));
  }

  return {
    draining: () => began !== null,
    onRequest: () => {
      lastRequest = clock.monotonic();
      inProgress += 1;
    },
    onAnswered: () => {
      inProgress -= 1;
    },
    signal: () => {
      if (began !== null) {
        cancel();
        deps.log.warn('second signal: leaving at once');
        deps.exit(1);
        return;
      }
      began = clock.monotonic();
      deps.log.info('draining');
      look(began);
    },
  };
}
