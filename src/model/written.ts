/** A field of a document that the type does not have. */
export interface UnknownField {
  /** For example `spec.ingress[0].to`. */
  readonly path: string;
  readonly key: string;
  /** The fields that there are at this place; none where the text is no field but one glued to its value: `ingress:[]`. */
  readonly known: readonly string[];
  /** All that is written at this place, this field included. */
  readonly beside: readonly string[];
}

/** A document that means to be a NetworkPolicy, as its author wrote it. */
export interface WrittenDocument {
  /** Empty where the document does not say, as with `kind`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Null where the document says nothing. */
  readonly namespace: string | null;
  readonly name: string | null;
  /** Parsed JSON or YAML; anything. */
  readonly value: unknown;
  /** The spec as text that is equal for specs that differ in the order of keys alone; empty where there is none. */
  readonly spec: string;
  /** Fields that a NetworkPolicy does not have, in the order of the document. */
  readonly unknown: readonly UnknownField[];
  /** Documents of different scopes are never applied together: overlays, for example, or folders of environments. */
  readonly scope: string;
}

/** A field of `spec` by which rules tell what an author meant from what the API server added. */
export type GivenField = 'policyTypes' | 'ingress' | 'egress';

/**
 * What is known of how the author wrote a policy, before defaults were set and empty lists dropped. Decoded objects do
 * not tell: "policyTypes" is always set by the time that anything sees them.
 */
export interface WrittenPolicy {
  readonly source: 'file' | 'last-applied' | 'managed-fields';
  /** An empty list of policyTypes is defaulted as a missing one is, and counts as not given. */
  readonly given: ReadonlySet<GivenField>;
  /** Paths of `from` and `to` that are written down but are empty or null, for example `spec.ingress[0].from`. */
  readonly emptyPeers: readonly string[];
  /** What was applied, where `source` is `last-applied`; rules about documents look at it. */
  readonly document: WrittenDocument | null;
}
