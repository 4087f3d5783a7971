import type { CompiledPolicy } from '../model/policy.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { type WrittenPort, writtenPorts } from './written-clauses.ts';

/**
 * R56. A policy counts on a protocol that is not covered: SCTP where the network plugin does not filter it or nobody
 * knows, or ICMP, of which NetworkPolicies do not speak at all.
 *
 * Fine on a plugin that supports SCTP. Said once for a policy, and of ICMP only where the policy's own name or
 * annotations say that it is about ICMP.
 *
 * Fix: none within a NetworkPolicy. This rule is about platforms only.
 */
export const protocolNotCovered: PolicyRule = {
  id: 'protocol-not-covered',
  number: 'R56',
  title: 'A policy counts on a protocol that the network plugin does not cover',
  judges: 'policy',
  severity: always('info'),
  confidence: 'likely',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why:
      'NetworkPolicies define what happens to TCP, UDP and SCTP, and network plugins need not support SCTP. Where one does ' +
      'not, an SCTP port in a policy admits nothing, and the pods that the policy selects are isolated all the same: the ' +
      'connection is blocked. Of ICMP the API says nothing: a policy that denies everything may or may not stop `ping`, and ' +
      'a plugin that does drop ICMP may break the discovery of path MTUs, so that large packets vanish.',
    fix:
      'For SCTP, turn its support on or change the plugin, and state in the settings (`platform`) what it does. For ICMP, ' +
      "use the plugin's own policy API where it has one, and do not promise in names and annotations what a NetworkPolicy cannot do.",
    fine:
      'Netsluice says it once for a policy. It is silent where the platform profile says that SCTP is supported, and about ' +
      'ICMP unless the name or an annotation of the policy speaks of it.',
    platforms:
      'Cilium needs SCTP to be turned on. The AWS VPC CNI has dropped ICMP of isolated pods, path MTU messages among it; ' +
      'others let ICMP pass.',
  },
  *check({ policy, world }: PolicyInput): Iterable<Draft> {
    const { sctp } = world.profile;
    const item = sctp === 'supported' ? undefined : sctpItem(policy);
    if (item !== undefined) {
      const blocked = 'admits nothing, and its pods are isolated all the same';
      yield {
        key: 'SCTP',
        at: `${item.at}.protocol`,
        happens: [
          sctp === 'unsupported'
            ? `this network plugin does not cover SCTP: the port ${blocked}`
            : `whether this network plugin covers SCTP is not known: the port may admit nothing`,
        ],
        advice: ['state in the settings what the plugin does'],
        affected: [],
      };
    }
    const place = speaksOfIcmp(policy);
    if (place === null) return;
    yield {
      key: 'ICMP',
      at: place,
      happens: [
        'a NetworkPolicy speaks of TCP, UDP and SCTP: whether ICMP passes is up to the network plugin',
      ],
      advice: ['use a policy API of the plugin for ICMP'],
      affected: [],
    };
  },
};

function sctpItem(policy: CompiledPolicy): WrittenPort | undefined {
  for (const item of writtenPorts(policy)) if (item.protocol === 'SCTP') return item;
  return undefined;
}

/** Where the policy says of itself that it is about ICMP, or null. What tools write about it is no such place. */
function speaksOfIcmp({ source }: CompiledPolicy): string | null {
  if (/(?:^|[-.])icmp/.test(source.name)) return 'metadata.name';
  for (const [key, value] of [...source.annotations].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ours = key.startsWith('netsluice.dev/') || key.startsWith('kubectl.kubernetes.io/');
    if (!ours && /\bicmp\b/i.test(value.slice(0, textMax))) return `metadata.annotations[${key}]`;
  }
  return null;
}

/** Descriptions are shorter; annotations may be long. */
const textMax = 2000;
