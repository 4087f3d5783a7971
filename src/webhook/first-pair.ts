import type { Clock } from './clock.ts';
import { describeThrown, type Log } from './decision-log.ts';
import { checkPair, isProblem, type KeyPair, loadPair, type PairFiles, type PairTexts } from './tls.ts';

const LOOK_MS = 1_000;

/** Fetches the pair from where it is made, while the files are still empty; null where it is not made yet. */
export type FetchPair = () => Promise<PairTexts | null>;

/** The pair to begin with, and where it was. */
export interface FirstPair {
  readonly pair: KeyPair;
  readonly from: 'files' | 'secret';
}

export interface PairSearch {
  readonly files: PairFiles;
  readonly fetch: FetchPair;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the search. */
  readonly giveUp: AbortSignal;
  /** Told what is waited for. */
  readonly waitingFor: (what: string) => void;
}

/**
 * Looks every second until the files hold a usable pair or the Secret does: at the very first install the kubelet
 * mounts an empty Secret, and shows what comes into it only a minute later. Null when it was given up.
 */
export async function awaitPair(search: PairSearch): Promise<FirstPair | null> {
  const { files, clock, log, giveUp } = search;
  let said = '';
  while (!giveUp.aborted) {
    const mounted = loadPair(files, clock.wall());
    if (!isProblem(mounted)) return { pair: mounted, from: 'files' };
    const fetched = await fetchUsable(search);
    if (typeof fetched !== 'string') return { pair: fetched, from: 'secret' };
    const waitingFor = `waiting for the certificate: ${fetched}`;
    search.waitingFor(waitingFor);
    if (waitingFor !== said) log.info(waitingFor);
    said = waitingFor;
    await pause(clock, giveUp);
  }
  return null;
}

async function fetchUsable({ fetch, files, clock }: PairSearch): Promise<KeyPair | string> {
  try {
    const texts = await fetch();
    if (texts === null) return 'nobody has made it yet';
    const pair = checkPair(texts, files, clock.wall());
    return isProblem(pair) ? pair.problem : pair;
  } catch (thrown) {
    return describeThrown(thrown).message;
  }
}

function pause(clock: Clock, giveUp: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      giveUp.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(LOOK_MS, end);
    giveUp.addEventListener('abort', end);
  });
}
