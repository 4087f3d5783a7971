import { afterEach, expect, test } from '@jest/globals';
import { makeMetrics } from '../../src/webhook/metrics.ts';
import type { WatchedKind } from '../../src/webhook/serving-data.ts';

const metrics = makeMetrics('0.0.0');
afterEach(() => metrics.close());

/** The lines of a scrape that begin so. */
async function scraped(prefix: string): Promise<readonly string[]> {
  return (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(prefix));
}

test('what the watches did is counted by kind, and a snapshot that does not change counts nothing', async () => {
  const kind = (name: string): WatchedKind => ({
    kind: name,
    synced: true,
    note: '',
    objects: 3,
    degraded: false,
    ageSeconds: 1,
  });
  const interruptions = new Map([
    ['expired', 2],
    ['silent', 1],
  ]);
  const counts = { events: 7, lists: 3, interruptions };
  let kinds: readonly WatchedKind[] = [{ ...kind('pods'), watch: counts }, kind('snapshot')];
  metrics.watchData({ kinds: () => kinds, caughtUp: async () => undefined });
  await scraped('');
  // A second scrape does not count the same again.
  expect(await scraped('netsluice_watch_events_total')).toEqual([
    'netsluice_watch_events_total{kind="pods"} 7',
  ]);
  expect(await scraped('netsluice_watch_lists_total')).toEqual([
    'netsluice_watch_lists_total{kind="pods"} 3',
  ]);
  expect(await scraped('netsluice_watch_interruptions_total')).toEqual([
    'netsluice_watch_interruptions_total{kind="pods",reason="expired"} 2',
    'netsluice_watch_interruptions_total{kind="pods",reason="silent"} 1',
  ]);
  kinds = [{ ...kind('pods'), watch: { ...counts, events: 9 } }];
  expect(await scraped('netsluice_watch_events_total')).toEqual([
    'netsluice_watch_events_total{kind="pods"} 9',
  ]);
});
