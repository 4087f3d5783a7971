import type { IsolationTally } from '../impact/impact.ts';
import { flippedPods, placeOf } from './change-place.ts';
import { isolationText } from './change-words.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R13. The change isolates pods that were open in a direction: from now on only what a clause allows goes through.
 * That is what a default-deny is for, and how it causes outages: everything that no clause allows stops at once.
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
  cost: 'change',
  page: {
    why: `
      A pod is open until the first policy selects it for a direction. From then on only what a clause
      allows goes through. That is what a default-deny is for, and how it causes outages: everything
      that no clause allows stops at once, used or not.`,
    fix: `
      Apply the policies that allow first, then the default-deny; or all of them in one change, and look
      at \`netsluice plan\` before. \`netsluice generate default-deny\` prints one with what the cluster
      itself needs.`,
    fine: `
      It is fine where the isolation is meant and the allowances are there. Pods that any policy
      isolated before do not count.`,
    platforms: `
      Where the platform closes pods that no policy selects (Cilium's \`enable-policy: always\`, the
      strict mode of EKS), pods are never newly isolated.`,
  },
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
