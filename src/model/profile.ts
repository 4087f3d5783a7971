/**
 * What network plugins do where the API leaves room, or where they are known to differ from it: each flag with its
 * legal values, and its meaning for the documentation. `unknown` makes the verdicts that rest on the flag unknown.
 */
export const platformFlags = {
  enforcement: {
    values: ['yes', 'no', 'unknown'],
    meaning: 'Are NetworkPolicies enforced at all? Flannel alone stores them and does nothing.',
  },
  strayDirections: {
    values: ['ignore', 'enforce', 'unknown'],
    meaning:
      'Clauses of a direction that `policyTypes` leaves out: the API ignores them, two plugins enforce them.',
  },
  unselectedPods: {
    values: ['open', 'closed', 'aws-strict'],
    meaning:
      'What a pod may do that no policy selects. `aws-strict`: blocked until the agent has seen the pod’s policies.',
  },
  standalonePods: {
    values: ['governed', 'not-governed', 'unknown'],
    meaning: 'Pods without an owner: "policies apply only to pods with ownerReferences" on AWS.',
  },
  ipBlockPods: {
    values: ['matches', 'does-not-match', 'unknown'],
    meaning: 'Does an ipBlock match the address of a pod?',
  },
  ipBlockNodes: {
    values: ['matches', 'does-not-match', 'unknown'],
    meaning: 'Does an ipBlock match the address of a node? Cilium only with `policy-cidr-match-mode=nodes`.',
  },
  ipv4AnyAddress: {
    values: ['ipv4', 'every-family', 'unknown'],
    meaning:
      'Does `0.0.0.0/0` without an except hold IPv6 addresses too? Some versions of Cilium took it so.',
  },
  ipFamilies: {
    values: ['both', 'ipv4', 'ipv6', 'unknown'],
    meaning:
      'The families whose blocks have an effect; AWS enforces one per cluster and ignores blocks of the other.',
  },
  endPort: {
    values: ['range', 'first-port', 'unknown'],
    meaning: 'Plugins without support for `endPort` apply `port` alone; some older ones apply nothing.',
  },
  sctp: {
    values: ['supported', 'unsupported', 'unknown'],
    meaning:
      'Without support an SCTP port admits nothing, and the pods that it is about are isolated all the same.',
  },
  namedPortEgress: {
    values: ['resolves', 'ignored', 'unknown'],
    meaning:
      'A named port in an egress clause without peers or towards blocks: AWS drops it, others resolve it per pod.',
  },
  hostNetworkPeers: {
    values: ['no', 'yes', 'unknown'],
    meaning: 'Do peers with a podSelector match hostNetwork pods? On OVN-Kubernetes they do.',
  },
  negativeNamespaces: {
    values: ['pods-only', 'also-outside', 'unknown'],
    meaning:
      'Does a namespaceSelector with NotIn or DoesNotExist also match nodes and addresses outside? A fault of Cilium.',
  },
  ownNodeToPod: {
    values: ['allowed', 'by-policy', 'unknown'],
    meaning: '"Traffic to and from the node where a Pod is running is always allowed", towards the pod.',
  },
  podToOwnNode: {
    values: ['allowed', 'by-policy', 'blocked', 'unknown'],
    meaning:
      'The other way Calico drops by default, whatever the policies say; many installers turn that off.',
  },
  serviceTranslation: {
    values: ['before-policy', 'equal-ports', 'unknown'],
    meaning:
      'Services: most translate before policies look; on AWS the port of the Service must equal the pod’s port.',
  },
  openConnections: {
    values: ['live-on', 'cut', 'unknown'],
    meaning: 'What becomes of connections that are open when a policy begins to block them.',
  },
  windowsNodes: {
    values: ['governed', 'not-governed', 'unknown'],
    meaning: 'Pods on Windows nodes: Calico and Antrea have an agent for them, most plugins have none.',
  },
  virtualNodes: {
    values: ['governed', 'not-governed', 'unknown'],
    meaning: 'Pods on Fargate and on virtual nodes, where no agent of the network plugin runs.',
  },
} as const;

/** What network plugins bear at most, as they document it: whole numbers from 1, or `unknown`. Rules only estimate. */
export const platformLimits = {
  portsPerBlock: {
    meaning:
      'How many combinations of port and protocol one address or block may have in a direction; 24 on AWS.',
  },
  policyEntries: {
    meaning:
      'How many entries the policy map of one pod holds, about one for each peer and port; 16384 in Cilium.',
  },
} as const;

type Flags = typeof platformFlags;

/** What one network plugin does, with the name that the settings file uses. */
export type Profile = { readonly [Flag in keyof Flags]: Flags[Flag]['values'][number] } & {
  readonly [Limit in keyof typeof platformLimits]: number | 'unknown';
} & { readonly id: string };

/**
 * The API's own text where it decides, and `unknown` where it does not. That policies are enforced is assumed: a
 * cluster where nothing enforces them is told by its own profile.
 */
export const unknownProfile: Profile = {
  id: 'unknown',
  enforcement: 'yes',
  strayDirections: 'ignore',
  unselectedPods: 'open',
  standalonePods: 'governed',
  ipBlockPods: 'unknown',
  ipBlockNodes: 'unknown',
  ipv4AnyAddress: 'ipv4',
  ipFamilies: 'both',
  endPort: 'range',
  sctp: 'supported',
  namedPortEgress: 'resolves',
  hostNetworkPeers: 'no',
  negativeNamespaces: 'pods-only',
  ownNodeToPod: 'allowed',
  podToOwnNode: 'by-policy',
  serviceTranslation: 'unknown',
  openConnections: 'unknown',
  windowsNodes: 'unknown',
  virtualNodes: 'unknown',
  portsPerBlock: 'unknown',
  policyEntries: 'unknown',
};

/** The spec-literal reading used by the dialect's test blocks. */
export const genericProfile: Profile = {
  ...unknownProfile,
  id: 'generic',
  ipBlockPods: 'matches',
  ipBlockNodes: 'matches',
  serviceTranslation: 'before-policy',
};

/** Its felix drops pod → own host by default, and most installers set it to accept: nobody can tell from outside. */
const calico: Profile = {
  ...genericProfile,
  id: 'calico',
  windowsNodes: 'governed',
  podToOwnNode: 'unknown',
  openConnections: 'live-on',
};

/** It looks at every packet; "you must use the podSelector … to target hostNetwork pods". */
const ovnKubernetes: Profile = {
  ...genericProfile,
  id: 'ovn-kubernetes',
  hostNetworkPeers: 'yes',
  openConnections: 'cut',
};

/** "ipBlock … does not match pods or nodes"; SCTP must be turned on, and some versions read selectors too widely. */
const cilium: Profile = {
  ...unknownProfile,
  id: 'cilium',
  strayDirections: 'enforce',
  ipBlockPods: 'does-not-match',
  ipBlockNodes: 'does-not-match',
  ipv4AnyAddress: 'unknown',
  sctp: 'unknown',
  negativeNamespaces: 'unknown',
  serviceTranslation: 'before-policy',
  windowsNodes: 'not-governed',
  policyEntries: 16_384,
};

/** Its controller reads the clauses and not `policyTypes`; in strict mode set `unselectedPods` to `aws-strict`. */
const awsVpcCni: Profile = {
  ...unknownProfile,
  id: 'aws-vpc-cni',
  strayDirections: 'enforce',
  standalonePods: 'not-governed',
  ipFamilies: 'ipv4',
  namedPortEgress: 'ignored',
  serviceTranslation: 'equal-ports',
  windowsNodes: 'not-governed',
  virtualNodes: 'not-governed',
  portsPerBlock: 24,
};

/** The profiles by the name that the settings file uses. */
export const profiles: ReadonlyMap<string, Profile> = new Map(
  [
    unknownProfile,
    genericProfile,
    calico,
    // Canal enforces with Calico.
    { ...calico, id: 'canal' },
    { ...genericProfile, id: 'antrea', windowsNodes: 'governed' as const },
    ovnKubernetes,
    { ...genericProfile, id: 'kube-network-policies' },
    // kindnet runs the reference implementation, kube-network-policies.
    { ...genericProfile, id: 'kindnet' },
    { ...genericProfile, id: 'kube-router' },
    cilium,
    awsVpcCni,
    { ...awsVpcCni, id: 'aws-vpc-cni-ipv6', ipFamilies: 'ipv6' as const },
    // Its controller writes a rule for `port` and never looks at `endPort`.
    { ...unknownProfile, id: 'weave', endPort: 'first-port' as const },
    // It has not been developed for years, and nobody wrote down where it differs.
    { ...unknownProfile, id: 'romana' },
    { ...unknownProfile, id: 'flannel', enforcement: 'no' as const },
  ].map((profile) => [profile.id, profile]),
);
