import { type Clause, type CompiledPolicy, clausesOf, type PodPeer } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import { type HostPod, hostDaemonsIn } from '../platform/host-pods.ts';
import { parseAddress } from '../sets/addresses.ts';
import { blockHolds, weightOf } from '../world/unit.ts';
import { podKinds } from './pod-kinds.ts';
import { onlyNamespace, podPeersOf, realUnits, scopeText, unitsOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R30. A peer selects pods, and all or most of those share the network of their node. Their traffic is that of the node,
 * which no selector matches on most network plugins, so that the peer allows nothing.
 */
export const hostnetworkPeer: PolicyRule = {
  id: 'hostnetwork-peer',
  number: 'R30',
  title: 'A peer selects pods of the node’s network',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'workload',
  needs: [...podKinds, 'Namespace'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: 'Pods with `hostNetwork: true`, as many ingress controllers, monitoring agents and the API server have, send from the address of their node. A peer with selectors does not match that address. It looks as if it worked, because traffic between a pod and its own node is always allowed: what comes from the same node gets through, and what comes from another does not.',
    fix: 'Admit the addresses of the nodes with an `ipBlock` beside the selectors or in their place, for example the range the nodes are in.',
    fine: 'Where most of the selected pods have a network of their own the rule is silent, and where an `ipBlock` of the same direction holds the nodes of those that have none. A peer that selects every pod of every namespace is never meant for them.',
    platforms:
      'OVN-Kubernetes matches such pods if the peer has a `podSelector`, be it empty, beside the `namespaceSelector`. Cilium sees their traffic as that of `host` and `remote-node`, which an `ipBlock` matches only with `policy-cidr-match-mode: nodes`.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    for (const { clause, peer, key } of podPeersOf(input.policy)) {
      const hosts = peer.hostNetwork === 'yes' ? [] : hostsOf(input, peer);
      const [first] = hosts;
      if (first === undefined) continue;
      const own = podsUpTo(hosts.length / mainly, input, peer);
      if (own === null || isAdmitted(input.policy, clause.direction, hosts)) continue;
      yield { key, at: peer.origin, affected: [], ...told(input, clause, peer, first, own) };
    }
  },
};

/** So many times more pods of the node's network than others make the peer mainly one for them. */
const mainly = 4;
/** In so many namespaces the pods are looked at, in more than those the DaemonSets alone. */
const namespacesMax = 20;

/** How many pods with a network of their own the peer matches; null where these are more. */
function podsUpTo(most: number, input: PolicyInput, peer: PodPeer): number | null {
  const units = realUnits(input, peer);
  if (units.size > most) return null;
  const pods = unitsOf(input.world, units).reduce((sum, unit) => sum + weightOf(unit), 0);
  return pods > most ? null : pods;
}

function told(
  { world }: PolicyInput,
  { direction }: Clause,
  peer: PodPeer,
  { namespace, workload }: HostPod,
  own: number,
): Pick<Draft, 'happens' | 'advice' | 'severity' | 'fix'> {
  const share = own === 0 ? 'only' : 'mainly';
  const happens = [
    `this peer matches ${share} pods of the node's network `,
    ...scopeText(peer),
    ' (',
    { kind: 'workload', namespace, name: workload } as const,
    `), so ${direction === 'ingress' ? 'only those on the same node get in' : 'only those on the same node are reached'}`,
  ];
  const severity = always(own === 0 && peer.hostNetwork === 'no' ? 'warning' : 'info');
  if (world.profile.hostNetworkPeers === 'yes')
    return {
      happens,
      advice: ['add podSelector: {} to the peer'],
      severity,
      fix: [{ op: 'set', at: `${peer.origin}.podSelector`, value: {} }],
    };
  return { happens, advice: ['add an ipBlock with the addresses of the nodes'], severity };
}

function hostsOf(input: PolicyInput, peer: PodPeer): readonly HostPod[] {
  const { facts, policy, world } = input;
  const { namespaces, pods } = peer;
  const one = onlyNamespace(policy, peer);
  if (one !== null) return facts.hostPods(one, pods);
  if (namespaces === 'own' || (selectsEverything(namespaces) && selectsEverything(pods))) return [];
  if (world.lookups.namespaceCount(namespaces) > namespacesMax) {
    const hosts = hostDaemonsIn(world, namespaces, pods);
    return hosts.sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
  }
  const names = [...world.lookups.namespaces(namespaces)].map(({ name }) => name);
  return names.sort().flatMap((name) => facts.hostPods(name, pods));
}

/** Does a block of the same direction hold every node that the pods run on? */
function isAdmitted(
  policy: CompiledPolicy,
  direction: Clause['direction'],
  hosts: readonly HostPod[],
): boolean {
  const peers = clausesOf(policy, direction).flatMap((clause) =>
    clause.peers === 'any' ? [] : clause.peers,
  );
  const blocks = peers.flatMap((peer) => (peer.kind === 'block' ? [peer.block] : []));
  if (blocks.length === 0) return false;
  return hosts.every(({ addresses }) =>
    addresses
      .map(parseAddress)
      .every((address) => address === null || blocks.some((block) => blockHolds(block, address))),
  );
}
