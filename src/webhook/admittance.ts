import type { Clock } from './clock.ts';
import { makeRateBound } from './rate-bound.ts';
import { makeTurnstile, type Waiting } from './turnstile.ts';

const WAITING_MAX = 256;

export interface AdmittanceDeps {
  /** Is there too little memory left to begin anything? */
  readonly memoryFull: () => boolean;
  /** Gives the picture a moment to learn of the request's namespace; see `ServingData`. */
  readonly caughtUp: (namespace: string) => Promise<void>;
  readonly clock: Clock;
  /** Requests with a complete body that may wait for their turn; 256 unless told. */
  readonly waitingMax?: number;
}

export interface Asking {
  /** Whose share of the time it takes; null for a caller that showed a certificate. */
  readonly address: string | null;
  readonly namespace: string;
  /** Monotonic time by which the answer must be on its way. */
  readonly by: number;
}

/** Resolves with null when it is the request's turn, else with why there will be none. */
export type Admittance = (asking: Asking) => Promise<'memory' | 'overloaded' | null>;

/** Decides who is judged, and when: one after the other, so that nobody's time runs out unanswered. */
export function makeAdmittance(deps: AdmittanceDeps): Admittance {
  const turnstile = makeTurnstile(deps.waitingMax ?? WAITING_MAX);
  const rate = makeRateBound(deps.clock);
  return async ({ address, namespace, by }) => {
    if (deps.memoryFull()) return 'memory';
    if (address !== null && !rate.admits(address)) return 'overloaded';
    await deps.caughtUp(namespace);
    const waiting = turnstile.enter();
    if (waiting === null) return 'overloaded';
    await turnOf(waiting, by, deps.clock);
    return null;
  };
}

/** Waits for the turn; who has waited almost too long goes first, and is answered by what can be said at once. */
async function turnOf(waiting: Waiting, by: number, clock: Clock): Promise<void> {
  const cancel = clock.after(Math.max(0, by - clock.monotonic()), waiting.hurry);
  await waiting.turn;
  cancel();
}
