import { peersKey } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { writtenPorts } from './written-clauses.ts';

/**
 * R42. A port range, where the network plugin applies only its first port or where nobody knows whether it reads ranges.
 * "If you specify endPort and the plugin does not support it, the policy is applied only for the single port field."
 *
 * Fine where the profile says that ranges are read; a range of one port is none.
 *
 * Fix: list the ports one by one, or state in the settings what the plugin does. This rule is about platforms only.
 */
export const endportIgnoredByCni: PolicyRule = {
  id: 'endport-ignored-by-cni',
  number: 'R42',
  title: 'The network plugin does not read port ranges',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why:
      '`endPort` came later than NetworkPolicies did, and nothing tells the author that the network plugin does not read ' +
      'it: the API server takes the policy, and the plugin applies `port` alone. Every other port of the range stays ' +
      'blocked, and connections to those hang.',
    fix:
      'List the ports one by one where they are few. If the plugin of this version does read ranges, say so in the ' +
      'settings (`platform`).',
    fine:
      'Where the platform profile says that ranges are read, netsluice is silent. It goes by what the profile says, ' +
      'never by the name of a plugin alone, because versions differ; where the profile says `unknown` it is an info.',
    platforms:
      'Weave Net applies the first port alone. Cilium read no ranges for years, and some of its versions allowed nothing ' +
      'instead. Calico, Antrea, OVN-Kubernetes, kube-router and the AWS VPC CNI read them.',
  },
  *check({ policy, world }: PolicyInput): Iterable<Draft> {
    const { endPort: reading } = world.profile;
    const told = new Set<string>();
    for (const { clause, protocol, port, endPort, at } of reading === 'range' ? [] : writtenPorts(policy)) {
      if (typeof port !== 'number' || endPort === null || endPort === port) continue;
      const range = `${port}-${endPort}/${protocol}`;
      const key = `${clause.direction} ${range} ${peersKey(clause)}`;
      if (told.has(key)) continue;
      told.add(key);
      const ignored = reading === 'first-port';
      yield {
        key,
        at: `${at}.endPort`,
        happens: [
          ignored
            ? `this network plugin reads no endPort: of ${range} it allows ${port} alone`
            : `whether this network plugin reads endPort is not known: of ${range} it may allow ${port} alone`,
        ],
        advice: [ignored ? 'list the ports one by one' : 'state in the settings whether it does'],
        affected: [],
        ...(ignored ? {} : { severity: always('info') }),
      };
    }
  },
};
