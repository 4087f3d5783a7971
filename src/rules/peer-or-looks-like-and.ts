import { clausesOf, directions, type PodPeer } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import { podKinds } from './pod-kinds.ts';
import { peerOf, podCount, realUnits, scopeText, unitsOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R06. One list of peers has an item with a `namespaceSelector` alone next to one with a `podSelector` alone. Items are
 * alternatives: every pod of those namespaces is admitted. A stray dash before the second makes it so, where one item
 * with both was meant.
 */
export const peerOrLooksLikeAnd: PolicyRule = {
  id: 'peer-or-looks-like-and',
  number: 'R06',
  title: 'Two peers are alternatives where one with both selectors was likely meant',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'heuristic',
  cure: 'none',
  needs: [...podKinds, 'Namespace'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: `
      Items of \`from\` and \`to\` are alternatives; selectors inside one item must both hold. One dash
      more or less makes the difference: with the dash every pod of the selected namespaces gets in, and
      pods with the label in the policy's own namespace, where pods with the label in those namespaces
      were meant.`,
    fix: `
      Remove the dash of the second selector if both must hold. If both peers are meant, nothing is to
      be done.`,
    fine: `
      Both may be meant: then there are pods with the label in the own namespace and none in the
      selected ones, and the rule is an info. Lists with several items of either sort are deliberate and
      silent, and so is an empty \`podSelector\`.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { policy, world } = input;
    for (const clause of directions.flatMap((direction) => clausesOf(policy, direction))) {
      const pair = clause.peers === 'any' ? null : pairIn(clause.peers.filter(isPodPeer));
      if (pair === null) continue;
      const { spaces, pods, second } = pair;
      const here = !realUnits(input, pods).isEmpty();
      const there = !realUnits(input, peerOf(spaces.namespaces, pods.pods))
        .andNot(world.unitsIn(policy.ref.namespace))
        .isEmpty();
      const matched = realUnits(input, spaces);
      const count = matched.isEmpty() ? 'pods' : podCount(unitsOf(world, matched));
      yield {
        key: `${clause.direction} ${spaces.key} ${pods.key}`,
        at: second.origin,
        happens: [`matches all ${count} `, ...scopeText(spaces), ` and also ${pods.pods.text} here`],
        advice: ['remove the dash of the second peer if both selectors must hold'],
        affected: [],
        severity: always(here && !there ? 'info' : 'warning'),
        confidence: there && !here ? 'likely' : 'heuristic',
      };
    }
  },
};

interface Pair {
  readonly spaces: PodPeer;
  readonly pods: PodPeer;
  readonly second: PodPeer;
}

function isPodPeer(peer: { readonly kind: string }): peer is PodPeer {
  return peer.kind === 'pods';
}

/** The only two pod peers of a list, one of each sort. */
function pairIn(peers: readonly PodPeer[]): Pair | null {
  const [first, second, third] = peers;
  if (first === undefined || second === undefined || third !== undefined) return null;
  const [spaces, pods] = first.namespaces === 'own' ? [second, first] : [first, second];
  if (spaces.namespaces === 'own' || !selectsEverything(spaces.pods)) return null;
  return pods.namespaces !== 'own' || selectsEverything(pods.pods) ? null : { spaces, pods, second };
}
