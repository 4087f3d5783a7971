import type { Change, PodEdit, WorkloadEdit } from '../model/change.ts';
import type { PodRecord, WorkloadRecord } from '../model/objects.ts';
import type { Labels } from '../model/selector.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { keysOfPolicy } from './label-keys.ts';
import { plannedPods, workloadOfPod, workloadOfRecord } from './owners.ts';
import { addressesOf, addressingOf, readAddresses } from './pod-table.ts';
import { sameShape } from './same-shape.ts';
import { type SplittingBlock, splittingBlocks } from './splitting-block.ts';
import {
  type Addressing,
  type Names,
  type Traits,
  traitsKey,
  traitsOf,
  type Unit,
  unaddressed,
  type Workload,
} from './unit.ts';

/**
 * Pods that move together: they had one set of traits before the change and have one after it. Null where the pods
 * do not exist on that side. Equal sides mean that a block of the change merely tells these pods from others.
 */
export interface Cohort {
  readonly members: Names;
  readonly planned: { readonly before: number; readonly after: number };
  readonly before: Traits | null;
  readonly after: Traits | null;
  /** Keys of labels by which its pods differ. */
  readonly varying: ReadonlySet<string>;
  /** The unit of the base from which they are merely told apart: what the base knows of it holds for them too. */
  readonly origin: number | null;
}

/** The units of the base that cohorts stand for instead, and the cohorts. */
export interface Regrouping {
  readonly replaced: readonly number[];
  readonly cohorts: readonly Cohort[];
}

/** What tells pods apart on the two sides, beside what tells them apart in the base. */
interface Finer {
  readonly blocks: readonly SplittingBlock[];
  /** Label keys that no selector of the base asks for. */
  readonly keys: readonly string[];
}

/**
 * Groups anew every pod that the change's edits move, or that its address blocks or the label keys it asks for (and
 * `asked`) tell from others of its unit.
 */
export function regroup(base: ClusterWorld, change: Change, asked: Iterable<string>): Regrouping {
  const finer = { blocks: newBlocks(base, change), keys: newKeys(base, change, asked) };
  const replaced = new Set<number>();
  const cohorts: Cohort[] = [];
  for (const movement of movements(base, change).values()) {
    for (const unit of base.workloadUnits(movement.workload)) replaced.add(unit.id);
    cohorts.push(...cohortsOf(base, movement, finer));
  }
  const apart = base.table.differingIn(finer.keys).toArray();
  for (const id of new Set([...base.pods.within(finer.blocks).map(({ unit }) => unit), ...apart])) {
    if (id === null || replaced.has(id)) continue;
    replaced.add(id);
    cohorts.push(...splitUnit(base, id, finer));
  }
  return { replaced: [...replaced], cohorts };
}

/** Label keys that no selector in force asks for yet, so that the base does not tell pods apart by them. */
function newKeys(base: ClusterWorld, change: Change, asked: Iterable<string>): readonly string[] {
  const keys = new Set(asked);
  for (const edit of change.edits) {
    if (edit.kind !== 'policy') continue;
    for (const policy of [edit.before, edit.after])
      if (policy !== null) for (const key of keysOfPolicy(policy)) keys.add(key);
  }
  return [...keys].filter((key) => !base.keys.has(key));
}

/** Blocks that no policy in force names yet, so that the base does not tell pods apart by them. */
function newBlocks(base: ClusterWorld, change: Change): readonly SplittingBlock[] {
  const found = new Map<string, SplittingBlock>();
  for (const edit of change.edits) {
    if (edit.kind !== 'policy') continue;
    const policies = [edit.before, edit.after].filter((policy) => policy !== null);
    for (const block of policies.flatMap((policy) => splittingBlocks(policy, base.profile))) {
      if (!base.pods.isLive(block.key)) found.set(block.key, block);
    }
  }
  return [...found.values()];
}

interface Movement {
  readonly workload: Workload;
  readonly pods: PodEdit[];
  template: WorkloadEdit | null;
}

function movements(base: ClusterWorld, change: Change): Map<string, Movement> {
  const found = new Map<string, Movement>();
  const of = (workload: Workload): Movement => {
    const movement = found.get(workload.id) ?? { workload, pods: [], template: null };
    found.set(workload.id, movement);
    return movement;
  };
  const owner = (pod: PodRecord): Workload =>
    workloadOfPod(pod, (kind, namespace, name) => base.record(kind, namespace, name));
  for (const edit of change.edits) {
    if (edit.kind === 'pod') {
      const workloads = [edit.before, edit.after].flatMap((pod) => (pod === null ? [] : [owner(pod)]));
      for (const workload of new Map(workloads.map((item) => [item.id, item])).values())
        of(workload).pods.push(edit);
    } else if (edit.kind === 'workload') {
      const record = edit.after ?? edit.before;
      const workload = record === null ? null : workloadOfRecord(record);
      if (workload !== null) of(workload).template = edit;
    }
  }
  return found;
}

type PodTraits = Map<string, Traits>;

function cohortsOf(base: ClusterWorld, movement: Movement, finer: Finer): Cohort[] {
  const { workload, template } = movement;
  const before = currentPods(base, workload, finer);
  const after = new Map(before);
  for (const { before: old, after: now } of movement.pods) {
    place(base, before, old, now, workload, finer.blocks);
    place(base, after, now, old, workload, finer.blocks);
  }
  if (template !== null && template.podsStated !== true) retemplate(after, template);
  const record = base.workloadRecord(workload);
  const records = {
    before: template === null ? record : template.before,
    after: template === null ? record : template.after,
  };
  const planned = {
    before: plannedOf(workload, records.before, before),
    after: plannedOf(workload, records.after, after),
  };
  const cohorts = groupBySides(before, after);
  if (planned.before !== null || planned.after !== null) {
    cohorts.push({
      members: new Set(),
      planned: { before: planned.before?.count ?? 0, after: planned.after?.count ?? 0 },
      before: planned.before?.traits ?? null,
      after: planned.after?.traits ?? null,
      varying: none,
      origin: null,
    });
  }
  return cohorts;
}

/** The workload's pods as the base has them. */
function currentPods(base: ClusterWorld, workload: Workload, finer: Finer): PodTraits {
  return new Map(base.workloadUnits(workload).flatMap((unit) => [...podsOf(base, unit, finer)]));
}

/** The pods of a unit, told apart by more than the base tells them apart. */
function podsOf(base: ClusterWorld, unit: Unit, { blocks, keys }: Finer): PodTraits {
  const differing = keys.filter((key) => unit.varying.has(key));
  const pods: PodTraits = new Map();
  for (const name of unit.members) {
    const entry = base.pods.get(unit.namespace, name);
    const values = differing.map((key) => entry?.record.labels.get(key) ?? null);
    const addressing = extend(unit.addressing, entry === undefined ? [] : addressesOf(entry), blocks);
    pods.set(name, { ...unit, labels: withValues(unit.labels, differing, values), addressing });
  }
  return pods;
}

/** Makes the pod on this side what the edit says; the request's own words win over the base's copy. */
function place(
  base: ClusterWorld,
  pods: PodTraits,
  pod: PodRecord | null,
  other: PodRecord | null,
  workload: Workload,
  blocks: readonly SplittingBlock[],
): void {
  const name = pod?.name ?? other?.name;
  if (name !== undefined) pods.delete(name);
  if (pod === null || pod.finished || pod.hostNetwork) return;
  const addresses = readAddresses(pod.addresses);
  pods.set(pod.name, traitsOf(pod, workload, extend(base.pods.addressing(addresses), addresses, blocks)));
}

/**
 * A new template replaces all pods: they take its labels and ports. Without a template there are none. "A Deployment's
 * rollout is triggered if and only if the Deployment's Pod template is changed": other replicas leave the pods as they
 * are, with labels that somebody gave them by hand.
 */
function retemplate(pods: PodTraits, { before, after }: WorkloadEdit): void {
  if (before !== null && after !== null && sameShape(before.template, after.template)) return;
  for (const [name, traits] of [...pods]) {
    if (after === null || after.template.hostNetwork) pods.delete(name);
    else pods.set(name, { ...traits, labels: after.template.labels, ports: after.template.ports });
  }
}

function plannedOf(
  workload: Workload,
  record: WorkloadRecord | null | undefined,
  pods: PodTraits,
): { readonly traits: Traits; readonly count: number } | null {
  if (record == null || pods.size > 0) return null;
  const count = plannedPods(record);
  return count === 0 ? null : { traits: traitsOf(record.template, workload, unaddressed), count };
}

const none: ReadonlySet<string> = new Set();

function groupBySides(before: PodTraits, after: PodTraits): Cohort[] {
  const groups = new Map<string, { members: Set<string>; before: Traits | null; after: Traits | null }>();
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const sides = { before: before.get(name) ?? null, after: after.get(name) ?? null };
    const key = [sides.before, sides.after]
      .map((traits) => (traits === null ? '' : traitsKey(traits)))
      .join('\n');
    const group = groups.get(key) ?? { members: new Set<string>(), ...sides };
    group.members.add(name);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({
    ...group,
    planned: { before: 0, after: 0 },
    varying: none,
    origin: null,
  }));
}

/** The pods of a unit by what tells them apart now, and its planned pods, which nothing does. */
function splitUnit(base: ClusterWorld, id: number, finer: Finer): Cohort[] {
  const unit = base.unit(id);
  if (unit === undefined) return [];
  const keys = finer.keys.filter((key) => unit.varying.has(key));
  const varying = new Set([...unit.varying].filter((key) => !keys.includes(key)));
  const groups = new Map<string, { readonly members: Set<string>; readonly traits: Traits }>();
  for (const name of unit.members) {
    const entry = base.pods.get(unit.namespace, name);
    const values = keys.map((key) => entry?.record.labels.get(key) ?? null);
    const added = addressingOf(entry === undefined ? [] : addressesOf(entry), finer.blocks);
    const text = JSON.stringify([values, [...added.inside], [...added.partly]]);
    const known = groups.get(text);
    if (known !== undefined) known.members.add(name);
    else {
      const labels = withValues(unit.labels, keys, values);
      const addressing = { ...joined(unit.addressing, added), families: unit.addressing.families };
      groups.set(text, { members: new Set([name]), traits: { ...unit, labels, addressing } });
    }
  }
  const cohorts = [...groups.values()].map(({ members, traits }) => {
    const planned = { before: 0, after: 0 };
    return { members, planned, before: traits, after: traits, varying, origin: id };
  });
  if (unit.planned === 0) return cohorts;
  const planned = { before: unit.planned, after: unit.planned };
  return [...cohorts, { members: new Set(), planned, before: unit, after: unit, varying: none, origin: id }];
}

function withValues(labels: Labels, keys: readonly string[], values: readonly (string | null)[]): Labels {
  if (keys.length === 0) return labels;
  const all = new Map(labels);
  for (const [index, key] of keys.entries()) {
    const value = values[index];
    if (value != null) all.set(key, value);
  }
  return all;
}

function joined(a: Addressing, b: Addressing): Pick<Addressing, 'inside' | 'partly'> {
  return { inside: new Set([...a.inside, ...b.inside]), partly: new Set([...a.partly, ...b.partly]) };
}

function extend(
  known: Addressing,
  addresses: readonly bigint[],
  blocks: readonly SplittingBlock[],
): Addressing {
  if (blocks.length === 0) return known;
  return { ...joined(known, addressingOf(addresses, blocks)), families: known.families };
}
