/** What the network plugin does where the API leaves room. `unknown` is a legal value and makes verdicts unknown. */
export interface Profile {
  readonly id: string;
  /** Does an ipBlock match the address of a pod or of a node? */
  readonly ipBlockPods: 'matches' | 'does-not-match' | 'unknown';
  /** Clauses of a direction that `policyTypes` leaves out: the API ignores them, two plugins enforce them. */
  readonly strayDirections: 'ignore' | 'enforce';
  /** What a pod may do that no policy selects. `aws-strict`: blocked until the agent has seen the pod's policies. */
  readonly unselectedPods: 'open' | 'closed' | 'aws-strict';
}

/** The API's own text where it decides, and `unknown` where it does not. */
export const unknownProfile: Profile = {
  id: 'unknown',
  ipBlockPods: 'unknown',
  strayDirections: 'ignore',
  unselectedPods: 'open',
};

/** The spec-literal reading used by the dialect's test blocks. */
export const genericProfile: Profile = { ...unknownProfile, id: 'generic', ipBlockPods: 'matches' };

/**
 * Plugins that compare an ipBlock with the address of the packet, whoever owns it. kindnet runs the reference
 * implementation (kube-network-policies); Canal enforces with Calico.
 */
const byAddress = ['calico', 'canal', 'antrea', 'ovn-kubernetes', 'kube-network-policies', 'kindnet'];

/** "ipBlock … does not match pods or nodes"; clauses of a direction that `policyTypes` leaves out are enforced. */
const cilium: Profile = {
  ...unknownProfile,
  id: 'cilium',
  ipBlockPods: 'does-not-match',
  strayDirections: 'enforce',
};

/** Its controller reads the clauses and not `policyTypes`; in strict mode set `unselectedPods` to `aws-strict`. */
const awsVpcCni: Profile = { ...unknownProfile, id: 'aws-vpc-cni', strayDirections: 'enforce' };

/** The profiles by the name that the settings file uses. */
export const profiles: ReadonlyMap<string, Profile> = new Map(
  [
    unknownProfile,
    genericProfile,
    ...byAddress.map((id): Profile => ({ ...genericProfile, id })),
    cilium,
    awsVpcCni,
  ].map((profile) => [profile.id, profile]),
);
