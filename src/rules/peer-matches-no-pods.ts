import type { FixStep, Phrase } from '../model/finding.ts';
import type { Clause, PodPeer } from '../model/policy.ts';
import { everything, selectsEverything } from '../model/selector.ts';
import { runsOnNodes } from '../platform/host-pods.ts';
import { Kept } from '../platform/kept.ts';
import type { Unit } from '../world/unit.ts';
import { type PodSlip, podSlip, soughtMax } from './near-miss.ts';
import { podKinds } from './pod-kinds.ts';
import {
  inventedUnits,
  looksSomewhere,
  onlyNamespace,
  peerOf,
  podCount,
  podPeersOf,
  realUnits,
  scopeText,
  unitsOf,
} from './pod-peers.ts';
import { workloadsThat } from './related.ts';
import { labelSteps, podPeersIn } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R08. A peer matches no pod of any namespace it looks in, so it allows nothing; where it is the only one, the policy
 * denies everything without saying so. Most often a label is misspelt.
 */
export const peerMatchesNoPods: PolicyRule = {
  id: 'peer-matches-no-pods',
  number: 'R08',
  title: 'A peer matches no pods',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'workload',
  needs: [...podKinds, 'Namespace'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: `
      A peer that matches no pod allows nothing. Where it is the only one of its clause, the policy
      denies everything and does not look like it. Most often a label is misspelt, or the namespace is
      another one than thought.`,
    fix: `
      Write the label that the pods have. \`lint --fix\` does, where exactly one value is nearly the one
      that was written.`,
    fine: `
      The peer's workload may be yet to come: then no pod has nearly the labels, and the rule is an
      info. Planned pods count. Pods of the node's network do not: no selector matches them. Peers
      without any label selector are not meant, and those whose namespaces do not exist, or whose pods
      live elsewhere, are told by \`namespace-selector-matches-nothing\` and
      \`peer-pods-live-in-another-namespace\`.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const dead = [...podPeersOf(input.policy)].filter(
      ({ peer }) => realUnits(input, peer).isEmpty() && !isToldByOthers(input, peer),
    );
    const scopes = new Kept<string, readonly Unit[]>();
    for (const [index, { clause, peer, key }] of dead.entries()) {
      const slip = index >= soughtMax ? null : podSlip(peer.pods, around(input, peer, scopes));
      const advice = adviceFor(input, peer, slip);
      const what = selectsEverything(peer.pods) ? 'any label' : peer.pods.text;
      yield {
        key,
        at: peer.origin,
        happens: [
          `${what} matches no pods `,
          ...scopeText(peer),
          onNodeNetwork(input, peer) ? ' but those of the node network' : '',
          ' until such pods exist',
        ],
        advice,
        affected: [],
        severity: always(advice.length === 0 ? 'info' : 'warning'),
        related: slip === null ? [] : workloadsThat(slip.units, `its pods have ${slip.found}`),
        fix: slip === null ? [] : stepsFor(input, clause, peer, slip),
      };
    }
  },
};

/** Every peer of the direction that says the same is mended with it. */
function stepsFor(input: PolicyInput, { direction }: Clause, peer: PodPeer, slip: PodSlip): FixStep[] {
  if (!slip.only || !isTold(input, peer, slip)) return [];
  const equal = podPeersIn(input.policy, direction).filter((each) => each.key === peer.key);
  return equal.flatMap(({ origin, pods }) => labelSteps(`${origin}.podSelector`, pods, slip));
}

/** R09 speaks of namespaces that do not exist, R10 of pods in others; every pod of the own namespace is never dead. */
function isToldByOthers(input: PolicyInput, peer: PodPeer): boolean {
  const { namespaces, pods } = peer;
  if (namespaces !== 'own') return !looksSomewhere(input, peer);
  const anywhere = input.world.peerUnits(input.policy.ref.namespace, peerOf(everything, pods)).may;
  return selectsEverything(pods) || !anywhere.andNot(inventedUnits(input)).isEmpty();
}

/** The pods of the namespaces that the peer looks into. */
function around(
  input: PolicyInput,
  { namespaces }: PodPeer,
  scopes: Kept<string, readonly Unit[]>,
): readonly Unit[] {
  const scope = peerOf(namespaces, everything);
  return scopes.of(scope.key, () => unitsOf(input.world, realUnits(input, scope)));
}

/** Labels are told only of namespaces that the policy itself names; of others a workload, which the review may hide. */
function isTold({ policy }: PolicyInput, peer: PodPeer, { units: [unit] }: PodSlip): boolean {
  return unit?.namespace === policy.ref.namespace || unit?.namespace === onlyNamespace(policy, peer);
}

function adviceFor(input: PolicyInput, peer: PodPeer, slip: PodSlip | null): Phrase {
  const [unit] = slip?.units ?? [];
  if (slip === null || unit === undefined) return [];
  const { namespace, workload } = unit;
  if (isTold(input, peer, slip)) return [`write ${slip.found} (${podCount(slip.units)}) for ${slip.asked}`];
  return ['compare its labels with ', { kind: 'workload', namespace, name: workload.name }];
}

/** Looked up only where the peer names one namespace: no index holds these pods. */
function onNodeNetwork({ policy, world }: PolicyInput, peer: PodPeer): boolean {
  const namespace = onlyNamespace(policy, peer);
  return namespace !== null && runsOnNodes(world, namespace, peer.pods);
}
