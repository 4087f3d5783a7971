import { shapeOf } from '../platform/shape-of.ts';
import { podIds } from '../world/unit.ts';
import { workloadsOf } from './own-namespace.ts';
import { podsDo } from './phrases.ts';
import { podKinds } from './pod-kinds.ts';
import { realSubjects } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R60. Selected pods ask for more networks than the cluster's own. A NetworkPolicy filters the first network alone;
 * what goes through the others is nobody's affair.
 */
export const secondaryNetworkNotCovered: PolicyRule = {
  id: 'secondary-network-not-covered',
  number: 'R60',
  title: 'Selected pods have networks that NetworkPolicies do not filter',
  judges: 'policy',
  severity: always('info'),
  confidence: 'likely',
  cure: 'none',
  needs: podKinds,
  restsOnVerdicts: false,
  cost: 'namespace',
  admission: 'silent',
  page: {
    why: `
      Pods with the annotation \`k8s.v1.cni.cncf.io/networks\` get further interfaces from Multus. A
      NetworkPolicy speaks of the cluster's own network alone, so that a default-deny leaves the other
      interfaces as open as they were.`,
    fix: `
      Guard the other networks by a MultiNetworkPolicy, by the network itself, or in the application.`,
    fine: `
      It is fine where the other network is a closed one, for storage for example. The rule is silent
      where the namespace holds a MultiNetworkPolicy.`,
    platforms: `
      OVN-Kubernetes can make a user-defined network the first one of a namespace; NetworkPolicies are
      enforced on that one.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world } = input;
    const selected = realSubjects(input);
    const units = selected.filter((unit) => shapeOf(world, unit)?.extraNetworks === true);
    if (units.length === 0 || hasMultiNetworkPolicy(input)) return;
    yield {
      key: '',
      at: 'spec.podSelector',
      happens: [
        `${podsDo(units, 'real', { one: 'has', many: 'have', invented: '' })} further networks, `,
        'which no NetworkPolicy filters: ',
        workloadsOf(units),
      ],
      advice: ['guard those by a MultiNetworkPolicy or by the network itself'],
      affected: units.flatMap(podIds).sort(),
    };
  },
};

function hasMultiNetworkPolicy({ world, policy }: PolicyInput): boolean {
  for (const { api } of world.records('ForeignPolicy', policy.ref.namespace))
    if (api === 'MultiNetworkPolicy') return true;
  return false;
}
