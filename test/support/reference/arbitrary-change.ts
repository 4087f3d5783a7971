/** Random lists of edits, and what a cluster is after a list of edits. */
import { randomNamespace, randomPod } from './arbitrary.ts';
import { NAMESPACES, randomLabels, randomPolicy, randomRevision } from './arbitrary-policy.ts';
import { randomDeployment, randomRollout } from './arbitrary-workload.ts';
import { isLive } from './ends.ts';
import {
  type Container,
  entries,
  type Labels,
  list,
  type Namespace,
  type NetworkPolicy,
  namespaceOf,
  type Pod,
  type PodTemplate,
  type RefCluster,
  type Workload,
} from './objects.ts';
import type { Rng } from './random.ts';
import { templateOf, workloadOf } from './units.ts';

/** One edit; before is absent for a creation, after for a deletion. */
export type RefEdit =
  | { kind: 'NetworkPolicy'; before?: NetworkPolicy; after?: NetworkPolicy }
  | { kind: 'Namespace'; before?: Namespace; after?: Namespace }
  | { kind: 'Pod'; before?: Pod; after?: Pod }
  | { kind: Workload['kind']; before?: Workload; after?: Workload };

export type RefEditSort = 'policy' | 'namespace' | 'pod' | 'template' | 'workload';

export interface RefChange {
  edits: RefEdit[];
  after: RefCluster;
}

type Meta = { metadata: { name: string; namespace?: string } };

const same = (a: Meta, b: Meta) =>
  a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;

function replaced<T extends Meta>(objects: T[], before: T | undefined, after: T | undefined): T[] {
  if (before === undefined) return after === undefined ? objects : [...objects, after];
  return objects.flatMap((each) => (same(each, before) ? (after === undefined ? [] : [after]) : [each]));
}

/** What netsluice keeps of a template: its labels, and what its containers listen on, surely or before they end. */
function shape({ metadata, spec }: PodTemplate): string {
  const listening = (container: Container, certain: boolean) =>
    list(container.ports).map((port) => [
      port.name,
      port.containerPort,
      port.protocol ?? 'TCP',
      certain || container.restartPolicy === 'Always',
    ]);
  return JSON.stringify([
    entries(metadata?.labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
    ...spec.containers.flatMap((container) => listening(container, true)),
    ...list(spec.initContainers).flatMap((container) => listening(container, false)),
  ]);
}

/** The pod as the template makes it, in its old place: name, addresses, node and owner stay. */
function moved(pod: Pod, template: PodTemplate): Pod {
  const hash = new Map(Object.entries(pod.metadata.labels ?? {})).get('pod-template-hash');
  const labels: Labels = {
    ...template.metadata?.labels,
    ...(hash === undefined ? {} : { 'pod-template-hash': hash }),
  };
  const { initContainers: _, ...spec } = pod.spec;
  const init = template.spec.initContainers;
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...spec, containers: template.spec.containers, ...(init ? { initContainers: init } : {}) },
  };
}

/**
 * The cluster after all edits. A Deployment whose template labels or ports change moves all its live pods
 * to the new template: they keep name, addresses, node, owner and pod-template-hash, and get exactly the new
 * labels, containers and init containers. A Deployment with planned pods only plans them with the new template.
 * Completed pods and ReplicaSet objects stay as they are.
 */
export function applyEdits(cluster: RefCluster, edits: RefEdit[]): RefCluster {
  const after = { ...cluster };
  for (const edit of edits) {
    if (edit.kind === 'NetworkPolicy') after.policies = replaced(after.policies, edit.before, edit.after);
    else if (edit.kind === 'Namespace')
      after.namespaces = replaced(after.namespaces, edit.before, edit.after);
    else if (edit.kind === 'Pod') after.pods = replaced(after.pods, edit.before, edit.after);
    else {
      const others = after.workloads.filter(({ kind }) => kind !== edit.kind);
      const own = after.workloads.filter(({ kind }) => kind === edit.kind);
      after.workloads = [...others, ...replaced(own, edit.before, edit.after)];
      after.pods = movedPods(cluster, after.pods, edit.before, edit.after);
    }
  }
  return after;
}

function movedPods(cluster: RefCluster, pods: Pod[], before?: Workload, after?: Workload): Pod[] {
  if (before === undefined || after === undefined) return pods;
  const template = templateOf(after);
  if (shape(templateOf(before)) === shape(template)) return pods;
  const id = `${namespaceOf(after)}/${after.metadata.name}[${after.kind}]`;
  return pods.map((pod) => (isLive(pod) && workloadOf(cluster, pod) === id ? moved(pod, template) : pod));
}

/** A namespace that most likely has pods. */
function anyNamespace(rng: Rng, cluster: RefCluster): string {
  if (cluster.pods.length === 0 || rng.chance(0.2)) return rng.pick(NAMESPACES);
  return namespaceOf(rng.pick(cluster.pods));
}

function policyEdit(rng: Rng, cluster: RefCluster, name: string): RefEdit {
  const kind = 'NetworkPolicy';
  const how = cluster.policies.length === 0 ? 'create' : rng.pick(['create', 'update', 'update', 'delete']);
  if (how === 'create') return { kind, after: randomPolicy(rng, anyNamespace(rng, cluster), name) };
  const before = rng.pick(cluster.policies);
  return how === 'delete' ? { kind, before } : { kind, before, after: randomRevision(rng, before) };
}

function namespaceEdit(rng: Rng, cluster: RefCluster): RefEdit {
  const name = anyNamespace(rng, cluster);
  const before = cluster.namespaces.find(({ metadata }) => metadata.name === name);
  const after = randomNamespace(rng, name);
  return before === undefined ? { kind: 'Namespace', after } : { kind: 'Namespace', before, after };
}

function podEdit(rng: Rng, cluster: RefCluster, name: string): RefEdit | undefined {
  const how = cluster.pods.length === 0 ? 'add' : rng.pick(['add', 'label', 'label', 'remove']);
  if (how === 'add') {
    const after = randomPod(rng, cluster, name);
    return after === undefined ? undefined : { kind: 'Pod', after };
  }
  const before = rng.pick(cluster.pods);
  if (how === 'remove') return { kind: 'Pod', before };
  const hash = new Map(Object.entries(before.metadata.labels ?? {})).get('pod-template-hash');
  const labels = { ...randomLabels(rng), ...(hash === undefined ? {} : { 'pod-template-hash': hash }) };
  return { kind: 'Pod', before, after: { ...before, metadata: { ...before.metadata, labels } } };
}

function templateEdit(rng: Rng, cluster: RefCluster): RefEdit | undefined {
  const deployments = cluster.workloads.filter(({ kind }) => kind === 'Deployment');
  if (deployments.length === 0) return undefined;
  const before = rng.pick(deployments);
  return { kind: 'Deployment', before, after: randomRollout(rng, before) };
}

/** A Deployment that is created without pods, or one that has no pods and is deleted. */
function workloadEdit(rng: Rng, cluster: RefCluster, name: string): RefEdit {
  const owners = new Set(cluster.pods.map((pod) => workloadOf(cluster, pod)));
  const idle = cluster.workloads.filter(
    (each) =>
      each.kind === 'Deployment' && !owners.has(`${namespaceOf(each)}/${each.metadata.name}[Deployment]`),
  );
  if (idle.length > 0 && rng.chance(0.7)) return { kind: 'Deployment', before: rng.pick(idle) };
  return { kind: 'Deployment', after: randomDeployment(rng, rng.pick(NAMESPACES), name) };
}

/** The names of what an edit changes, so that no two edits of one list change the same object. */
function touched(cluster: RefCluster, edit: RefEdit): string[] {
  const object = edit.before ?? edit.after;
  if (object === undefined) return [];
  const name = `${object.metadata.namespace}/${object.metadata.name}`;
  if (edit.kind === 'Pod') {
    const pod = edit.before ?? edit.after;
    return [`Pod ${name}`, ...(pod === undefined ? [] : [workloadOf(cluster, pod)])];
  }
  return edit.kind === 'Deployment' ? [`${name}[Deployment]`] : [`${edit.kind} ${name}`];
}

const SORTS: readonly RefEditSort[] = ['policy', 'namespace', 'pod', 'template', 'workload'];

/**
 * A random list of 1–4 edits and the cluster after it. No object is changed twice, and no list changes both a
 * Deployment and one of its pods. `sorts` restricts what is edited; policies are always edited most. What is created
 * is named after `fresh`, which must be no beginning of a name that the cluster knows.
 */
export function randomChange(
  rng: Rng,
  cluster: RefCluster,
  sorts: readonly RefEditSort[] = SORTS,
  fresh = 'new',
): RefChange {
  const edits: RefEdit[] = [];
  const taken = new Set<string>();
  const count = rng.pick([1, 1, 1, 2, 3, 4]);
  for (let attempt = 0; edits.length < count && attempt < 40; attempt++) {
    const sort = rng.chance(0.5) && sorts.includes('policy') ? 'policy' : rng.pick(sorts);
    const name = `${fresh}${attempt}`;
    // Pods that an earlier edit added count, so that two added pods never share an address.
    const grown = {
      ...cluster,
      pods: [
        ...cluster.pods,
        ...edits.flatMap((e) => (e.kind === 'Pod' && !e.before && e.after ? [e.after] : [])),
      ],
    };
    const edit =
      sort === 'policy'
        ? policyEdit(rng, cluster, name)
        : sort === 'namespace'
          ? namespaceEdit(rng, cluster)
          : sort === 'pod'
            ? podEdit(rng, grown, name)
            : sort === 'template'
              ? templateEdit(rng, cluster)
              : workloadEdit(rng, cluster, name);
    if (edit === undefined) continue;
    const names = touched(cluster, edit);
    if (names.some((each) => taken.has(each))) continue;
    for (const each of names) taken.add(each);
    edits.push(edit);
  }
  return { edits, after: applyEdits(cluster, edits) };
}
