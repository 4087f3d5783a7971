import type { Clause, CompiledPolicy, Direction } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import type { Traits } from './unit.ts';
import type { Governing, Governor } from './world.ts';

const ungoverned: Governing = { governors: [], key: '', isolated: false, doubt: null };

/**
 * What the policies that select a pod mean for one direction. "A pod is isolated for ingress if there is any
 * NetworkPolicy that both selects the pod and has Ingress in its policyTypes", and likewise for egress.
 */
export function governingOf(
  selecting: readonly CompiledPolicy[],
  direction: Direction,
  pod: Pick<Traits, 'workload'> | undefined,
  profile: Profile,
): Governing {
  const enforced = enforcementOn(pod, profile);
  if (enforced === 'no') return ungoverned;
  const found = selecting
    .map((policy) => governorOf(policy, direction, profile))
    .filter((governor) => governor !== null);
  return governedBy(found.toSorted(inOrder), enforced, profile);
}

/**
 * The same for a pod that is `known` to be governed, when policies of these names of its namespace go and others come:
 * what stays is taken as it is.
 */
export function governingAfter(
  known: Governing,
  gone: (name: string) => boolean,
  come: readonly CompiledPolicy[],
  direction: Direction,
  pod: Pick<Traits, 'workload'>,
  profile: Profile,
): Governing {
  const enforced = enforcementOn(pod, profile);
  if (enforced === 'no') return ungoverned;
  const governors = known.governors.filter(({ policy }) => !gone(policy.ref.name));
  for (const policy of come) {
    const governor = governorOf(policy, direction, profile);
    if (governor === null) continue;
    const place = governors.findIndex((other) => inOrder(governor, other) < 0);
    governors.splice(place < 0 ? governors.length : place, 0, governor);
  }
  return governedBy(governors, enforced, profile);
}

function governedBy(
  governors: readonly Governor[],
  enforced: Exclude<Profile['enforcement'], 'no'>,
  profile: Profile,
): Governing {
  const closed = profile.unselectedPods !== 'open';
  if (governors.length === 0 && !closed) return ungoverned;
  const isolated = closed || governors.some(({ isolates, certain }) => isolates && certain);
  const names = governors.map(({ policy }) => `${policy.ref.namespace}/${policy.ref.name}`).join(',');
  if (enforced === 'unknown' && (isolated || governors.length > 0))
    return { governors, key: `${names}?`, isolated, doubt: 'enforcement' };
  const stray = governors.some(({ certain }) => !certain);
  return { governors, key: names, isolated, doubt: stray ? 'stray' : null };
}

/** Does the plugin enforce policies on this pod at all? */
function enforcementOn(
  pod: Pick<Traits, 'workload'> | undefined,
  { enforcement, standalonePods }: Profile,
): Profile['enforcement'] {
  // "Pods without ownerReferences": a pod that nothing owns is a workload of its own kind.
  if (enforcement === 'no' || standalonePods === 'governed' || pod?.workload.kind !== 'Pod')
    return enforcement;
  return standalonePods === 'not-governed' ? 'no' : 'unknown';
}

/** Clauses whose direction `policyTypes` leaves out govern only under a profile whose plugin enforces them. */
function governorOf(policy: CompiledPolicy, direction: Direction, profile: Profile): Governor | null {
  const part = policy[direction];
  if (part !== null) return { policy, isolates: part.isolates, clauses: part.clauses, certain: true };
  if (profile.strayDirections === 'ignore') return null;
  const clauses: Clause[] = policy.ignored.filter((clause) => clause.direction === direction);
  if (clauses.length === 0) return null;
  return { policy, isolates: true, clauses, certain: profile.strayDirections === 'enforce' };
}

function inOrder(a: Governor, b: Governor): number {
  const [first, second] = [a.policy, b.policy];
  if (first.tier.order !== second.tier.order) return first.tier.order - second.tier.order;
  if (first.rank !== second.rank) return first.rank - second.rank;
  return first.ref.name < second.ref.name ? -1 : 1;
}
