import type { Clause, CompiledPolicy, Direction } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import type { Governing, Governor } from './world.ts';

/**
 * What the policies that select a pod mean for one direction. "A pod is isolated for ingress if there is any
 * NetworkPolicy that both selects the pod and has Ingress in its policyTypes", and likewise for egress.
 */
export function governingOf(
  selecting: readonly CompiledPolicy[],
  direction: Direction,
  profile: Profile,
): Governing {
  const governors: Governor[] = [];
  for (const policy of selecting) {
    const governor = governorOf(policy, direction, profile);
    if (governor !== null) governors.push(governor);
  }
  governors.sort(inOrder);
  const key = governors.map(({ policy }) => `${policy.ref.namespace}/${policy.ref.name}`).join(',');
  const isolated = governors.some(({ isolates }) => isolates) || profile.unselectedPods !== 'open';
  return { governors, key, isolated };
}

/** Clauses whose direction `policyTypes` leaves out govern only under a profile whose plugin enforces them. */
function governorOf(policy: CompiledPolicy, direction: Direction, profile: Profile): Governor | null {
  const part = policy[direction];
  if (part !== null) return { policy, isolates: part.isolates, clauses: part.clauses };
  if (profile.strayDirections === 'ignore') return null;
  const stray: Clause[] = policy.ignored.filter((clause) => clause.direction === direction);
  return stray.length === 0 ? null : { policy, isolates: true, clauses: stray };
}

function inOrder(a: Governor, b: Governor): number {
  const [first, second] = [a.policy, b.policy];
  if (first.tier.order !== second.tier.order) return first.tier.order - second.tier.order;
  if (first.rank !== second.rank) return first.rank - second.rank;
  return first.ref.name < second.ref.name ? -1 : 1;
}
