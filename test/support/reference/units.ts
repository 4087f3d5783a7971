/** Groups pods into workloads and represents workload templates without pods by planned pods. */
import { type End, isLive, namespaceLabels, podEnd } from './ends.ts';
import {
  type Metadata,
  namespaceOf,
  type OwnerReference,
  type Pod,
  type PodTemplate,
  type RefCluster,
  type Workload,
} from './objects.ts';

/** One workload: `id` is `namespace/name[Kind]`. */
export interface RefUnit {
  id: string;
  /** Its live pods that have an address of their own, that is, are not in the host's network. */
  running: End[];
  /** How many pods it is expected to have; 0 as soon as one pod lives. */
  planned: number;
  /** min(planned, 2) pods as the template makes them, keyed `id#planned0` and `id#planned1`. */
  plannedPods: End[];
}

const controller = (metadata: Metadata): OwnerReference | undefined =>
  metadata.ownerReferences?.find((owner) => owner.controller === true);

function find(cluster: RefCluster, kind: string, namespace: string, name: string): Workload | undefined {
  return cluster.workloads.find(
    (each) => each.kind === kind && namespaceOf(each) === namespace && each.metadata.name === name,
  );
}

/** The workload id of a pod: its controlling owner, a ReplicaSet's Deployment, a Job's CronJob, or itself. */
export function workloadOf(cluster: RefCluster, pod: Pod): string {
  const namespace = namespaceOf(pod);
  const owner = controller(pod.metadata);
  const id = (name: string, kind: string) => `${namespace}/${name}[${kind}]`;
  if (owner === undefined) return id(pod.metadata.name, 'Pod');
  const object = find(cluster, owner.kind, namespace, owner.name);
  const above = object === undefined ? undefined : controller(object.metadata);
  if (above !== undefined) return id(above.name, above.kind);
  if (object !== undefined) return id(owner.name, owner.kind);
  if (owner.kind === 'ReplicaSet') {
    // Without the ReplicaSet object, its name tells: a Deployment names it `<deployment>-<pod-template-hash>`.
    const labels = new Map(Object.entries(pod.metadata.labels ?? {}));
    const suffix = `-${labels.get('pod-template-hash') ?? ''}`;
    if (suffix !== '-' && owner.name.endsWith(suffix)) {
      return id(owner.name.slice(0, -suffix.length), 'Deployment');
    }
  }
  if (owner.kind === 'Job' && /.-\d+$/.test(owner.name)) {
    // Without the Job object likewise: a CronJob names it `<cronjob>-<scheduled minute>`.
    return id(owner.name.replace(/-\d+$/, ''), 'CronJob');
  }
  return id(owner.name, owner.kind);
}

/** The pod template of a workload object. Throws if it has none, which the API server does not accept. */
export function templateOf(workload: Workload): PodTemplate {
  const template = workload.spec.jobTemplate?.spec.template ?? workload.spec.template;
  if (template === undefined) throw new Error(`${workload.kind} ${workload.metadata.name} has no template`);
  return template;
}

/** Whether the object is the workload itself: not a Deployment's ReplicaSet, a CronJob's Job or a finished Job. */
function isTemplate(workload: Workload): boolean {
  if (workload.kind !== 'ReplicaSet' && workload.kind !== 'Job') return true;
  if (controller(workload.metadata) !== undefined) return false;
  const finished = workload.status?.conditions?.some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return finished !== true;
}

/** "Declared replicas (at least 1; DaemonSet, CronJob and scaled to zero: 1)." */
function declared(workload: Workload): number {
  if (workload.kind === 'DaemonSet' || workload.kind === 'CronJob') return 1;
  return Math.max(1, (workload.kind === 'Job' ? workload.spec.parallelism : workload.spec.replicas) ?? 1);
}

function plannedPod(cluster: RefCluster, workload: Workload, key: string): End {
  const namespace = namespaceOf(workload);
  const template = templateOf(workload);
  return {
    sort: 'pod',
    key,
    namespace,
    labels: template.metadata?.labels ?? {},
    namespaceLabels: namespaceLabels(cluster, namespace),
    addresses: [],
    node: undefined,
    containers: template.spec,
    owned: true,
  };
}

/** All workloads of a cluster; hostNetwork pods and templates are none, and completed pods do not exist. */
export function unitsOf(cluster: RefCluster): RefUnit[] {
  const units = new Map<string, RefUnit>();
  const alive = new Set<string>();
  for (const pod of cluster.pods.filter(isLive)) {
    const id = workloadOf(cluster, pod);
    alive.add(id);
    if (pod.spec.hostNetwork === true) continue;
    const unit = units.get(id) ?? { id, running: [], planned: 0, plannedPods: [] };
    unit.running.push(podEnd(cluster, pod));
    units.set(id, unit);
  }
  for (const workload of cluster.workloads.filter(isTemplate)) {
    const id = `${namespaceOf(workload)}/${workload.metadata.name}[${workload.kind}]`;
    if (alive.has(id) || templateOf(workload).spec.hostNetwork === true) continue;
    const planned = declared(workload);
    const keys = [`${id}#planned0`, `${id}#planned1`].slice(0, planned);
    units.set(id, {
      id,
      running: [],
      planned,
      plannedPods: keys.map((key) => plannedPod(cluster, workload, key)),
    });
  }
  return [...units.values()];
}
