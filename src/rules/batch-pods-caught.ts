import type { Side } from '../impact/side.ts';
import { selectsEverything } from '../model/selector.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { isDnsOnly } from './dns-clauses.ts';
import { type Harm, isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
import { workloadsOf } from './own-namespace.ts';
import { podKinds } from './pod-kinds.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R53. A policy that selects a whole namespace, or more than the jobs in it, isolates the pods of Jobs and CronJobs for
 * egress, and no policy lets them reach anybody. It shows at night, when the backup runs.
 */
export const batchPodsCaught: PolicyRule = {
  id: 'batch-pods-caught',
  number: 'R53',
  title: 'Pods of Jobs and CronJobs are isolated along with the others',
  judges: 'policy',
  severity: always('info'),
  confidence: 'likely',
  cure: 'policy',
  needs: [...podKinds, 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'namespace',
  page: {
    why: `
      Jobs, CronJobs and the hooks of Helm charts do not run when a policy is tried out. A policy that
      selects the whole namespace isolates them too, and the policies that allow something select the
      labels of the services. The backup fails at night, and the next upgrade stops in its migration.`,
    fix: `
      Add a policy for the labels of the job's pod template, with what the job needs. A template without
      labels can be selected by \`podSelector: {}\` alone: give it one.`,
    fine: `
      A job that calls nobody is fine. The rule speaks of egress only, because nobody calls a job. It is
      silent where any clause lets the pods reach anything but DNS, for a policy that selects nothing but
      jobs and so must mean it, and for Jobs that have ended; templates of CronJobs count.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world, policy, invented } = input;
    if (invented) return;
    const selected = isolatedUnits(input, 'egress');
    const jobs = selected.filter(isBatch);
    const broad = selectsEverything(policy.subject) || jobs.length < selected.length;
    if (jobs.length === 0 || !broad) return;
    const caught = newlyHarmed(input, jobs, keepsNothing);
    if (caught.length === 0) return;
    const unlabelled = caught.every(({ labels }) => [...labels.keys()].every(isWrittenByController));
    yield {
      key: '',
      at: placeOfIsolation(policy, 'egress'),
      happens: [
        'jobs may reach nothing',
        besideDns(world, caught),
        ' until another policy allows it: ',
        workloadsOf(caught),
      ],
      advice: [
        unlabelled ? 'label their templates and select that' : 'select their labels in a policy of their own',
      ],
      affected: podsOf(caught),
    };
  },
};

function isBatch({ workload }: Unit): boolean {
  return workload.kind === 'Job' || workload.kind === 'CronJob';
}

function keepsNothing(world: World): Harm {
  const sideFor = sidesIn(world, 'egress');
  return (unit) => sideFor(unit).governing.isolated && !allowsMoreThanDns(sideFor(unit));
}

function allowsMoreThanDns({ entries }: Side): boolean {
  return entries.some(({ clause, members }) => {
    if (isDnsOnly(clause) || (clause.ports !== 'any' && clause.ports.length === 0)) return false;
    if (members === 'any' || clause.peers === 'any') return true;
    return clause.peers.some(({ kind }) => kind === 'block') || !members.may.isEmpty();
  });
}

function besideDns(world: World, [first]: readonly Unit[]): string {
  if (first === undefined) return '';
  return sidesIn(world, 'egress')(first).entries.some(({ clause }) => isDnsOnly(clause)) ? ' but DNS' : '';
}

/** The job controller labels each pod by its job; nobody can select that in advance. */
function isWrittenByController(key: string): boolean {
  return key === 'controller-uid' || key === 'job-name' || key.startsWith('batch.kubernetes.io/');
}
