import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { dashboardExpressions, dashboardText } from './dashboard.ts';
import { chart, one, type Rendering, render } from './helm.ts';

const everything: Rendering = { files: [`${chart}/ci/monitoring-values.yaml`] };

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

async function alerts(rendering: Rendering = everything): Promise<readonly Alert[]> {
  return one(await render(rendering), 'PrometheusRule')['spec'].groups[0].rules;
}

/** The metrics of the program, from the page that is held equal to the code. */
function knownMetrics(): ReadonlySet<string> {
  const [, part = ''] =
    /<!-- metrics -->([\s\S]*)<!-- \/metrics -->/.exec(readFileSync('docs/operate.md', 'utf8')) ?? [];
  return new Set([...part.matchAll(/`(netsluice_\w+)`/g)].map(([, name = '']) => name));
}

const ofTheApiServer = [
  'apiserver_admission_webhook_fail_open_count',
  'apiserver_admission_webhook_rejection_count',
  'apiserver_admission_webhook_request_total',
];

function unknownMetrics(expressions: readonly string[]): string[] {
  const known = new Set([...knownMetrics(), ...ofTheApiServer]);
  const names = expressions.flatMap((text) =>
    [...text.matchAll(/(?:netsluice|apiserver)_\w+/g)].map(([name]) => name),
  );
  expect(names.length).toBeGreaterThanOrEqual(expressions.length);
  return names.filter((name) => !known.has(name.replace(/_bucket$/, '')));
}

test('files/dashboard.json is made from dashboard.ts (UPDATE=1 rewrites it), and it is what the ConfigMap holds', async () => {
  const file = `${chart}/files/dashboard.json`;
  if (process.env['UPDATE'] === '1') writeFileSync(file, dashboardText());
  expect(readFileSync(file, 'utf8')).toBe(dashboardText());
  const map = one(await render(everything), 'ConfigMap', 'netsluice-dashboard');
  expect(map.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
  expect(JSON.parse(map['data']['netsluice.json'])).toEqual(JSON.parse(dashboardText()));
});

test('the alerts, each with its expression', async () => {
  const own = '{namespace="netsluice-system",service="netsluice-metrics"}';
  const entries = 'name=~"(policies|policy-deletion|system-policies|namespaces|workloads).netsluice.dev"';
  const rows = (await alerts()).map((alert) => [
    alert.alert,
    alert.labels.severity,
    alert.for ?? '',
    alert.expr,
  ]);
  expect(rows).toEqual([
    [
      ...['NetsluiceFailOpen', 'warning', ''],
      `sum by (name) (increase(apiserver_admission_webhook_fail_open_count{${entries}}[5m])) > 0`,
    ],
    [
      ...['NetsluiceFailClosed', 'critical', ''],
      `sum by (name) (increase(apiserver_admission_webhook_rejection_count{${entries},error_type="calling_webhook_error"}[5m])) > 0`,
    ],
    ['NetsluiceDown', 'warning', '5m', `absent(netsluice_build_info${own})`],
    [
      ...['NetsluiceContractBroken', 'critical', '1m'],
      `max by (contract) (netsluice_contract_broken${own}) > 0`,
    ],
    [
      ...['NetsluiceCertificateExpiring', 'warning', '15m'],
      `min by (which) (netsluice_cert_expiry_timestamp_seconds${own}) - time() < 14 * 86400`,
    ],
    ['NetsluiceDataStale', 'warning', '5m', `max by (kind) (netsluice_watch_degraded${own}) > 0`],
    ['NetsluiceCallbackCutOff', 'critical', '5m', `max by (own) (netsluice_callbacks_cut_off${own}) > 0`],
    [
      ...['NetsluiceWebhookConfigurationMissing', 'critical', '5m'],
      `min(netsluice_webhook_configuration_present${own}) == 0`,
    ],
    [
      ...['NetsluiceNotAsked', 'warning', '5m'],
      `sum(increase(apiserver_admission_webhook_request_total{${entries}}[10m])) > 0 unless on () ` +
        `(time() - max(netsluice_last_admission_request_timestamp_seconds${own}) < 660)`,
    ],
    ['NetsluiceSettingsInvalid', 'warning', '5m', `min(netsluice_settings_valid${own}) == 0`],
    ['NetsluiceNoLeader', 'warning', '5m', `sum(netsluice_leader${own}) == 0`],
    ['NetsluiceMemoryFull', 'warning', '5m', `max(netsluice_memory_used_ratio${own}) >= 0.85`],
    [
      'NetsluiceFlooded',
      'warning',
      '',
      `sum(increase(netsluice_connections_refused_total${own}[5m])) + sum(increase(netsluice_admission_failures_total${own.replace('}', ',reason="overloaded"}')}[5m])) > 0`,
    ],
    [
      ...['NetsluiceScanStalled', 'warning', '15m'],
      `time() - max(netsluice_scan_last_timestamp_seconds${own}) > 7 * 3600`,
    ],
  ]);
  const noScan = await alerts({ ...everything, values: { scan: { enabled: false } } });
  expect(noScan.map(({ alert }) => alert)).not.toContain('NetsluiceScanStalled');
});

test('alerts and dashboard ask for metrics that exist, and name the entries that exist', async () => {
  expect(unknownMetrics((await alerts()).map(({ expr }) => expr))).toEqual([]);
  expect(unknownMetrics(dashboardExpressions())).toEqual([]);
  const webhook = { workloads: { enabled: true } };
  const { webhooks } = one(await render({ values: { webhook } }), 'ValidatingWebhookConfiguration');
  const [, pattern = ''] = /name=~"([^"]+)"/.exec((await alerts())[0]?.expr ?? '') ?? [];
  const names: string[] = webhooks.map(({ name }: { name: string }) => name);
  expect(pattern).toBe(
    `(${names.map((name) => name.replace('.netsluice.dev', '')).join('|')}).netsluice.dev`,
  );
});

test('every alert says what it is and what to do, and the way out names the right object', async () => {
  const found = await alerts({ ...everything, release: 'gate', namespace: 'policy' });
  for (const { annotations } of found) expect(Object.keys(annotations)).toEqual(['summary', 'description']);
  const closed = found.find(({ alert }) => alert === 'NetsluiceFailClosed');
  expect(closed?.annotations.description).toBe(
    'The way out: kubectl delete validatingwebhookconfiguration gate-netsluice.policy',
  );
  expect(found.find(({ alert }) => alert === 'NetsluiceDown')?.expr).toBe(
    'absent(netsluice_build_info{namespace="policy",service="gate-netsluice-metrics"})',
  );
});

test('the ServiceMonitor selects the metrics Service by a port that it has', async () => {
  const objects = await render(everything);
  const { spec, metadata } = one(objects, 'ServiceMonitor');
  const service = one(objects, 'Service', 'netsluice-metrics');
  expect(metadata.labels).toMatchObject({ release: 'prometheus' });
  expect(spec).toEqual({
    namespaceSelector: { matchNames: ['netsluice-system'] },
    selector: { matchLabels: expect.any(Object) },
    endpoints: [{ port: service['spec'].ports[0].name, path: '/metrics', interval: '30s' }],
  });
  expect(service.metadata.labels).toMatchObject(spec.selector.matchLabels);
  const webhook = one(objects, 'Service', 'netsluice');
  expect(webhook.metadata.labels).not.toMatchObject(spec.selector.matchLabels);
});
