import type { KindStats, LiveView } from '../cluster/live.ts';
import type { WatchedKind } from '../webhook/serving-data.ts';

/** The live view as readiness and metrics see it: ready kinds and those that readiness still waits for. */
export function liveKinds(live: LiveView): WatchedKind[] {
  const ready = live.ready();
  const rows = live
    .stats()
    .map(({ resource, state, objects, degraded, ageSeconds, note }: KindStats): WatchedKind => {
      const settled = ready || state === 'live';
      return { kind: resource, synced: settled, note, objects, degraded, ageSeconds };
    });
  if (ready) return rows;
  const waiting = live.missing().join('; ');
  return [
    ...rows,
    { kind: 'all', synced: false, note: waiting, objects: 0, degraded: false, ageSeconds: null },
  ];
}
