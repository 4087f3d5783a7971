/** Names one object of the cluster. `namespace` is null for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

/** `Kind/namespace/name`, the text by which records are keyed; unique because names hold no slash. */
export function refKey(ref: ObjectRef): string {
  return `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`;
}
