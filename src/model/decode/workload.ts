import type { WorkloadKind, WorkloadRecord } from '../objects.ts';
import { get, list, nameOf, namespaceOf, whole } from './lenient.ts';
import { networkAgents } from './network-agent.ts';
import { controllerOf } from './pod.ts';
import { decodePodShape } from './pod-shape.ts';

/** Reads an object that makes pods from a template. Throws a DecodeError where the object has no name. */
export function decodeWorkload(kind: WorkloadKind, value: unknown): WorkloadRecord {
  const spec = get(value, 'spec');
  const template = kind === 'CronJob' ? get(spec, 'jobTemplate', 'spec', 'template') : get(spec, 'template');
  const agents = kind === 'DaemonSet' ? networkAgents(value) : [];
  return {
    kind,
    namespace: namespaceOf(value),
    name: nameOf(value),
    owner: controllerOf(value),
    replicas: replicasOf(kind, spec),
    finished: kind === 'Job' && isFinishedJob(value),
    template: decodePodShape(template),
    ...(agents.length === 0 ? {} : { agents }),
  };
}

function replicasOf(kind: WorkloadKind, spec: unknown): number {
  if (kind === 'DaemonSet' || kind === 'CronJob') return 1;
  const declared = whole(get(spec, kind === 'Job' ? 'parallelism' : 'replicas'));
  return declared === null ? 1 : Math.max(0, declared);
}

/** "A job is considered finished when it is in a terminal condition, either Complete or Failed." */
function isFinishedJob(value: unknown): boolean {
  return list(get(value, 'status', 'conditions')).some((condition) => {
    const type = get(condition, 'type');
    return (type === 'Complete' || type === 'Failed') && get(condition, 'status') === 'True';
  });
}
