import type { Edit } from '../model/change.ts';
import { type ClusterObject, type NamespaceRecord, recordName } from '../model/objects.ts';
import { sameRecord } from '../model/same-record.ts';
import { sameLabels } from '../model/selector.ts';
import { atOnce, editOf, policiesFirst } from '../world/change-between.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { sameShape } from '../world/same-shape.ts';
import { samePolicy } from './change-of.ts';

/** What is asked of one object: to be as `after` says, or to go. `base` is what the author started from, if known. */
export interface Wish {
  readonly base: ClusterObject | null;
  readonly after: ClusterObject | null;
}

/** What must be done to a cluster, and what its world must hold besides. */
export interface PlannedChange {
  readonly edits: readonly Edit[];
  readonly ground: readonly ClusterObject[];
}

/** Objects to apply; of two of one name the last counts. */
export function wishesToApply(objects: readonly ClusterObject[]): readonly Wish[] {
  return [...byName(objects).values()].map((after) => ({ base: null, after }));
}

/** What leads from one tree to another: what differs, and what is in the first alone goes. */
export function wishesBetween(
  base: readonly ClusterObject[],
  head: readonly ClusterObject[],
): readonly Wish[] {
  const [old, now] = [byName(base), byName(head)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    const wish = { base: old.get(key) ?? null, after: now.get(key) ?? null };
    return sameRecord(wish.base, wish.after) ? [] : [wish];
  });
}

function byName(objects: readonly ClusterObject[]): Map<string, ClusterObject> {
  return new Map(
    objects.map((object) => {
      const { namespace, name } = recordName(object);
      return [`${object.kind} ${namespace ?? ''}/${name}`, object];
    }),
  );
}

/** The edits that fulfil the wishes in this cluster; none for an object that is so already, or is not there to go. */
export function planChange(wishes: readonly Wish[], world: ClusterWorld): PlannedChange {
  const edits: Edit[] = [];
  const ground: ClusterObject[] = [];
  for (const { base, after } of wishes) {
    const object = after ?? base;
    const before = object === null ? null : standing(world, object);
    const wanted = after?.kind === 'Namespace' ? kept(after, before, base) : after;
    if (before === null && wanted === null) continue;
    const edit = editOf(before, wanted, world.profile, 'judged');
    if (edit !== null && changesNothing(edit)) continue;
    ground.push(...atOnce(before, wanted, edit));
    if (edit !== null) edits.push(edit);
  }
  return { edits: policiesFirst(edits), ground };
}

/** The object of that name in the cluster. */
export function standing(world: ClusterWorld, object: ClusterObject): ClusterObject | null {
  const { namespace, name } = recordName(object);
  return world.record(object.kind, namespace, name) ?? null;
}

/** "Apply" leaves labels alone that the manifests never had: controllers write their own. */
function kept(
  after: NamespaceRecord,
  before: ClusterObject | null,
  base: ClusterObject | null,
): NamespaceRecord {
  if (before?.kind !== 'Namespace') return after;
  const labels = new Map(before.labels);
  if (base?.kind === 'Namespace')
    for (const key of base.labels.keys()) if (!after.labels.has(key)) labels.delete(key);
  for (const [key, value] of after.labels) labels.set(key, value);
  return { ...before, labels };
}

/** As the webhook has it: what no rule reads and no verdict rests on may differ. */
function changesNothing(edit: Edit): boolean {
  if (edit.before === null || edit.after === null) return false;
  switch (edit.kind) {
    case 'policy':
      return samePolicy(edit.before, edit.after);
    case 'namespace':
      return sameLabels(edit.before.labels, edit.after.labels);
    case 'workload':
      return sameShape(edit.before.template, edit.after.template);
    case 'pod':
    case 'record':
      return sameRecord(edit.before, edit.after);
  }
}
