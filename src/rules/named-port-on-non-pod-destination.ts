import type { Phrase } from '../model/finding.ts';
import { peersKey } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { peersOf, type WrittenPort, writtenPorts } from './written-clauses.ts';

/**
 * R39. An egress clause allows a port by name towards addresses, or towards everybody. Names are those of container
 * ports: an address that is no pod has none, so that nothing is allowed to it by the name.
 *
 * Fine for ingress, where the name is that of the selected pods whoever the peers are, and for peers that are pods; of a
 * mixed list only the blocks are told.
 *
 * Fix: write the number. Plugins differ: some drop such a port altogether, some resolve it on pods.
 */
export const namedPortOnNonPodDestination: PolicyRule = {
  id: 'named-port-on-non-pod-destination',
  number: 'R39',
  title: 'A port is named towards addresses, which have no port names',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why:
      'A port name in a policy is the name of a container port, and it is looked up on each destination pod. An ' +
      '`ipBlock` stands for addresses outside the cluster, which have no containers: the name resolves to nothing there ' +
      'and the clause allows nothing, although it reads as if it allowed `https`.',
    fix: 'Write the port as a number.',
    fine:
      'In an ingress clause the name is that of the selected pods, so that a named port is right there even for an ' +
      '`ipBlock`: netsluice is silent. In a list of peers that mixes pods and blocks only the blocks are meant. An egress ' +
      'clause without `to` does allow the named port on pods that declare it; it is told because nothing outside is reached.',
    platforms:
      'The AWS VPC CNI leaves out a named port in egress clauses without peers or towards blocks; NSX refuses to ' +
      'realise them. Others resolve the name on the pods among the destinations.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const item of writtenPorts(input.policy)) {
      const { clause, port, protocol, at } = item;
      if (clause.direction !== 'egress' || typeof port !== 'string') continue;
      const happens = whatHappens(input, item, port);
      const key = `${port}/${protocol} ${peersKey(clause)}`;
      if (happens === null || told.has(key)) continue;
      told.add(key);
      yield { key, at: `${at}.port`, happens, advice: ['write the number'], affected: [] };
    }
  },
};

function whatHappens({ world, policy }: PolicyInput, { clause }: WrittenPort, name: string): Phrase | null {
  const dropped = world.profile.namedPortEgress === 'ignored';
  const blocks = (policy.source.spec?.egress[clause.index]?.peers ?? []).filter(
    ({ ipBlock }) => ipBlock !== null,
  );
  const [first] = blocks;
  if (first?.ipBlock != null) {
    const have = blocks.length === 1 ? 'has' : `and ${blocks.length - 1} more have`;
    const mixed = peersOf(clause).some(({ kind }) => kind === 'pods');
    const allows = mixed ? 'allows nothing there, only on the pods' : 'allows nothing there';
    return [`port ${name} is a name, and ${first.ipBlock.cidr} ${have} no port names: it ${allows}`];
  }
  if (clause.peers !== 'any') return null;
  if (dropped) return [`port ${name} is a name, which this network plugin leaves out of a clause without to`];
  return [`port ${name} is a name, which only pods have: no address outside the cluster is allowed`];
}
