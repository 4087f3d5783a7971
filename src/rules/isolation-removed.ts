import { flippedPods, placeOf } from './change-place.ts';
import { isolationText } from './change-words.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R16. After the change no policy isolates these pods in a direction any more: everything may reach them, or they may
 * reach everything. Deleting the last policy does it, and so does a narrower `podSelector` or fewer `policyTypes`.
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
  cost: 'change',
  page: {
    why: `
      When the last policy that selects a pod for a direction goes, nothing restricts the pod there any
      more: everybody reaches it, or it reaches everybody. Deleting a policy does it, and so does a
      narrower \`podSelector\` or a shorter \`policyTypes\`. Nothing fails, so that nobody notices.`,
    fix: 'Keep a default-deny for the namespace: then no single policy holds the isolation alone.',
    fine: `
      It is fine where another policy isolates the same pods: then nothing is freed. It is also fine
      where the application goes away with its policies; a terminating namespace is not looked at.`,
    platforms: 'Where the platform closes pods that no policy selects, pods are never freed.',
  },
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
