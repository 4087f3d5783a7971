import { compileNetworkPolicy } from '../dialects/network-policy.ts';
import type { Change, Edit, PolicyEdit, RecordEdit } from '../model/change.ts';
import {
  type ClusterObject,
  type NodeRecord,
  type PodRecord,
  type PolicyRecord,
  recordName,
  type WorldEvent,
} from '../model/objects.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { sameRecord } from '../model/same-record.ts';
import { workloadOfPod, workloadOfRecord } from './owners.ts';
import { blocksMax, distinctBlocks } from './pod-table.ts';
import { succeeding } from './succeeding-pods.ts';

/** A cluster, and what makes another one of it. */
export interface ChangeBetween {
  /** What the world is made of that the change is laid over. */
  readonly base: readonly WorldEvent[];
  readonly change: Change;
}

/**
 * What must be done to one list of objects to get the other. Of two objects of one name the last counts. Where a policy
 * that nobody can read, or one of an API that is not analysed, is on one side only, its pods' verdicts are unknown on
 * both: the world of the base holds it.
 */
export function changeBetween(
  before: readonly ClusterObject[],
  after: readonly ClusterObject[],
  profile: Profile,
): ChangeBetween {
  const [old, now] = [byName(before), byName(after)];
  const base: ClusterObject[] = [...old.values()];
  const stated = statedWorkloads(now);
  const edits: Edit[] = [...podEdits(old, now)];
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [was = null, is = null] = [old.get(key), now.get(key)];
    if (was === is || sameRecord(was, is)) continue;
    const edit = editOf(was, is, profile);
    base.push(...atOnce(was, is, edit));
    if (edit?.kind === 'workload') edits.push({ ...edit, podsStated: isStated(edit, stated) });
    else if (edit !== null && edit.kind !== 'pod') edits.push(edit);
  }
  return { base: base.map((object) => ({ type: 'put', object })), change: { edits: policiesFirst(edits) } };
}

/** What holds on both sides as soon as it does on one: policies that are not analysed, and addresses of nodes. */
export function atOnce(
  was: ClusterObject | null,
  is: ClusterObject | null,
  edit: Edit | null,
): readonly ClusterObject[] {
  if (edit === null) return clouds(was, is);
  if (edit.kind !== 'record') return [];
  const object = is ?? was;
  if (object?.kind === 'Node') return [joinedNode(was, is) ?? object];
  return object?.kind === 'ForeignPolicy' ? [object] : [];
}

/** Rules name a change by its first edit. */
export function policiesFirst(edits: readonly Edit[]): readonly Edit[] {
  return [...edits.filter(({ kind }) => kind === 'policy'), ...edits.filter(({ kind }) => kind !== 'policy')];
}

/**
 * The edit that makes one record of the other; null for a policy of which one version cannot be judged.
 *
 * @param wide What a policy counts as that names more blocks than pods are told apart by.
 */
export function editOf(
  before: ClusterObject | null,
  after: ClusterObject | null,
  profile: Profile,
  wide: 'judged' | 'unknown' = 'unknown',
): Edit | null {
  const pair = { before, after };
  if (isPair(pair, isPolicy)) return policyEdit(pair.before, pair.after, profile, wide);
  if (isPair(pair, isNamespace)) return { kind: 'namespace', ...pair };
  if (isPair(pair, isPod)) return { kind: 'pod', ...pair };
  if (isPair(pair, isWorkload)) return { kind: 'workload', ...pair };
  return isPair(pair, isOther) ? { kind: 'record', ...pair } : null;
}

function isPair<T extends ClusterObject>(
  pair: { readonly before: ClusterObject | null; readonly after: ClusterObject | null },
  is: (object: ClusterObject) => object is T,
): pair is { readonly before: T | null; readonly after: T | null } {
  return [pair.before, pair.after].every((object) => object === null || is(object));
}

const isPolicy = (object: ClusterObject) => object.kind === 'NetworkPolicy';
const isNamespace = (object: ClusterObject) => object.kind === 'Namespace';
const isPod = (object: ClusterObject) => object.kind === 'Pod';
const isWorkload = (object: ClusterObject) => 'template' in object;
type Other = NonNullable<RecordEdit['after']>;
const isOther = (object: ClusterObject): object is Other =>
  ![isPolicy, isNamespace, isPod, isWorkload].some((is) => is(object));

function policyEdit(
  before: PolicyRecord | null,
  after: PolicyRecord | null,
  profile: Profile,
  wide: 'judged' | 'unknown',
): PolicyEdit | null {
  const [was, is] = [before, after].map((record) =>
    record === null ? null : compiled(record, profile, wide),
  );
  if ((before !== null && was == null) || (after !== null && is == null)) return null;
  return { kind: 'policy', before: was ?? null, after: is ?? null };
}

/** Null where nobody can tell what it does: it cannot be read, or names more blocks than pods are told apart by. */
function compiled(
  { policy }: PolicyRecord,
  profile: Profile,
  wide: 'judged' | 'unknown',
): CompiledPolicy | null {
  const found = policy === null ? null : compileNetworkPolicy(policy, profile);
  return found !== null && (wide === 'judged' || distinctBlocks(found) <= blocksMax) ? found : null;
}

/** The versions of a policy that cannot be judged, under names that no object has. */
function clouds(before: ClusterObject | null, after: ClusterObject | null): ClusterObject[] {
  return [before, after].flatMap((object, side) =>
    object?.kind === 'NetworkPolicy' ? [{ ...object, name: `${object.name} (${side})`, policy: null }] : [],
  );
}

function byName(objects: readonly ClusterObject[]): Map<string, ClusterObject> {
  return new Map(objects.map((object) => [keyOf(object), object]));
}

function keyOf(object: ClusterObject): string {
  const { namespace, name } = recordName(object);
  return `${object.kind} ${namespace ?? ''}/${name}`;
}

/** Nobody outside has an address that a node has on either side. */
function joinedNode(before: ClusterObject | null, after: ClusterObject | null): NodeRecord | null {
  if (before?.kind !== 'Node' || after?.kind !== 'Node') return null;
  return { ...after, addresses: [...new Set([...before.addresses, ...after.addresses])] };
}

type Objects = ReadonlyMap<string, ClusterObject>;

function workloadIn(objects: Objects, pod: PodRecord): string {
  return workloadOfPod(pod, (kind, namespace, name) => {
    const found = objects.get(`${kind} ${namespace}/${name}`);
    return found !== undefined && isWorkload(found) ? found : undefined;
  }).id;
}

/** Workloads whose pods after the change are stated for themselves. */
function statedWorkloads(after: Objects): ReadonlySet<string> {
  const found = new Set<string>();
  for (const object of after.values())
    if (object.kind === 'Pod' && !object.finished) found.add(workloadIn(after, object));
  return found;
}

function isStated(edit: Extract<Edit, { readonly kind: 'workload' }>, stated: ReadonlySet<string>): boolean {
  const record = edit.after ?? edit.before;
  const workload = record === null ? null : workloadOfRecord(record);
  return workload !== null && stated.has(workload.id);
}

/** Pods that went and pods that came in their place are one pod that changed. */
function podEdits(old: Objects, now: Objects): readonly Edit[] {
  const edits: Edit[] = [];
  const gone: { readonly workload: string; readonly pod: PodRecord }[] = [];
  const come: { readonly workload: string; readonly pod: PodRecord }[] = [];
  for (const [key, object] of old) {
    if (object.kind !== 'Pod') continue;
    const after = now.get(key);
    if (after?.kind !== 'Pod') gone.push({ workload: workloadIn(old, object), pod: object });
    else if (after !== object && !sameRecord(object, after))
      edits.push({ kind: 'pod', before: object, after });
  }
  for (const [key, object] of now)
    if (object.kind === 'Pod' && !old.has(key)) come.push({ workload: workloadIn(now, object), pod: object });
  for (const { before, after } of succeeding(gone, come)) edits.push({ kind: 'pod', before, after });
  return edits;
}
