import type { Difference, IsolationFlip } from '../impact/rectangle.ts';
import type { Change } from '../model/change.ts';
import { clausesOf, directions } from '../model/policy.ts';
import { podIds } from '../world/unit.ts';
import type { World } from '../world/world.ts';

/** The path of the first edit's object that a finding about the change's effect points to. */
export function placeOf({ edits: [edit] }: Change): string {
  if (edit === undefined || edit.kind === 'policy') return 'spec';
  if (edit.kind === 'namespace' || edit.kind === 'pod') return 'metadata.labels';
  const kind = (edit.after ?? edit.before)?.kind;
  return kind === 'CronJob'
    ? 'spec.jobTemplate.spec.template.metadata.labels'
    : 'spec.template.metadata.labels';
}

/**
 * Does the change only make pods, or only take them away? What did not exist before was not blocked, and what is gone
 * cannot be cured by a policy.
 */
export function isOnly(effect: 'creation' | 'deletion', { edits }: Change): boolean {
  const missing = effect === 'creation' ? 'before' : 'after';
  return edits.every((edit) => edit.kind !== 'policy' && edit[missing] === null);
}

/** The first clause, ingress before egress, of the first edit's policy that admits what was blocked, else the place of the change. */
export function placeOfOpening(change: Change, { rectangles }: Difference): string {
  const [edit] = change.edits;
  const ref = edit?.kind === 'policy' ? edit.after?.ref : undefined;
  const opening = new Set<string>();
  for (const { policy, effect, direction, clause } of rectangles.flatMap(({ causes }) => causes)) {
    const own = policy.name === ref?.name && policy.namespace === ref.namespace;
    if (own && effect === 'allows' && clause !== null) opening.add(`${direction} ${clause}`);
  }
  for (const direction of directions) {
    const found = edit?.kind === 'policy' && edit.after !== null ? clausesOf(edit.after, direction) : [];
    const first = found.find(({ index }) => opening.has(`${direction} ${index}`));
    if (first !== undefined) return first.origin;
  }
  return placeOf(change);
}

/** The pods that these flips concern, sorted. */
export function flippedPods(
  flips: readonly IsolationFlip[],
  effect: IsolationFlip['effect'],
  world: World,
): string[] {
  const pods = new Set<string>();
  for (const flip of flips) {
    const unit = flip.effect === effect ? world.unit(flip.unit) : undefined;
    for (const pod of unit === undefined ? [] : podIds(unit)) pods.add(pod);
  }
  return [...pods].sort();
}
