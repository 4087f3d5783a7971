import { directions } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R02. The policy has clauses of a direction that its `policyTypes` leaves out. The API ignores them, so that pods
 * stay as open as they were, while the author believes them restricted.
 *
 * Never fine. A chart that renders both sections and switches `policyTypes` only, or a merge that keeps an old list,
 * does it without anybody's intent; an old policy that has it already is not told again.
 *
 * Fix: name the direction, or drop the clauses. Two plugins enforce the clauses all the same, so that the same policy
 * means different things on different clusters.
 */
export const rulesWithoutPolicyType: PolicyRule = {
  id: 'rules-without-policy-type',
  number: 'R02',
  title: 'policyTypes leaves out a direction that has clauses',
  judges: 'policy',
  severity: always('error'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  *check({ policy, world }: PolicyInput): Iterable<Draft> {
    for (const direction of directions) {
      const count = policy.ignored.filter((clause) => clause.direction === direction).length;
      if (count === 0) continue;
      const type = direction === 'ingress' ? 'Ingress' : 'Egress';
      const clauses = count === 1 ? `1 ${direction} clause` : `${count} ${direction} clauses`;
      const fate = fates[world.profile.strayDirections];
      yield {
        key: direction,
        at: `spec.${direction}`,
        happens: [`${clauses} ${count === 1 ? 'is' : 'are'} ${fate}: policyTypes lacks ${type}`],
        advice: [`add ${type} to policyTypes or drop ${count === 1 ? 'it' : 'them'}`],
        affected: [],
      };
    }
  },
};

const fates: Readonly<Record<Profile['strayDirections'], string>> = {
  ignore: 'ignored',
  enforce: 'counted by this platform alone',
  unknown: 'ignored by most platforms',
};
