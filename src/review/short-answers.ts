import type { Review, ReviewRequest } from '../model/review.ts';
import { sanitise } from './words.ts';

/** The eight characters by which an answer is found in the log. */
export function refOf({ uid }: Pick<ReviewRequest, 'uid'>): string {
  return sanitise(uid.slice(0, 8));
}

/**
 * Admits a request that is not analysed, and says why in the audit annotations; to the user only where there is
 * something to say.
 */
export function admittedWithout(request: ReviewRequest, outcome: string, detail = ''): Review {
  const ref = refOf(request);
  const told = outcome === 'not-handled' || outcome === 'unreadable-object';
  const annotations = new Map([
    ['decision', 'admitted'],
    ['outcome', outcome],
    ['ref', ref],
  ]);
  if (outcome === 'exempt') annotations.set('exempt', sanitise(detail));
  if (outcome === 'unreadable-object') annotations.set('error', sanitise(detail));
  return {
    decision: 'admitted',
    message: null,
    warnings: told ? [[...sanitise(detail)].slice(0, 240).join(''), `ref ${ref}`] : [],
    annotations,
    findings: [],
    record: {
      outcome,
      mode: 'none',
      rules: [],
      steps: 0,
      partial: null,
      wouldReject: [],
      failed: [],
      excused: outcome === 'exempt' ? [{ by: 'exemption', detail: sanitise(detail) }] : [],
      unknownReasons: [],
      connections: { blocked: 0, opened: 0, undecided: 0 },
    },
  };
}
