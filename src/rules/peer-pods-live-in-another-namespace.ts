import type { Json } from '../model/finding.ts';
import type { PodPeer } from '../model/policy.ts';
import { everything, selectsEverything } from '../model/selector.ts';
import type { Unit } from '../world/unit.ts';
import { podKinds } from './pod-kinds.ts';
import { inventedUnits, peerOf, podCount, podPeersOf, realUnits, unitsOf } from './pod-peers.ts';
import { workloadsThat } from './related.ts';
import { podPeersIn } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R10. A peer with a `podSelector` alone looks in the policy's own namespace only. It matches no pod there, yet pods of
 * other namespaces have the labels: a `namespaceSelector` is missing, and the peer allows nothing.
 */
export const peerPodsLiveInAnotherNamespace: PolicyRule = {
  id: 'peer-pods-live-in-another-namespace',
  number: 'R10',
  title: 'The pods of a peer live in another namespace',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'heuristic',
  cure: 'workload',
  needs: [...podKinds, 'Namespace'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: `
      A \`podSelector\` without a \`namespaceSelector\` looks in the policy's own namespace only.
      Prometheus and ingress controllers run elsewhere, so that a peer with their label alone allows
      nothing.`,
    fix: `
      Add a \`namespaceSelector\` to the same item of the list. As an item of its own it would be an
      alternative, and admit every pod of that namespace. \`lint --fix\` adds it where all such pods
      live in one namespace.`,
    fine: `
      The own workload may be yet to come while another copy of the application runs elsewhere. The rule
      is loud only where the own namespace has pods already, and where those that match live in at most
      three namespaces, none of which also has pods like the policy's own, as a staging copy would.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    for (const { clause, peer, key } of podPeersOf(input.policy)) {
      if (peer.namespaces !== 'own' || selectsEverything(peer.pods) || !realUnits(input, peer).isEmpty())
        continue;
      const elsewhere = unitsElsewhere(input, peer);
      const [first] = elsewhere;
      if (first === undefined) continue;
      const namespaces = [...new Set(elsewhere.map(({ namespace }) => namespace))].sort();
      const [name = first.namespace, second] = namespaces;
      const meant = isMeant(input, namespaces);
      const equal = podPeersIn(input.policy, clause.direction).filter((each) => each.key === peer.key);
      yield {
        key,
        at: peer.origin,
        happens: [`${peer.pods.text} matches no pods here until such pods exist`],
        advice:
          second === undefined
            ? ['add a namespaceSelector for ', { kind: 'namespace', name }, ` (${podCount(elsewhere)})`]
            : [`add a namespaceSelector: ${podCount(elsewhere)} match in ${namespaces.length} namespaces`],
        affected: [],
        severity: always(meant ? 'warning' : 'info'),
        related: workloadsThat(elsewhere, `its pods have ${peer.pods.text}`),
        fix:
          meant && second === undefined
            ? equal.map(({ origin }) => ({
                op: 'set',
                at: `${origin}.namespaceSelector`,
                value: byName(name),
              }))
            : [],
      };
    }
  },
};

const namespacesMax = 3;

function byName(namespace: string): Json {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
}

function unitsElsewhere(input: PolicyInput, { pods }: PodPeer): readonly Unit[] {
  const { policy, world } = input;
  const anywhere = world.peerUnits(policy.ref.namespace, peerOf(everything, pods)).may;
  return unitsOf(world, anywhere.andNot(inventedUnits(input)));
}

/** Is a missing namespaceSelector likelier than a workload that is yet to come? */
function isMeant(input: PolicyInput, namespaces: readonly string[]): boolean {
  const { policy, world } = input;
  const own = world.unitsIn(policy.ref.namespace).andNot(inventedUnits(input));
  if (own.isEmpty() || namespaces.length > namespacesMax) return false;
  if (selectsEverything(policy.subject)) return true;
  const twins = world.peerUnits(policy.ref.namespace, peerOf(everything, policy.subject)).may;
  return !namespaces.some((namespace) => twins.intersects(world.unitsIn(namespace)));
}
