import { Counter, Gauge, type Registry } from 'prom-client';
import type { ServingData } from './serving-data.ts';

/** What is known of the picture of each kind; asked for when somebody scrapes. */
export function dataMetrics(registry: Registry): (data: ServingData) => void {
  let data: ServingData | null = null;
  new Gauge({
    name: 'netsluice_snapshot_age_seconds',
    help: 'Seconds since the last event or bookmark of a watched kind; none for a kind that does not exist.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { kind, ageSeconds } of data?.kinds() ?? [])
        if (ageSeconds !== null) this.set({ kind }, ageSeconds);
    },
  });
  new Gauge({
    name: 'netsluice_snapshot_objects',
    help: 'Objects of a kind that the analysis sees.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const kind of data?.kinds() ?? []) this.set({ kind: kind.kind }, kind.objects);
    },
  });
  new Gauge({
    name: 'netsluice_watch_degraded',
    help: '1 while a kind that once was seen is stale, or may not be read: what rests on it warns at most.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { kind, degraded } of data?.kinds() ?? []) this.set({ kind }, degraded ? 1 : 0);
    },
  });
  new Counter({
    name: 'netsluice_watch_events_total',
    help: 'Events of a kind that changed what the analysis sees.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { kind, watch } of data?.kinds() ?? [])
        if (watch !== undefined) this.inc({ kind }, watch.events);
    },
  });
  new Counter({
    name: 'netsluice_watch_interruptions_total',
    help: 'Watches given up: expired, parse and order list a kind afresh, unended lists it in pages.',
    labelNames: ['kind', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { kind, watch } of data?.kinds() ?? [])
        for (const [reason, count] of watch?.interruptions ?? []) this.inc({ kind, reason }, count);
    },
  });
  new Counter({
    name: 'netsluice_watch_lists_total',
    help: 'Lists of a kind that were taken over; more than one means that its picture had to be made anew.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { kind, watch } of data?.kinds() ?? [])
        if (watch !== undefined) this.inc({ kind }, watch.lists);
    },
  });
  return (given) => {
    data = given;
  };
}
