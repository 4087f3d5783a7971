/** How the picture of the cluster stands, for readiness and metrics; the webhook never sees the picture itself. */
export interface ServingData {
  readonly kinds: () => readonly WatchedKind[];
  /**
   * Resolves when the picture holds the namespace, or after 200 ms: one that was created a moment ago arrives by
   * watch a little later than the first request about it.
   */
  readonly caughtUp: (namespace: string) => Promise<void>;
}

export interface WatchedKind {
  /** Such as `Pod`; from a fixed list. */
  readonly kind: string;
  readonly synced: boolean;
  /** What readiness' verbose text says of it, for example `list failed: 403`; empty when there is nothing to say. */
  readonly note: string;
  readonly objects: number;
  /** Stale, or no longer to be read: what rests on it warns at most. Readiness is not touched by it. */
  readonly degraded: boolean;
  /** Seconds since the last event or bookmark; null where the kind does not exist. */
  readonly ageSeconds: number | null;
  /** Absent where nothing is watched: a snapshot does not change. */
  readonly watch?: WatchCounts;
}

/** Since the start. */
export interface WatchCounts {
  /** Events that changed the picture. */
  readonly events: number;
  /** Lists that were taken over. */
  readonly lists: number;
  /** How often a watch was given up, by reason; reasons are from a fixed list. */
  readonly interruptions: ReadonlyMap<string, number>;
}
