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
  // Kinds have lines of their own; what else is missing shares one.
  const told = new Set(rows.map(({ kind }) => kind));
  const others = live.missing().filter((line) => !told.has(line.split(':', 1)[0] ?? ''));
  if (others.length === 0) return rows;
  const note = others.join('; ');
  return [...rows, { kind: 'other', synced: false, note, objects: 0, degraded: false, ageSeconds: null }];
}
