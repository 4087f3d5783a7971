import type { Pod, RefCluster } from './reference/objects.ts';
import { templateOf, unitsOf } from './reference/units.ts';

/** A cluster whose planned pods are pods of their own, and the pods of each workload. */
export interface Expanded {
  readonly cluster: RefCluster;
  readonly ends: Map<string, string[]>;
}

/** The same cluster with planned pods as pods of their own, since the reference judges pods that live. */
export function expanded(cluster: RefCluster): Expanded {
  const ends = new Map<string, string[]>();
  const pods: Pod[] = [];
  for (const { id, running, plannedPods } of unitsOf(cluster)) {
    const keys = running.map(({ key }) => key);
    const [, namespace = '', name = '', kind = ''] = /^(.*)\/(.*)\[(.*)\]$/.exec(id) ?? [];
    const found = cluster.workloads.find(
      (each) => `${each.metadata.namespace ?? 'default'}/${each.metadata.name}[${each.kind}]` === id,
    );
    for (const index of plannedPods.keys()) {
      const template = found === undefined ? undefined : templateOf(found);
      if (template === undefined) throw new Error(`${id} has no template`);
      const metadata = {
        ...template.metadata,
        namespace,
        name: `${name}-${kind}-planned-${index}`,
        ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true }],
      };
      pods.push({ ...template, apiVersion: 'v1', kind: 'Pod', metadata } as unknown as Pod);
      keys.push(`${namespace}/${metadata.name}`);
    }
    ends.set(id, keys);
  }
  return { cluster: { ...cluster, pods: [...cluster.pods, ...pods] }, ends };
}
