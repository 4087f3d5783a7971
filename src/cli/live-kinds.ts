import type { KindStats, LiveView } from '../cluster/live.ts';
import type { WatchedKind } from '../webhook/serving-data.ts';

/** The live view as readiness and metrics see it: ready kinds and those that readiness still waits for. */
export function liveKinds(live: LiveView): WatchedKind[] {
  const ready = live.ready();
  // By kind; what is none of the kinds, such as discovery, shares one line.
  const missing = new Map(live.missing().map((line) => [line.split(':', 1)[0] ?? '', line] as const));
  const rows = live.stats().map((stats: KindStats): WatchedKind => {
    const { resource, state, objects, degraded, ageSeconds, note, events, lists, interruptions } = stats;
    // A list that was read is not yet one that the world has taken in.
    const waits = missing.get(resource);
    missing.delete(resource);
    const synced = ready || (state === 'live' && waits === undefined);
    return {
      kind: resource,
      synced,
      note: note === '' ? (waits ?? '') : note,
      objects,
      degraded,
      ageSeconds,
      watch: { events, lists, interruptions },
    };
  });
  if (ready || missing.size === 0) return rows;
  const note = [...missing.values()].join('; ');
  return [...rows, { kind: 'other', synced: false, note, objects: 0, degraded: false, ageSeconds: null }];
}
