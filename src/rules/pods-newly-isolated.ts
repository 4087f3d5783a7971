import type { IsolationTally } from '../impact/impact.ts';
import { flippedPods, placeOf } from './change-place.ts';
import { isolationText } from './change-words.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R13. The change isolates pods that were open in a direction: from now on only what a clause allows goes through.
 * That is what a default-deny is for, and how it causes outages: everything that no clause allows stops at once.
 *
 * Fine where it is meant and the allows are there before, or come in the same change. Pods that were isolated already
 * do not count, whatever policy did it.
 *
 * Fix: apply the allows first. Platforms that close unselected pods never isolate newly.
 */
export const podsNewlyIsolated: ChangeRule = {
  id: 'pods-newly-isolated',
  number: 'R13',
  title: 'Pods become isolated',
  judges: 'change',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: ['Pod', 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: true,
  *check({ change, worlds, difference, impact }: ChangeInput): Iterable<Draft> {
    const told = isolationText(impact.isolated, keeping);
    if (told === '') return;
    yield {
      key: '',
      at: placeOf(change),
      happens: [`isolates ${told}`],
      advice: ['allow first what they need'],
      affected: flippedPods(difference.flips, 'isolated', worlds.after),
    };
  },
};

function keeping({ keepNone }: IsolationTally): string {
  if (keepNone === 0) return '';
  return keepNone === 1 ? ', 1 keeps nothing' : `, ${keepNone} keep nothing`;
}
