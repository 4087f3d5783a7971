import { type PodShape, type WorkloadKind, workloadKinds } from '../model/objects.ts';
import type { Labels } from '../model/selector.ts';
import type { World } from '../world/world.ts';

/** A pod in the network of its node, or the template of a workload that has no pods yet: no policy governs it. */
export interface HostPod {
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  readonly labels: Labels;
  /** Addresses of its node as text; none where it does not run. */
  readonly addresses: readonly string[];
}

/** The pods of a namespace that share the network of their node, and templates that would make such pods. */
export function hostPodsIn(world: World, namespace: string): HostPod[] {
  const found: HostPod[] = [];
  for (const pod of world.records('Pod', namespace)) {
    if (!pod.hostNetwork || pod.finished) continue;
    const { name, labels, addresses } = pod;
    found.push({ namespace, name, workload: pod.owner?.name ?? name, labels, addresses });
  }
  for (const kind of templateKinds) {
    for (const { name, template } of world.records(kind, namespace)) {
      if (template.hostNetwork && !found.some((pod) => isOf(pod, template)))
        found.push({ namespace, name, workload: name, labels: template.labels, addresses: [] });
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a namespace's DaemonSets say, where there are too many namespaces to look at their pods. */
export function hostDaemonsIn(world: World, namespace: string): HostPod[] {
  return daemonKinds
    .flatMap((kind) => [...world.records(kind, namespace)])
    .filter(({ template }) => template.hostNetwork)
    .map(({ name, template }) => ({
      namespace,
      name,
      workload: name,
      labels: template.labels,
      addresses: [],
    }));
}

const daemonKinds: readonly WorkloadKind[] = ['DaemonSet'];

/** A ReplicaSet's template is that of its Deployment. */
const templateKinds: readonly WorkloadKind[] = workloadKinds.filter((kind) => kind !== 'ReplicaSet');

function isOf({ labels }: HostPod, template: PodShape): boolean {
  return [...template.labels].every(([key, value]) => labels.get(key) === value);
}
