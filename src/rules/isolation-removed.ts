import { flippedPods, placeOf } from './change-place.ts';
import { isolationText } from './change-words.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R16. After the change no policy isolates these pods in a direction any more: everything may reach them, or they may
 * reach everything. Deleting the last policy does it, and so does a narrower `podSelector` or fewer `policyTypes`.
 *
 * Fine where another policy isolates the same pods: then nothing is freed. Fine also when the application goes away
 * with its policies; a terminating namespace is not reviewed at all.
 *
 * Fix: keep a default-deny for the namespace. Platforms that close unselected pods never free any.
 */
export const isolationRemoved: ChangeRule = {
  id: 'isolation-removed',
  number: 'R16',
  title: 'Pods are isolated no longer',
  judges: 'change',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'policy',
  needs: ['Pod', 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: true,
  *check({ change, worlds, difference, impact }: ChangeInput): Iterable<Draft> {
    const told = isolationText(impact.freed);
    if (told === '') return;
    yield {
      key: '',
      at: placeOf(change),
      happens: [`frees ${told} until another policy selects them`],
      advice: [],
      affected: flippedPods(difference.flips, 'freed', worlds.after),
    };
  },
};
