import type { Authority, Life, UsableChain } from './chain.ts';
import { backdatedMs } from './issue.ts';

/** Milliseconds. */
export interface Times {
  readonly authorityLifeMs: number;
  readonly leafLifeMs: number;
  /** How long everybody who calls has for hearing of a new authority before it is relied on. */
  readonly overlapMs: number;
}

const dayMs = 86_400_000;

/** What holds in a cluster; only the overlap is an option. */
export const standardTimes: Times = {
  authorityLifeMs: 730 * dayMs,
  leafLifeMs: 90 * dayMs,
  overlapMs: 300_000,
};

/** What is known when the next step is chosen. */
export interface Standing {
  readonly now: Date;
  /** What replicas serve; null where there is none or it cannot be served now. */
  readonly current: UsableChain | null;
  /** Made already, and served once its authority is known everywhere. */
  readonly next: UsableChain | null;
  /** Authorities of leaves that a replica may still serve. */
  readonly previous: readonly Authority[];
  /** Somebody asked for a new certificate now. */
  readonly rotateAsked: boolean;
  /** The `caBundle` of each entry of the webhook configuration, PEM; null where there is no configuration. */
  readonly published: readonly string[] | null;
  /** For how long, by a clock that never jumps, the bundle was what it is to be. */
  readonly trustedMs: number;
}

/**
 * One step of a rotation. Each is one write, so that whoever leads next sees in the cluster how far it came:
 * - `issue`: nothing can be served; make a chain and use it at once.
 * - `publish`: write the bundle into every entry of the webhook configuration.
 * - `prepare`: make the next chain and keep it beside the current one.
 * - `switch`: the next chain becomes the current one; its authority was published before.
 * - `forget`: keep only these previous authorities.
 */
export type Step =
  | { readonly do: 'issue' | 'publish' | 'prepare' | 'switch' | 'wait' | 'nothing' }
  | { readonly do: 'forget'; readonly keep: readonly Authority[] };

/** What the API server is to trust: the current authority first, then the next, then those before. */
export function bundleOf({
  current,
  next,
  previous,
}: Pick<Standing, 'current' | 'next' | 'previous'>): string {
  const all = [current?.authority, next?.authority, ...previous].flatMap((each) => each?.pem ?? []);
  return [...new Set(all)].join('');
}

/** The order of a rotation: publish old and new, wait, use the new, forget the old after its leaf's life. */
export function nextStep(standing: Standing, times: Times): Step {
  const { now, current, next, previous } = standing;
  if (current === null && next === null) return { do: 'issue' };
  const bundle = bundleOf(standing);
  if (standing.published?.some((each) => each !== bundle) === true) return { do: 'publish' };
  if (next !== null) {
    // Where nothing can be served now, waiting would only make the outage longer.
    const known = current === null || standing.trustedMs >= times.overlapMs;
    return { do: known ? 'switch' : 'wait' };
  }
  if (standing.rotateAsked || (current !== null && isDue(current, now))) return { do: 'prepare' };
  const keep = previous.filter((authority) => isNeeded(authority, times, now));
  return keep.length < previous.length ? { do: 'forget', keep } : { do: 'nothing' };
}

/** When two thirds of the life of the leaf, or of its authority, are over. */
export function renewAt({ authority, leaf }: UsableChain): Date {
  return new Date(Math.min(twoThirds(authority), twoThirds(leaf)));
}

function isDue(chain: UsableChain, now: Date): boolean {
  return now >= renewAt(chain);
}

function twoThirds({ from, until }: Life): number {
  return from + Math.ceil(((until - from) * 2) / 3);
}

/** An authority signs one leaf, at its birth: it is needed until that leaf has ended. */
function isNeeded(authority: Authority, { leafLifeMs }: Times, now: Date): boolean {
  const leafEnds = authority.from + backdatedMs + leafLifeMs;
  return now.getTime() < Math.min(authority.until, leafEnds);
}
