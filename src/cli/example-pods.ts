import type { NodeRecord, PodRecord, WorkloadRecord } from '../model/objects.ts';

const nodeNames: readonly string[] = ['node-1', 'node-2', 'node-3'];

/** The 32-bit FNV-1a hash of a text: pods get names that look like a cluster's and are the same in every run. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}

/** The alphabet of generated names has no vowels, so that no name is ever a word. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

function suffix(text: string, length: number): string {
  const digits: string[] = [];
  for (let rest = hash(text); digits.length < length; rest = Math.floor(rest / alphabet.length)) {
    digits.push(alphabet[rest % alphabet.length] ?? '');
  }
  return digits.join('');
}

/** The nodes that the example's pods run on. */
export function exampleNodes(): NodeRecord[] {
  return nodeNames.map((name, index) => ({
    kind: 'Node',
    name,
    addresses: [nodeAddress(index)],
    podRanges: [`10.244.${index}.0/24`],
    machine: 'ordinary',
  }));
}

function nodeAddress(index: number): string {
  return `192.168.10.${11 + index}`;
}

/**
 * The pods that a cluster's controllers would make of these workloads, all running: a Deployment's through a
 * ReplicaSet, one per node for a DaemonSet, none for Jobs and CronJobs, whose time has not come.
 */
export function runningPods(workloads: readonly WorkloadRecord[]): PodRecord[] {
  const pods: PodRecord[] = [];
  for (const workload of workloads) {
    for (let index = 0; index < podCount(workload); index += 1)
      pods.push(podOf(workload, index, pods.length));
  }
  return pods;
}

function podCount({ kind, replicas }: WorkloadRecord): number {
  if (kind === 'DaemonSet') return nodeNames.length;
  return kind === 'Deployment' || kind === 'StatefulSet' ? replicas : 0;
}

/** @param index within the workload; @param number within the cluster, from which the address is made. */
function podOf(workload: WorkloadRecord, index: number, number: number): PodRecord {
  const { kind, namespace, name, template } = workload;
  const node = kind === 'DaemonSet' ? index : number % nodeNames.length;
  const templateHash = suffix(`${namespace}/${name}`, 9);
  const replicaSet = `${name}-${templateHash}`;
  const names = new Map([
    ['Deployment', `${replicaSet}-${suffix(`${namespace}/${name}/${index}`, 5)}`],
    ['StatefulSet', `${name}-${index}`],
  ]);
  return {
    kind: 'Pod',
    namespace,
    name: names.get(kind) ?? `${name}-${suffix(`${namespace}/${name}/${index}`, 5)}`,
    ...template,
    // The ReplicaSet itself is not among the manifests; by this label its Deployment is known.
    labels:
      kind === 'Deployment'
        ? new Map([...template.labels, ['pod-template-hash', templateHash]])
        : template.labels,
    owner: kind === 'Deployment' ? { kind: 'ReplicaSet', name: replicaSet } : { kind, name },
    node: nodeNames[node] ?? null,
    addresses: [
      template.hostNetwork
        ? nodeAddress(node)
        : `10.244.${node}.${10 + Math.floor(number / nodeNames.length)}`,
    ],
    finished: false,
    terminating: false,
  };
}
