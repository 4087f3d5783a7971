import type { Owner, PodRecord, WorkloadRecord } from '../model/objects.ts';
import { type Workload, workloadOf } from './unit.ts';

/** Finds the object between a pod and its workload. */
export type MiddleLookup = (
  kind: 'ReplicaSet' | 'Job',
  namespace: string,
  name: string,
) => WorkloadRecord | undefined;

/**
 * The workload a pod belongs to: its controlling owner, and that one's owner where the chain goes on (ReplicaSet →
 * Deployment, Job → CronJob). Where the middle object is not known its name tells: a ReplicaSet's ends in the pod's
 * `pod-template-hash`, a CronJob's Job in a number.
 */
export function workloadOfPod(pod: PodRecord, find: MiddleLookup): Workload {
  const { namespace, owner } = pod;
  if (owner === null) return workloadOf(namespace, 'Pod', pod.name);
  if (owner.kind !== 'ReplicaSet' && owner.kind !== 'Job')
    return workloadOf(namespace, owner.kind, owner.name);
  const middle = find(owner.kind, namespace, owner.name);
  const top = middle === undefined ? guessOwner(owner, pod) : (middle.owner ?? owner);
  return workloadOf(namespace, top.kind, top.name);
}

function guessOwner(owner: Owner, pod: PodRecord): Owner {
  if (owner.kind === 'ReplicaSet') {
    const suffix = `-${pod.labels.get('pod-template-hash') ?? ''}`;
    return suffix.length > 1 && owner.name.endsWith(suffix)
      ? { kind: 'Deployment', name: owner.name.slice(0, -suffix.length) }
      : owner;
  }
  const dash = owner.name.lastIndexOf('-');
  const digits = owner.name.slice(dash + 1);
  const numbered =
    dash > 0 && digits.length > 0 && [...digits].every((digit) => digit >= '0' && digit <= '9');
  return numbered ? { kind: 'CronJob', name: owner.name.slice(0, dash) } : owner;
}

/** The workload that a template record stands for, or null where another object controls it. */
export function workloadOfRecord(record: WorkloadRecord): Workload | null {
  const controlled = record.owner !== null && (record.kind === 'ReplicaSet' || record.kind === 'Job');
  return controlled ? null : workloadOf(record.namespace, record.kind, record.name);
}

/**
 * How many pods a workload without any is reviewed with: its declared replicas, at least one; DaemonSets, CronJobs
 * and workloads scaled to zero have one. A finished Job and pods of the node's network have none.
 */
export function plannedPods(record: WorkloadRecord): number {
  if (record.finished || record.template.hostNetwork) return 0;
  return record.kind === 'DaemonSet' || record.kind === 'CronJob' ? 1 : Math.max(1, record.replicas);
}
