import { type CompiledPolicy, directions } from '../model/policy.ts';
import { lookupJson, type PodsForDocument, podsForText } from '../report/trace-lookups.ts';
import { podSlip } from '../rules/near-miss.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Unit } from '../world/unit.ts';
import type { Printing } from './contract-test.ts';
import type { LookupPlan } from './policies-for.ts';
import { policyNamed } from './policy-named.ts';
import { gapsOf, type OpenedCluster, openCluster } from './trace-input.ts';

/**
 * Lists the pods that a policy selects.
 *
 * @returns 0, 2 where there is no such policy, 3 where something could not be read.
 */
export async function runPodsFor(plan: LookupPlan, { write, tell, paint }: Printing): Promise<number> {
  const opened = await openCluster(plan.input, tell);
  if ('problem' in opened) {
    tell(opened.problem);
    return 3;
  }
  const policy = policyNamed(opened.world, plan.of);
  if ('problem' in policy) {
    tell(policy.problem);
    return opened.problems.length > 0 ? 3 : 2;
  }
  const document = documentOf(opened, policy);
  for (const { name, file } of plan.outputs)
    write(file, name === 'json' ? lookupJson(document) : podsForText(document, paint));
  return document.problems.length > 0 || document.partial !== null ? 3 : 0;
}

function documentOf(opened: OpenedCluster, policy: CompiledPolicy): PodsForDocument {
  const { world } = opened;
  const { namespace, name } = policy.ref;
  const units = unitsOf(world, world.subjects(policy));
  return {
    schema: 'pods-for/v1',
    policy: `${namespace}/${name}`,
    selector: policy.subject.text,
    directions: directions.filter((direction) => policy[direction] !== null),
    workloads: workloadsOf(units),
    nearest: units.length > 0 ? null : nearestOf(world, policy),
    ...gapsOf(opened),
  };
}

function unitsOf(world: ClusterWorld, ids: BitSet): Unit[] {
  return ids.toArray().flatMap((id) => world.unit(id) ?? []);
}

function workloadsOf(units: readonly Unit[]): PodsForDocument['workloads'] {
  const found = new Map<string, { readonly id: string; readonly pods: string[]; planned: number }>();
  for (const { namespace, workload, members, planned } of units) {
    const known = found.get(workload.id) ?? { id: workload.id, pods: [], planned: 0 };
    known.pods.push(...[...members].map((member) => `${namespace}/${member}`));
    known.planned += planned;
    found.set(workload.id, known);
  }
  for (const { pods } of found.values()) pods.sort();
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function nearestOf(world: ClusterWorld, { ref, subject }: CompiledPolicy): PodsForDocument['nearest'] {
  const slip = podSlip(subject, unitsOf(world, world.unitsIn(ref.namespace)));
  return slip === null ? null : { asked: slip.asked, found: slip.found, pods: slip.pods };
}
