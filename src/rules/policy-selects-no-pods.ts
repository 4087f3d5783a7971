import type { WorkloadKind } from '../model/objects.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { matches, selectsEverything } from '../model/selector.ts';
import { runsOnNodes } from '../platform/host-pods.ts';
import type { World } from '../world/world.ts';
import { podSlip } from './near-miss.ts';
import { podKinds } from './pod-kinds.ts';
import { podCount, unitsOf } from './pod-peers.ts';
import { workloadsThat } from './related.ts';
import { labelSteps } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R07. `spec.podSelector` matches no pod and no workload template of the namespace, so the policy protects nobody,
 * although it looks as if it did. Most often a label is misspelt.
 */
export const policySelectsNoPods: PolicyRule = {
  id: 'policy-selects-no-pods',
  number: 'R07',
  title: 'The policy selects no pods',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'workload',
  needs: podKinds,
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: `
      A policy protects the pods that its \`podSelector\` matches in its own namespace. If a label is
      misspelt it protects nobody, and nothing ever fails: the pods stay open, and the policy looks as
      if it were in force.`,
    fix: `
      Write the label that the pods have. \`lint --fix\` does, where exactly one value is nearly the one
      that was written.`,
    fine: `
      A policy rightly comes before its workload. Then nothing in the namespace has nearly the label,
      and the rule is an info. Pod templates count like pods, those of CronJobs and of workloads scaled
      to zero too. An empty selector is never meant. Pods of the node's network match the selector, yet
      no policy governs them: another rule says so.`,
    platforms: '',
  },
  *check({ policy, world, invented }: PolicyInput): Iterable<Draft> {
    const { subject, ref } = policy;
    const selected = world.subjects(policy);
    if (selectsEverything(subject) || !(invented || selected.isEmpty())) return;
    if (selectsOnNodeNetwork(world, policy)) return;
    const slip = podSlip(subject, unitsOf(world, world.unitsIn(ref.namespace).andNot(selected)));
    yield {
      key: subject.text,
      at: 'spec.podSelector',
      happens: ['it selects no pods until such pods exist'],
      advice: slip === null ? [] : [`write ${slip.found} (${podCount(slip.units)}) for ${slip.asked}`],
      affected: [],
      severity: slip === null ? always('info') : always('warning'),
      related: slip === null ? [] : workloadsThat(slip.units, `its pods have ${slip.found}`),
      fix: slip?.only === true ? labelSteps('spec.podSelector', subject, slip) : [],
    };
  },
};

const templateKinds: readonly WorkloadKind[] = ['DaemonSet', 'Deployment', 'StatefulSet', 'Job', 'CronJob'];

function selectsOnNodeNetwork(world: World, { subject, ref: { namespace } }: CompiledPolicy): boolean {
  if (runsOnNodes(world, namespace, subject)) return true;
  return templateKinds.some((kind) =>
    [...world.records(kind, namespace)].some(
      ({ template }) => template.hostNetwork && matches(subject, template.labels),
    ),
  );
}
