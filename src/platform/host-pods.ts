import {
  type PodRecord,
  type PodShape,
  type WorkloadKind,
  type WorkloadRecord,
  workloadKinds,
} from '../model/objects.ts';
import { type Labels, matches, type Selector } from '../model/selector.ts';
import type { RecordKey } from '../world/record-index.ts';
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

/**
 * The pods of a namespace that share the network of their node and that a selector matches, and templates that would
 * make such pods; by name. Each node may have one, so that they are found by the labels that the selector asks for.
 */
export function hostPodsIn(world: World, namespace: string, selector: Selector): HostPod[] {
  const found: HostPod[] = [];
  for (const { name, labels, addresses, owner } of hostPodsWith(world, namespace, labelOf(selector)))
    if (matches(selector, labels))
      found.push({ namespace, name, workload: owner?.name ?? name, labels, addresses });
  found.push(...templatesIn(world, namespace, selector));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Does a pod of the namespace that the selector matches share the network of its node? */
export function runsOnNodes(world: World, namespace: string, selector: Selector): boolean {
  return hostPodsWith(world, namespace, labelOf(selector)).some(({ labels }) => matches(selector, labels));
}

/** What the DaemonSets say of all namespaces that a selector matches, where these are too many to look at their pods. */
export function hostDaemonsIn(world: World, namespaces: Selector, pods: Selector): HostPod[] {
  const found: HostPod[] = [];
  for (const { namespace, name, template } of daemonsIn(world, namespaces))
    if (matches(pods, template.labels)) found.push(ofTemplate(namespace, name, template));
  return found;
}

/** Most clusters have few of them: only where they are more than the namespaces each of these is asked for its own. */
function daemonsIn(world: World, namespaces: Selector): readonly WorkloadRecord[] {
  const most = world.lookups.namespaceCount(namespaces);
  const all: WorkloadRecord[] = [];
  for (const daemon of world.lookups.records(daemons, anywhere)) if (all.push(daemon) > most) break;
  if (all.length > most)
    return [...world.lookups.namespaces(namespaces)].flatMap(({ name }) => [
      ...world.lookups.records(daemons, name),
    ]);
  return all.filter(({ namespace }) => {
    const record = world.namespace(namespace);
    return record !== undefined && matches(namespaces, record.labels);
  });
}

/** Those without pods, and of several that would make the same pods the first. */
function templatesIn(world: World, namespace: string, selector: Selector): HostPod[] {
  const all = templates.flatMap((key) => [...world.lookups.records(key, namespace)]);
  const found = all.filter(
    ({ template }, index) =>
      matches(selector, template.labels) &&
      !all.slice(0, index).some((earlier) => areOf(earlier.template.labels, template)) &&
      !hasPods(world, namespace, template),
  );
  return found.map(({ name, template }) => ofTemplate(namespace, name, template));
}

function ofTemplate(namespace: string, name: string, { labels }: PodShape): HostPod {
  return { namespace, name, workload: name, labels, addresses: [] };
}

type Label = readonly [key: string, value: string];

/** A label that everything has that the selector matches, or null. */
function labelOf({ requirements }: Selector): Label | null {
  for (const { key, operator, values } of requirements) {
    const [value, second] = values;
    if (operator === 'In' && value !== undefined && second === undefined) return [key, value];
  }
  return null;
}

/** Is there a pod that the template may have made? */
function hasPods(world: World, namespace: string, template: PodShape): boolean {
  const [first] = template.labels;
  return hostPodsWith(world, namespace, first ?? null).some(({ labels }) => areOf(labels, template));
}

function areOf(labels: Labels, template: PodShape): boolean {
  return [...template.labels].every(([key, value]) => labels.get(key) === value);
}

/** With the label, or all of the namespace; all at once, so that nobody stops at the one that was learnt first. */
function hostPodsWith(world: World, namespace: string, label: Label | null): readonly PodRecord[] {
  return [...world.lookups.records(hostPods, filedUnder(namespace, label))];
}

const hostPods: RecordKey<'Pod'> = {
  kind: 'Pod',
  textsOf: ({ hostNetwork, finished, namespace, labels }: PodRecord) =>
    !hostNetwork || finished ? [] : [null, ...labels].map((label) => filedUnder(namespace, label)),
};

function filedUnder(namespace: string, label: Label | null): string {
  return label === null ? namespace : `${namespace} ${label[0]}=${label[1]}`;
}

const hostTemplates = ({ namespace, template }: WorkloadRecord): readonly string[] =>
  template.hostNetwork ? [namespace] : [];

/** No name of a namespace. */
const anywhere = '*';

const daemons: RecordKey<WorkloadKind> = {
  kind: 'DaemonSet',
  textsOf: ({ namespace, template }: WorkloadRecord) => (template.hostNetwork ? [anywhere, namespace] : []),
};

/** A ReplicaSet's template is that of its Deployment. */
const templates: readonly RecordKey<WorkloadKind>[] = workloadKinds
  .filter((kind) => kind !== 'ReplicaSet')
  .map((kind) => ({ kind, textsOf: hostTemplates }));
