import { directions } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R02. The policy has clauses of a direction that its `policyTypes` leaves out. The API ignores them, so that pods
 * stay as open as they were, while the author believes them restricted.
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
  cost: 'text',
  page: {
    why: `
      The API ignores clauses of a direction that a \`policyTypes\` with other entries leaves out: the
      pods stay as open as they were, while the author believes them restricted. A chart that renders
      both sections and switches \`policyTypes\` only makes such policies, and so does a merge that
      keeps an old list.`,
    fix: `
      Name the direction in \`policyTypes\`, which isolates the pods in it, or drop the clauses. \`lint
      --fix\` adds the direction, because somebody wrote the clauses in order to have them count.`,
    fine: `
      Never. An old policy that has it already is not told again when something else of it changes.`,
    platforms: `
      Cilium and the AWS VPC CNI enforce the clauses all the same, so that one policy means different
      things on different clusters.`,
  },
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
        fix: [{ op: 'append', at: 'spec.policyTypes', value: type }],
      };
    }
  },
};

const fates: Readonly<Record<Profile['strayDirections'], string>> = {
  ignore: 'ignored',
  enforce: 'counted by this platform alone',
  unknown: 'ignored by most platforms',
};
