import { directions } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import { isGoverned } from '../world/policy-table.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { podsOf } from './isolated-pods.ts';
import { speaksForNamespace, unitsAround, workloadsOf } from './own-namespace.ts';
import { podsDo } from './phrases.ts';
import { podKinds } from './pod-kinds.ts';
import { unitsOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R47. Some pods of the namespace are selected by no policy in a direction, so that everybody reaches them, or they
 * reach everybody. Told on the first policy of the namespace, by name, and once for each direction.
 */
export const podsUnprotected: PolicyRule = {
  id: 'pods-unprotected',
  number: 'R47',
  title: 'Some pods of the namespace are selected by no policy',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'policy',
  needs: [...podKinds, 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'namespace',
  admission: 'silent',
  page: {
    why: `
      A pod that no policy selects is open in that direction: everybody reaches it, or it reaches
      everybody. The policies beside it change nothing about that. It is easy to miss, because a
      namespace with a dozen policies looks protected, and because the two directions are counted
      apart: a policy that speaks of ingress alone leaves egress open.`,
    fix: `
      Add a policy with an empty \`podSelector\` that denies the direction (\`netsluice generate
      default-deny\` writes one), or select the pods that the message names.`,
    fine: `
      Pods that are meant to be open, such as an ingress controller, may stay so. Pods of the node's
      network and pods that have ended are not counted: no policy governs them. The finding is told on
      the first policy of the namespace by name, once for each direction, by the command line and the
      scan only; nobody who applies another policy is bothered with it.`,
    platforms: `
      Where the plugin closes pods that no policy selects (\`platform.unselectedPods\`), nothing is told.
      Pods without an owner, which the agent on AWS leaves alone, are told by
      \`pod-outside-enforcement\`.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world } = input;
    if (world.profile.enforcement === 'no' || !speaksForNamespace(input)) return;
    const around = unitsAround(input).toArray();
    for (const direction of directions) {
      const ungoverned = around.filter((id) => !isGoverned(world.governing(id, direction)));
      const open = unitsOf(world, BitSet.of(ungoverned)).filter((unit) => !standsOutside(world, unit));
      if (open.length === 0) continue;
      yield {
        key: direction,
        at: 'spec.podSelector',
        happens: [
          `${podsDo(open, 'real', { one: 'is', many: 'are', invented: '' })} `,
          `selected by no policy for ${direction}: `,
          workloadsOf(open),
        ],
        advice: [`add a default-deny for ${direction}, or select them`],
        affected: podsOf(open),
      };
    }
  },
};

/** Selecting a pod without an owner changes nothing where the plugin leaves such pods alone. */
function standsOutside({ profile }: World, { workload }: Unit): boolean {
  return workload.kind === 'Pod' && profile.standalonePods !== 'governed';
}
