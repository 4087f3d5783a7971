import type { PodRecord } from '../model/objects.ts';
import { sameShape } from './same-shape.ts';

/** A pod and the workload that it belongs to, by id. */
export interface OwnedPod {
  readonly workload: string;
  readonly pod: PodRecord;
}

/**
 * Pairs pods of a workload that went with those that came: a rollout gives every pod another name, and nothing else of
 * it may have changed. A pod that came in another's place takes its name; those that look alike are paired first.
 */
export function succeeding(
  gone: readonly OwnedPod[],
  come: readonly OwnedPod[],
): readonly { readonly before: PodRecord | null; readonly after: PodRecord | null }[] {
  const waiting = new Map<string, PodRecord[]>();
  for (const { workload, pod } of come) waiting.set(workload, [...(waiting.get(workload) ?? []), pod]);
  const pairs: { before: PodRecord | null; after: PodRecord | null }[] = [];
  const left: OwnedPod[] = [];
  const take = ({ workload, pod }: OwnedPod, alike: (other: PodRecord) => boolean): boolean => {
    const pods = waiting.get(workload) ?? [];
    const index = pods.findIndex((other) => other.finished === pod.finished && alike(other));
    const after = pods[index];
    if (after === undefined) return false;
    pods.splice(index, 1);
    pairs.push({ before: pod, after: { ...after, name: pod.name } });
    return true;
  };
  for (const owned of gone) if (!take(owned, (other) => sameShape(owned.pod, other))) left.push(owned);
  for (const owned of left) if (!take(owned, () => true)) pairs.push({ before: owned.pod, after: null });
  for (const pods of waiting.values()) for (const pod of pods) pairs.push({ before: null, after: pod });
  return pairs;
}
