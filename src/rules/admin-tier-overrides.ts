import type { AdminAction } from '../model/objects.ts';
import { clausesOf, type Direction, directions } from '../model/policy.ts';
import { decidesFor, type TieredPolicy } from '../platform/admin-tiers.ts';
import type { Unit } from '../world/unit.ts';
import { isolatedUnits, newlyHarmed, podsOf } from './isolated-pods.ts';
import { podsDo } from './phrases.ts';
import { podCount, realSubjects } from './pod-peers.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R61. A policy of a cluster tier and this one speak of the same pods. One of the Admin tier is asked first and decides
 * whatever this one says. One of the Baseline tier is asked last, and never for pods that a NetworkPolicy isolates: this
 * one takes its pods out of what that denies.
 */
export const adminTierOverrides: PolicyRule = {
  id: 'admin-tier-overrides',
  number: 'R61',
  title: 'A policy of a cluster tier decides for the same pods',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'none',
  needs: ['Pod', 'Namespace', 'NetworkPolicy', 'ForeignPolicy'],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: `
      Cluster administrators write AdminNetworkPolicies and ClusterNetworkPolicies. Those of the Admin
      tier are asked before any NetworkPolicy: what they deny no clause can admit, and what they accept
      no isolation keeps out. Those of the Baseline tier are asked only for pods that no NetworkPolicy
      isolates in the direction. The first NetworkPolicy of a pod therefore takes it out of the Baseline
      deny, and its clauses may admit whom the administrators meant to keep out.`,
    fix: `
      Compare the clauses with the rules of the policy that the message names. Administrators who must
      not be overruled write the deny into the Admin tier.`,
    fine: `
      Leaving the Baseline tier is what it is made for: it is a default, and a warning is given only for
      a policy that has clauses and so admits somebody, and once for each pod. A default-deny
      takes pods out of the Baseline too and lets nobody in. That the Admin tier decides first is an
      info. Netsluice reads whom such a policy decides for and which actions it has, not its peers and
      ports; versions that it does not know are not analysed at all.`,
    platforms: `
      AdminNetworkPolicy and BaselineAdminNetworkPolicy are read in v1alpha1, ClusterNetworkPolicy in
      v1alpha2. Calico and Cilium have orders of their own, which are not analysed.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { policy, facts } = input;
    for (const tiered of facts.tieredPolicies()) {
      for (const direction of directions) {
        const actions = tiered.admin[direction];
        if (policy[direction] === null || actions.length === 0) continue;
        if (tiered.admin.tier === 'Admin') yield* shadowed(input, tiered, direction, actions);
        else if (actions.includes('deny')) yield* escaped(input, tiered, direction);
      }
    }
  },
};

function* escaped(input: PolicyInput, tiered: TieredPolicy, direction: Direction): Iterable<Draft> {
  if (clausesOf(input.policy, direction).length === 0) return;
  const freed = isolatedUnits(input, direction).filter(
    (unit) => decidesFor(input.world, tiered, unit) && isFirstFor(input, unit, direction),
  );
  const units = newlyHarmed(
    input,
    freed,
    (world) =>
      ({ id }) =>
        world.isolated(direction).has(id),
  );
  if (units.length === 0 || input.invented) return;
  const { name } = tiered.record;
  yield {
    key: `escape ${direction} ${name}`,
    at: `spec.${direction}`,
    happens: [
      podsDo(units, 'real', { one: 'leaves', many: 'leave', invented: '' }),
      ` the ${direction} deny of ${kindOf(tiered)} ${name}: for them only NetworkPolicies count`,
    ],
    advice: ['check that its clauses admit nobody whom that one denies'],
    affected: podsOf(units),
    related: [relatedTo(tiered, 'it denies by default')],
  };
}

/** Of several policies that stand, the first by name that has clauses tells it of a pod. */
function isFirstFor({ policy, world, previous }: PolicyInput, unit: Unit, direction: Direction): boolean {
  if (previous !== null) return true;
  const { governors } = world.governing(unit.id, direction);
  return !governors.some(({ policy: { ref }, clauses }) => clauses.length > 0 && ref.name < policy.ref.name);
}

function* shadowed(
  input: PolicyInput,
  tiered: TieredPolicy,
  direction: Direction,
  actions: readonly AdminAction[],
): Iterable<Draft> {
  const { world } = input;
  const selected = realSubjects(input);
  const units = selected.filter((unit) => decidesFor(world, tiered, unit));
  const says = actions.flatMap((action) => sayings[action]);
  if (units.length === 0 || says.length === 0) return;
  const { name } = tiered.record;
  yield {
    key: `shadow ${direction} ${name}`,
    at: 'spec.podSelector',
    happens: [
      `${kindOf(tiered)} ${name} decides first for ${direction} of ${podCount(units)}: ${says.join(', ')}`,
    ],
    advice: ['compare the two'],
    affected: podsOf(units),
    severity: always('info'),
    related: [relatedTo(tiered, 'it is asked before any NetworkPolicy')],
  };
}

const sayings: Readonly<Record<AdminAction, readonly string[]>> = {
  deny: ['what it denies no clause admits'],
  allow: ['what it accepts no policy keeps out'],
  pass: [],
};

function relatedTo(tiered: TieredPolicy, says: string): ReturnType<typeof objectThat> {
  return objectThat(kindOf(tiered), { namespace: null, name: tiered.record.name }, says);
}

function kindOf({ record: { resource } }: TieredPolicy): string {
  if (resource.startsWith('clusternetworkpolicies')) return 'ClusterNetworkPolicy';
  return resource.startsWith('baseline') ? 'BaselineAdminNetworkPolicy' : 'AdminNetworkPolicy';
}
