import type { Requirement, Selector } from '../model/selector.ts';
import { podPeersOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R36. A selector asks for a label whose value changes with a rollout, a chart version or a pod's place. After the next
 * one it matches other pods, or none: the policy stops isolating them, or stops letting them in.
 *
 * Fine in a policy that a controller manages, which writes the selector anew with each rollout, and where only the
 * presence of the label is asked for.
 *
 * Fix: ask for labels that stay. Platforms do not differ.
 */
export const unstableSelectorLabel: PolicyRule = {
  id: 'unstable-selector-label',
  number: 'R36',
  title: 'A selector asks for a label that changes with a rollout',
  judges: 'policy',
  severity: always('info'),
  confidence: 'likely',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  admission: 'silent',
  page: {
    why:
      'Some labels are there to tell one rollout, one chart version or one pod from the next: `pod-template-hash`, ' +
      '`helm.sh/chart`, `app.kubernetes.io/version`, `job-name`. A policy that asks for the value of such a label works ' +
      'on the day it is written. With the next rollout the pods bear another value: a policy that selects them so no ' +
      'longer isolates them, and a peer that names them so no longer lets them in. Charts that put all of their labels ' +
      'into selectors do this unasked.',
    fix: 'Ask only for labels that stay the same for the life of the workload, such as `app.kubernetes.io/name` and `app.kubernetes.io/instance`.',
    fine:
      'A controller that does blue/green rollouts sets such selectors on purpose and moves them along. Netsluice is ' +
      'silent about policies that have a controlling owner (`ownerReferences` with `controller: true`), and about ' +
      'selectors that ask only whether such a label is there. One pod of a StatefulSet has a label of its own, ' +
      '`statefulset.kubernetes.io/pod-name`, that stays; it is told because a policy for one pod rarely is what was meant.',
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    if (policy.source.owned) return;
    yield* draftsOf(policy.subject, 'spec.podSelector', 'subject');
    for (const { peer, key } of podPeersOf(policy))
      yield* draftsOf(peer.pods, `${peer.origin}.podSelector`, key);
  },
};

/** What a value of the label stands for, and so what ends it. */
const endings: ReadonlyMap<string, string> = new Map([
  ['pod-template-hash', 'changes with every rollout'],
  ['controller-revision-hash', 'changes with every rollout'],
  ['pod-template-generation', 'changes with every rollout'],
  ['rollouts-pod-template-hash', 'changes with every rollout'],
  ['controller-uid', 'is another one for every Job'],
  ['batch.kubernetes.io/controller-uid', 'is another one for every Job'],
  ['job-name', 'is another one for every Job'],
  ['batch.kubernetes.io/job-name', 'is another one for every Job'],
  ['helm.sh/chart', 'changes with every version of the chart'],
  ['app.kubernetes.io/version', 'changes with every version of the app'],
  ['statefulset.kubernetes.io/pod-name', 'is that of a single pod'],
  ['apps.kubernetes.io/pod-index', 'is that of a single pod'],
]);

function* draftsOf(selector: Selector, at: string, key: string): Iterable<Draft> {
  for (const requirement of selector.requirements) {
    const ending = asksForValue(requirement) ? endings.get(requirement.key) : undefined;
    if (ending === undefined) continue;
    yield {
      key: `${key} ${requirement.key}`,
      at: `${at}${placeIn(requirement)}`,
      happens: [`asks for a value of ${requirement.key}, which ${ending}`],
      advice: ['ask for labels that stay, such as app.kubernetes.io/name'],
      affected: [],
    };
  }
}

function placeIn({ key, place }: Requirement): string {
  if (place === undefined) return '';
  return place === 'labels' ? `.matchLabels[${key}]` : `.matchExpressions[${place}]`;
}

function asksForValue({ operator }: Requirement): boolean {
  return operator === 'In' || operator === 'NotIn';
}
