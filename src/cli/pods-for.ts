import { type CompiledPolicy, directions } from '../model/policy.ts';
import { lookupJson, type PodsForDocument, podsForText } from '../report/trace-lookups.ts';
import { podSlip } from '../rules/near-miss.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Unit } from '../world/unit.ts';
import type { Printing } from './contract-test.ts';
import type { LookupPlan } from './policies-for.ts';
import { meant } from './trace-ends.ts';
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
  const policy = policyOf(opened.world, plan.of);
  if ('problem' in policy) {
    tell(policy.problem);
    return opened.problems.length > 0 ? 3 : 2;
  }
  const document = documentOf(opened, policy);
  for (const { name, file } of plan.outputs)
    write(file, name === 'json' ? lookupJson(document) : podsForText(document, paint));
  return document.problems.length > 0 || document.partial !== null ? 3 : 0;
}

function policyOf(world: ClusterWorld, text: string): CompiledPolicy | { readonly problem: string } {
  const [namespace = '', name = '', more] = text.split('/');
  if (namespace === '' || name === '' || more !== undefined)
    return { problem: `"${text}" is no policy: write ns/name.` };
  const policies = [...world.policiesIn(namespace)];
  const found = policies.find(({ ref }) => ref.name === name);
  if (found !== undefined) return found;
  const stored = world.record('NetworkPolicy', namespace, name);
  if (stored !== undefined)
    return {
      problem: `NetworkPolicy ${text} cannot be read: ${stored.problem ?? 'it has too many ipBlocks'}.`,
    };
  const hint = meant(
    name,
    policies.map(({ ref }) => ref.name),
  );
  return { problem: `There is no NetworkPolicy ${text}${hint}` };
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
