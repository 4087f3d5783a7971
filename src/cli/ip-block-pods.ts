import type { Profile } from '../model/profile.ts';

/** Null: as the settings say, and `match` where they do not. */
export type IpBlockPods = 'match' | 'ignore' | null;

/** "Default match where the pod's address is known". */
export function withBlocks(profile: Profile, asked: IpBlockPods): Profile {
  if (asked === null)
    return profile.ipBlockPods === 'unknown' ? { ...profile, ipBlockPods: 'matches' } : profile;
  return { ...profile, ipBlockPods: asked === 'match' ? 'matches' : 'does-not-match' };
}
