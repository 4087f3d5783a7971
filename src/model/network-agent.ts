/** Programs of network plugins by the names of their containers: the same in manifests, charts and operators. */
export const agentContainers = {
  'calico-node': 'calico',
  'cilium-agent': 'cilium',
  'antrea-agent': 'antrea',
  'ovnkube-node': 'ovn-kubernetes',
  'ovnkube-controller': 'ovn-kubernetes',
  'aws-node': 'aws-vpc-cni',
  'aws-eks-nodeagent': 'aws-network-policy',
  'aws-network-policy-agent': 'aws-network-policy',
  'kube-router': 'kube-router',
  'kube-network-policies': 'kube-network-policies',
  'kindnet-cni': 'kindnet',
  'kube-flannel': 'flannel',
  weave: 'weave',
  'weave-npc': 'weave-policy',
  'romana-agent': 'romana',
  'azure-npm': 'azure-npm',
} as const;

export type AgentProgram = (typeof agentContainers)[keyof typeof agentContainers];

export const agentPrograms: readonly AgentProgram[] = [...new Set(Object.values(agentContainers))];

/**
 * What the containers are told that changes what policies do. `policies-on` and `policies-off`: the switch is written
 * down; `old`: a release from before it enforced any policy; `strict`: pods are closed until their policies are known;
 * `ipv6`: the addresses of pods are of that family; `host-open` and `host-closed`: what a pod may do to its own node.
 */
export const agentOptions = [
  'policies-on',
  'policies-off',
  'old',
  'strict',
  'ipv6',
  'host-open',
  'host-closed',
] as const;

export type AgentOption = (typeof agentOptions)[number];

/** A program of a network plugin that a DaemonSet runs in the network of the nodes. */
export interface NetworkAgent {
  readonly program: AgentProgram;
  readonly options: readonly AgentOption[];
}
