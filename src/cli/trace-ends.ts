import { type FlowEnd, nodeEnd, podEnd } from '../impact/verdict.ts';
import { type PodRecord, workloadKinds } from '../model/objects.ts';
import { editDistance, isSlip } from '../rules/near-miss.ts';
import { parseAddress } from '../sets/addresses.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { workloadOfPod } from '../world/owners.ts';
import { readAddresses } from '../world/pod-table.ts';
import { podIds, type Unit, type Workload } from '../world/unit.ts';

/** What an endpoint of the command line stands for. */
export interface Endpoint {
  /** `namespace/name[Kind]` of a workload, or as it was asked for. */
  readonly id: string;
  /** The pods or the node or address; empty for `internet`, whose addresses follow from the other end. */
  readonly ends: readonly FlowEnd[];
  /** What was taken for something else than it seems, or null. */
  readonly note: string | null;
}

type Problem = { readonly problem: string };

/** The ways to write an endpoint, for messages and help. */
export const endpointForms = 'ns/workload, pod:ns/name, ip:ADDRESS, node:NAME or internet';

/** Finds what `ns/workload`, `pod:ns/name`, `ip:ADDRESS`, `node:NAME` or `internet` stands for. */
export function endpointOf(world: ClusterWorld, text: string): Endpoint | Problem {
  if (text === 'internet') return { id: text, ends: [], note: null };
  const colon = text.indexOf(':');
  const [scheme, rest] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)];
  if (scheme === 'ip') return addressEndpoint(world, text, rest);
  if (scheme === 'node') return nodeEndpoint(world, text, rest);
  const [namespace = '', name = '', more] = (scheme === 'pod' ? rest : text).split('/');
  if ((scheme !== '' && scheme !== 'pod') || namespace === '' || name === '' || more !== undefined)
    return { problem: `"${text}" is no endpoint: write ${endpointForms}.` };
  if (world.namespace(namespace) === undefined) {
    const hint = meant(
      namespace,
      [...world.namespaces()].map((each) => each.name),
    );
    return { problem: `There is no namespace ${namespace}${hint}` };
  }
  return scheme === 'pod' ? podEndpoint(world, namespace, name) : workloadEndpoint(world, namespace, name);
}

function addressEndpoint(world: ClusterWorld, text: string, written: string): Endpoint | Problem {
  const address = parseAddress(written);
  if (address === null)
    return { problem: `"${text}": ${written} is no IP address; write one such as ip:203.0.113.7.` };
  if (!world.owns(address)) return { id: text, ends: [{ kind: 'address', address }], note: null };
  for (const record of world.records('Node')) {
    if (readAddresses(record.addresses).includes(address))
      return { id: text, ends: [nodeEnd(world, record.name)], note: `${written} is node ${record.name}` };
  }
  for (const record of world.records('Pod')) {
    if (record.finished || !readAddresses(record.addresses).includes(address)) continue;
    const end = podEnd(world, record.namespace, record.name);
    if (end !== null)
      return { id: text, ends: [end], note: `${written} is pod ${record.namespace}/${record.name}` };
  }
  return { id: text, ends: [{ kind: 'address', address }], note: null };
}

function nodeEndpoint(world: ClusterWorld, text: string, name: string): Endpoint | Problem {
  if (world.record('Node', null, name) !== undefined)
    return { id: text, ends: [nodeEnd(world, name)], note: null };
  const hint = meant(
    name,
    [...world.records('Node')].map((each) => each.name),
  );
  return { problem: `There is no node ${name}${hint}` };
}

function podEndpoint(world: ClusterWorld, namespace: string, name: string): Endpoint | Problem {
  const end = podEnd(world, namespace, name) ?? plannedEnd(world, namespace, name);
  if (end !== null)
    return { id: `pod:${namespace}/${name}`, ends: [end], note: end.kind === 'node' ? hostNote : null };
  if (world.pod(namespace, name) !== undefined)
    return { problem: `Pod ${namespace}/${name} has finished: it has no connections any more.` };
  const names = [...world.records('Pod', namespace)].map((each) => each.name);
  return { problem: `There is no pod ${namespace}/${name}${meant(name, names)}` };
}

const hostNote = 'a pod of the node network is its node to policies';

/** `web#1`: a pod that a workload will have. */
function plannedEnd(world: ClusterWorld, namespace: string, name: string): FlowEnd | null {
  let found: FlowEnd | null = null;
  world.unitsIn(namespace).forEach((id) => {
    const unit = world.unit(id);
    if (unit !== undefined && podIds(unit).includes(`${namespace}/${name}`))
      found = { kind: 'pod', unit, name, node: null };
  });
  return found;
}

function workloadEndpoint(world: ClusterWorld, namespace: string, written: string): Endpoint | Problem {
  const [, name = written, kind] = /^(.*)\[(\w+)\]$/.exec(written) ?? [];
  const all = workloadsIn(world, namespace);
  const found = [...all.values()].filter(
    (each) => each.workload.name === name && (kind === undefined || each.workload.kind === kind),
  );
  const [only, second] = found;
  if (second !== undefined) {
    const ids = found.map(({ workload }) => workload.id).sort();
    return { problem: `${namespace}/${name} is ${ids.join(' and ')}: write the one you mean, in quotes.` };
  }
  if (only !== undefined) {
    const ends = [...only.units.flatMap((unit) => unitEnds(world, unit)), ...only.hosts];
    const note = only.units.length === 0 ? hostNote : null;
    return { id: only.workload.id, ends, note };
  }
  if (world.pod(namespace, name) !== undefined) return podEndpoint(world, namespace, name);
  const template = workloadKinds.flatMap((each) => world.record(each, namespace, name) ?? [])[0]?.template;
  if (template?.hostNetwork === true)
    return {
      problem: `${namespace}/${name} has no pods yet, and they will be of the node network: trace node:NAME instead.`,
    };
  if (world.record('Service', namespace, name) !== undefined)
    return {
      problem: `${namespace}/${name} is a Service: policies look at pods, so name the workload behind it, and its target port.`,
    };
  const hint = meant(
    name,
    [...all.values()].map(({ workload }) => workload.name),
  );
  return { problem: `There is no workload ${namespace}/${written}${hint}` };
}

interface Found {
  readonly workload: Workload;
  readonly units: Unit[];
  readonly hosts: FlowEnd[];
}

/** The workloads of a namespace with their pods, those of the node's network apart. */
function workloadsIn(world: ClusterWorld, namespace: string): Map<string, Found> {
  const found = new Map<string, Found>();
  const of = (workload: Workload): Found => {
    const known = found.get(workload.id) ?? { workload, units: [], hosts: [] };
    found.set(workload.id, known);
    return known;
  };
  world.unitsIn(namespace).forEach((id) => {
    const unit = world.unit(id);
    if (unit !== undefined) of(unit.workload).units.push(unit);
  });
  for (const record of world.records('Pod', namespace)) {
    const end = record.hostNetwork && !record.finished ? podEnd(world, namespace, record.name) : null;
    if (end !== null) of(workloadOf(world, record)).hosts.push(end);
  }
  return found;
}

function workloadOf(world: ClusterWorld, record: PodRecord): Workload {
  return workloadOfPod(record, (kind, namespace, name) => world.record(kind, namespace, name));
}

/** Each pod of a unit; of pods that do not exist yet two are enough. */
function unitEnds(world: ClusterWorld, unit: Unit): FlowEnd[] {
  const names = podIds(unit).map((id) => id.slice(unit.namespace.length + 1));
  const running = names.filter((name) => unit.members.has(name)).sort();
  const planned = names.filter((name) => !unit.members.has(name)).slice(0, 2);
  return [...running, ...planned].map((name) => {
    const node = world.pod(unit.namespace, name)?.node ?? null;
    return { kind: 'pod', unit, name, node };
  });
}

/** The end of a sentence: `; did you mean X?` for the name that is nearest, else a full stop. */
export function meant(name: string, candidates: readonly string[]): string {
  const near = candidates
    .filter(
      (each) =>
        isSlip(each, name) || each.startsWith(name) || name.startsWith(each) || editDistance(each, name) < 2,
    )
    .sort((a, b) => editDistance(a, name) - editDistance(b, name) || (a < b ? -1 : 1));
  return near[0] === undefined ? '.' : `; did you mean ${near[0]}?`;
}
