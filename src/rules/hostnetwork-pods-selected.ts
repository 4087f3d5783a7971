import { selectsEverything } from '../model/selector.ts';
import { podKinds } from './pod-kinds.ts';
import { podCount, realSubjects } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R29. `spec.podSelector` selects pods that share the network of their node. For those "the behavior … is undefined",
 * and most network plugins leave them alone: the policy does not protect them.
 */
export const hostnetworkPodsSelected: PolicyRule = {
  id: 'hostnetwork-pods-selected',
  number: 'R29',
  title: 'The policy selects pods of the node’s network',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'workload',
  needs: podKinds,
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: 'A pod with `hostNetwork: true` has no network of its own: its traffic is traffic of the node. What a NetworkPolicy does to such a pod is not defined, and nearly every network plugin ignores it. The policy is stored, looks right, and protects nothing.',
    fix: 'Run the workload without `hostNetwork` if it does not need it. Otherwise protect the node: a firewall of the host, or the host policies that some network plugins bring.',
    fine: 'An empty `podSelector` always includes such pods where the namespace has any; the rule is silent on it. Where only some of the selected pods share the network of their node it is an info: the policy holds for the rest.',
    platforms:
      'Calico, Cilium and Antrea have host endpoints, host policies and node policies of their own; NetworkPolicy objects do not reach them.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { facts, policy } = input;
    const { subject, ref } = policy;
    if (selectsEverything(subject)) return;
    const hosts = facts.hostPods(ref.namespace, subject);
    const [first] = hosts;
    if (first === undefined) return;
    const governed = realSubjects(input);
    const names = new Set(hosts.map(({ workload }) => workload));
    const whose = names.size > 1 ? `${first.workload} and ${names.size - 1} more` : first.workload;
    const some = governed.length > 0;
    yield {
      key: '',
      at: 'spec.podSelector',
      happens: [
        some
          ? `it holds for ${podCount(governed)} but not for those of ${whose}, which share the network of their node`
          : `it protects nothing: all it selects (${whose}) shares the network of its node`,
      ],
      advice: [some ? 'protect those on the node' : 'run it without hostNetwork, or protect the node'],
      affected: hosts.map(({ namespace, name }) => `${namespace}/${name}`).sort(),
      severity: always(some ? 'info' : 'warning'),
    };
  },
};
