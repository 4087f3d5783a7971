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

const calico: Profile = { ...genericProfile, id: 'calico' };
const cilium: Profile = {
  ...unknownProfile,
  id: 'cilium',
  ipBlockPods: 'does-not-match',
  strayDirections: 'enforce',
};

/** The profiles by the name that the settings file uses. Detection and the rest of the plugins come with the rule book. */
export const profiles: ReadonlyMap<string, Profile> = new Map(
  [unknownProfile, genericProfile, calico, cilium].map((profile) => [profile.id, profile]),
);
