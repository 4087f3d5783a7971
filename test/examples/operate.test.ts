import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { makeLeadMetrics } from '../../src/webhook/lead-metrics.ts';
import { makeMetrics } from '../../src/webhook/metrics.ts';
import { makeScanMetrics } from '../../src/webhook/scan-metrics.ts';
import { generatedPart } from './documents.ts';
import { table } from './table.ts';

const metrics = makeMetrics('0.0.0');
afterAll(() => metrics.close());

test('the metrics in docs/operate.md (UPDATE=1 rewrites them)', async () => {
  const { registry } = metrics;
  metrics.watchData({ kinds: () => [], caughtUp: async () => undefined });
  const lead = makeLeadMetrics(registry);
  lead.watchLead(() => false);
  lead.configurationPresent(true);
  makeScanMetrics(registry).watch({
    findings: () => [],
    cutOff: () => ({ own: 0, others: 0 }),
    contracts: () => [],
    lastLook: () => null,
    waiting: () => 0,
  });
  const rows = registry
    .getMetricsAsArray()
    .map((metric) => {
      const labels: readonly string[] = 'labelNames' in metric ? (metric.labelNames as string[]) : [];
      return [`\`${metric.name}\``, labels.filter((label) => label !== 'le').join(', '), metric.help];
    })
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const wanted = table(['metric', 'labels', 'meaning'], rows);
  expect(wanted).toBe(generatedPart('docs/operate.md', 'metrics', wanted));
});

test('the alerts in docs/operate.md (UPDATE=1 rewrites them)', () => {
  const text = readFileSync('charts/netsluice/templates/_alerts.tpl', 'utf8');
  const rows = [...text.matchAll(/- alert: (\w+)[\s\S]*?severity: (\w+)[\s\S]*?summary: (.*)/g)].map(
    ([, name = '', severity = '', summary = '']) => [`\`${name}\``, severity, summary],
  );
  const wanted = table(['alert', 'severity', 'what it says'], rows);
  expect(wanted).toBe(generatedPart('docs/operate.md', 'alerts', wanted));
});
