import type { Phrase } from '../model/finding.ts';
import { type BlockPeer, type Clause, clausesOf, directions } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import type { Holding } from '../platform/cluster-ranges.ts';
import { isWide } from '../sets/ranges.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R25. An ipBlock holds addresses of the cluster's own pods, Services or nodes. Pods change theirs, plugins differ in
 * whether such a block matches pods at all, and ClusterIPs are most often translated before policies look.
 */
export const ipblockCoversClusterRanges: PolicyRule = {
  id: 'ipblock-covers-cluster-ranges',
  number: 'R25',
  title: 'An ipBlock holds addresses of the cluster itself',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: ['Pod', 'Service', 'Node'],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: 'An `ipBlock` is meant for addresses outside the cluster. A pod has another address after every restart, and whether a block matches pods at all is the network plugin’s affair. The ClusterIP of a Service is most often replaced by the address of a pod before a policy looks, so that a block with it matches nothing.',
    fix: 'Select pods with `podSelector` and `namespaceSelector`. For a Service, select the pods behind it and allow their port, not that of the Service.',
    fine: 'Addresses of nodes are the way to admit pods that share the network of their node, and load balancers that send traffic through nodes; they are an info at every level. A block of nearly all addresses is `ipblock-any-address`, not this, and an `except` that leaves the cluster’s ranges out silences the rule. Only ranges that objects of the cluster tell are known: `podCIDRs` of nodes, addresses of pods, ClusterIPs and node addresses.',
    platforms:
      'Calico and the reference implementation match pods by their address; Cilium never does, nor nodes unless it is told to; OVN-Kubernetes does. On AWS the address of the pod counts, and a ClusterIP never.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { facts, policy } = input;
    const told = new Set<string>();
    for (const clause of directions.flatMap((direction) => clausesOf(policy, direction))) {
      for (const peer of clause.peers === 'any' ? [] : clause.peers) {
        if (peer.kind !== 'block' || isWide(peer.block) || told.has(peer.origin)) continue;
        const holding = facts.holding(peer);
        const key = `${holding?.kind} ${clause.direction} ${peer.key}`;
        if (holding === null || told.has(key)) continue;
        // Some plugins make two blocks of the one that is written.
        told.add(key).add(peer.origin);
        yield draftOf(input, clause, peer, holding, key);
      }
    }
  },
};

function draftOf(
  { world }: PolicyInput,
  { direction }: Clause,
  { block, origin }: BlockPeer,
  holding: Holding,
  key: string,
): Draft {
  const [cidr = block.text] = block.text.split(' except ');
  const draft = { key, at: `${origin}.ipBlock.cidr`, affected: [] };
  switch (holding.kind) {
    case 'pod':
      return {
        ...draft,
        happens: [`${cidr} holds addresses of pods, ${onPods[world.profile.ipBlockPods]}`],
        advice: ['select the pods by their labels'],
      };
    case 'service':
      return { ...draft, ...ofService(holding, cidr, direction) };
    case 'node':
      return {
        ...draft,
        happens: [`${cidr} holds addresses of nodes, and so of every pod that shares the network of one`],
        advice: ['keep it if nodes are meant'],
        severity: always('info'),
        related: [
          {
            object: { kind: 'Node', namespace: null, name: holding.node },
            at: '',
            says: 'this node has one of them',
          },
        ],
      };
  }
}

const onPods: Readonly<Record<Profile['ipBlockPods'], string>> = {
  matches: 'which change with every restart',
  unknown: 'which change with every restart and which some plugins never match',
  'does-not-match': 'which this network plugin never matches',
};

function ofService(
  { service }: Extract<Holding, { kind: 'service' }>,
  cidr: string,
  direction: Clause['direction'],
): Pick<Draft, 'happens' | 'advice' | 'related'> {
  const end: Phrase =
    direction === 'egress'
      ? [', which is translated before most plugins look']
      : [', from which nothing ever comes'];
  return {
    happens: [`${cidr} holds the ClusterIP of `, { kind: 'workload', ...service }, ...end],
    advice: ['select the pods behind it by their labels'],
    related: [
      { object: { kind: 'Service', ...service }, at: 'spec.clusterIP', says: 'this Service has the address' },
    ],
  };
}
