import type { Profile, platformFlags } from './profile.ts';

/** Single answers that differ from a profile's. */
export type Answers = { readonly [Flag in keyof typeof platformFlags]?: Profile[Flag] };

/** What was found out about the network plugin of a cluster. */
export interface Detected {
  /** A profile's id; `unknown` where nothing or several things speak for one. */
  readonly profile: string;
  readonly answers: Answers;
  /** What it was told by, or why it is unknown: the end of a sentence. */
  readonly because: string;
}

/** What a cluster says of its network plugin beside its DaemonSets. */
export interface PlatformConfig {
  /** API groups that the cluster serves, and those of custom resource definitions. */
  readonly groups: ReadonlySet<string>;
  /** The ConfigMaps `cilium-config` and `amazon-vpc-cni` of kube-system; null where there is none or nobody asked. */
  readonly ciliumConfig: ReadonlyMap<string, string> | null;
  readonly awsConfig: ReadonlyMap<string, string> | null;
}

export const nothingAsked: PlatformConfig = { groups: new Set(), ciliumConfig: null, awsConfig: null };
