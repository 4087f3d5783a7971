/** Names one object of the cluster. `namespace` is null for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}
