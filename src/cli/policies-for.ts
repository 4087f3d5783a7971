import type { Direction } from '../model/policy.ts';
import {
  lookupJson,
  type PoliciesForDocument,
  policiesForText,
  type SelectedPods,
  type SelectedWay,
} from '../report/trace-lookups.ts';
import { labelSlip } from '../rules/near-miss.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Unit } from '../world/unit.ts';
import type { Printing } from './contract-test.ts';
import type { Output } from './outputs.ts';
import { type Endpoint, endpointOf } from './trace-ends.ts';
import { type ClusterInput, gapsOf, type OpenedCluster, openCluster } from './trace-input.ts';

export const lookupFormats = ['pretty', 'json'] as const;

/** What `netsluice policies-for` and `pods-for` are asked to do. */
export interface LookupPlan {
  /** A pod or workload, or a policy. */
  readonly of: string;
  readonly input: ClusterInput;
  readonly outputs: readonly Output<(typeof lookupFormats)[number]>[];
}

/**
 * Lists the policies that select a pod.
 *
 * @returns 0, 2 where there is no such pod, 3 where something could not be read.
 */
export async function runPoliciesFor(plan: LookupPlan, { write, tell, paint }: Printing): Promise<number> {
  const opened = await openCluster(plan.input, tell);
  if ('problem' in opened) {
    tell(opened.problem);
    return 3;
  }
  const endpoint = podOf(opened.world, plan.of);
  if ('problem' in endpoint) {
    tell(endpoint.problem);
    return opened.problems.length > 0 ? 3 : 2;
  }
  const document = documentOf(opened, endpoint);
  for (const { name, file } of plan.outputs)
    write(file, name === 'json' ? lookupJson(document) : policiesForText(document, paint));
  return document.problems.length > 0 || document.partial !== null ? 3 : 0;
}

function podOf(world: ClusterWorld, text: string): Endpoint | { readonly problem: string } {
  if (text === 'internet' || text.startsWith('ip:') || text.startsWith('node:'))
    return {
      problem: `Policies select pods: name one as pod:ns/name, or a workload as ns/workload, not ${text}.`,
    };
  return endpointOf(world, text);
}

function documentOf(opened: OpenedCluster, { id, ends }: Endpoint): PoliciesForDocument {
  const units = new Map<Unit, string[]>();
  const hosts: string[] = [];
  for (const end of ends) {
    if (end.kind !== 'pod') hosts.push(end.kind);
    else units.set(end.unit, [...(units.get(end.unit) ?? []), `${end.unit.namespace}/${end.name}`]);
  }
  return {
    schema: 'policies-for/v1',
    of: id,
    groups: alike([...units].map(([unit, pods]) => groupOf(opened.world, unit, pods))),
    notes: hosts.length === 0 ? [] : ['no policy selects pods of the node network'],
    ...gapsOf(opened),
  };
}

/** Units may differ in what policies never look at on this side. */
function alike(groups: readonly SelectedPods[]): readonly SelectedPods[] {
  const found = new Map<string, SelectedPods>();
  for (const group of groups) {
    const { pods, ...rest } = group;
    const key = JSON.stringify(rest);
    found.set(key, { ...rest, pods: [...(found.get(key)?.pods ?? []), ...pods].sort() });
  }
  return [...found.values()].sort((a, b) => ((a.pods[0] ?? '') < (b.pods[0] ?? '') ? -1 : 1));
}

function groupOf(world: ClusterWorld, unit: Unit, pods: readonly string[]): SelectedPods {
  return {
    pods,
    ingress: wayOf(world, unit, 'ingress'),
    egress: wayOf(world, unit, 'egress'),
    nearly: nearlyOf(world, unit),
  };
}

function wayOf(world: ClusterWorld, unit: Unit, direction: Direction): SelectedWay {
  const { governors, isolated } = world.governing(unit.id, direction);
  const policies = governors.map(({ policy, clauses, certain }) => ({
    policy: `${policy.ref.namespace}/${policy.ref.name}`,
    clauses: clauses.length,
    certain,
  }));
  return { isolated, policies: policies.sort(byPolicy) };
}

function byPolicy(a: { readonly policy: string }, b: { readonly policy: string }): number {
  return a.policy < b.policy ? -1 : a.policy > b.policy ? 1 : 0;
}

function nearlyOf(world: ClusterWorld, unit: Unit): SelectedPods['nearly'] {
  const nearly = [...world.policiesIn(unit.namespace)].flatMap(({ ref, subject }) => {
    const slip = labelSlip(subject, unit.labels);
    return slip === null
      ? []
      : [{ policy: `${ref.namespace}/${ref.name}`, asked: slip.asked, found: slip.found }];
  });
  return nearly.sort(byPolicy);
}
