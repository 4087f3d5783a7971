import type { ClusterObject, NamespaceRecord, PodRecord, PolicyRecord, WorkloadRecord } from './objects.ts';
import type { CompiledPolicy } from './policy.ts';

/**
 * What is to happen: edits that are applied at once. A webhook passes a list of one; `plan` and `diff` a whole
 * directory. `before` absent is a creation, `after` absent a deletion.
 */
export interface Change {
  readonly edits: readonly Edit[];
}

export type Edit = PolicyEdit | NamespaceEdit | PodEdit | WorkloadEdit | RecordEdit;

interface Pair<T> {
  readonly before: T | null;
  readonly after: T | null;
}

export interface PolicyEdit extends Pair<CompiledPolicy> {
  readonly kind: 'policy';
}

export interface NamespaceEdit extends Pair<NamespaceRecord> {
  readonly kind: 'namespace';
}

export interface PodEdit extends Pair<PodRecord> {
  readonly kind: 'pod';
}

/** A template that differs replaces every pod of its workload: they take its labels and ports, and keep their addresses. */
export interface WorkloadEdit extends Pair<WorkloadRecord> {
  readonly kind: 'workload';
  /** True where the pods after the change are stated for themselves: then the template tells nothing of them. */
  readonly podsStated?: boolean;
}

/** Any other object that rules read: it changes no verdict, but what is known of those that policies concern. */
export interface RecordEdit
  extends Pair<Exclude<ClusterObject, NamespaceRecord | PodRecord | WorkloadRecord | PolicyRecord>> {
  readonly kind: 'record';
}
