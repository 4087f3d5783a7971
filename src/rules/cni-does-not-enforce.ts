import { speaksForNamespace } from './own-namespace.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R57. Nothing in the cluster enforces NetworkPolicies: they are stored and have no effect. Told once for a namespace:
 * on its first policy by name, and at admission with the first policy that it gets.
 */
export const cniDoesNotEnforce: PolicyRule = {
  id: 'cni-does-not-enforce',
  number: 'R57',
  title: 'Nothing enforces NetworkPolicies in this cluster',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: `
      NetworkPolicies are enforced by the network plugin. The API server stores them all the same where
      there is none that does, and nothing tells: every pod stays open, while \`kubectl get
      networkpolicy\` looks as if it were not. Flannel alone is the best known case.`,
    fix: `
      Install a component that enforces policies: another plugin, Calico next to Flannel (Canal), or
      kube-network-policies, which works with any plugin. If one is there already, name it in the
      settings: \`platform.profile\`, or \`platform.enforcement: "yes"\`.`,
    fine: `
      The rule speaks only where the settings or the detected profile say that nothing enforces
      policies, because managed clusters hide their agents: an unknown plugin is believed to enforce.
      It is told once for a namespace: on its first policy by name, and at admission only with the first
      policy of the namespace.`,
    platforms: `
      Flannel alone enforces nothing. On AWS, enforcement must be turned on
      (\`enableNetworkPolicy\`), and on GKE and AKS it is an option of the cluster: set
      \`platform.enforcement: "no"\` where it is off.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world, previous, policy } = input;
    if (world.profile.enforcement !== 'no' || !speaksForNamespace(input)) return;
    if (previous !== null && !isEmpty(previous.policiesIn(policy.ref.namespace))) return;
    yield {
      key: '',
      at: 'spec',
      happens: [
        'nothing enforces NetworkPolicies in this cluster: this one has no effect, nor has any other',
      ],
      advice: ['install a plugin that does, or name it in platform.profile'],
      affected: [],
    };
  },
};

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false;
  return true;
}
