import { type Json, jsonText } from './values-file.ts';

interface Panel {
  readonly title: string;
  readonly type: 'stat' | 'timeseries' | 'table';
  /** Grid columns out of 24. */
  readonly width: number;
  readonly unit?: string;
  readonly meaning: string;
  /** Expressions and the legend of each. */
  readonly series: readonly (readonly [expression: string, legend: string])[];
}

const own = 'namespace="$namespace",service="$service"';
const entries = 'name=~"(policies|policy-deletion|system-policies|namespaces|workloads).netsluice.dev"';
const rate = '[$__rate_interval]';

const rows: readonly (readonly [title: string, panels: readonly Panel[]])[] = [
  [
    'Is it working?',
    [
      {
        ...{ title: 'Pods', type: 'stat', width: 4, meaning: 'Pods that were scraped.' },
        series: [[`count(netsluice_build_info{${own}})`, '']],
      },
      {
        ...{ title: 'Webhook configuration', type: 'stat', width: 4 },
        meaning: '1 while the API server has something to ask by.',
        series: [[`min(netsluice_webhook_configuration_present{${own}})`, '']],
      },
      {
        ...{
          title: 'Certificate ends in',
          type: 'stat',
          width: 4,
          unit: 's',
          meaning: 'It is renewed long before.',
        },
        series: [[`min(netsluice_cert_expiry_timestamp_seconds{${own}}) - time()`, '']],
      },
      {
        ...{
          title: 'Last call',
          type: 'stat',
          width: 4,
          unit: 's',
          meaning: 'Since the API server asked last.',
        },
        series: [[`time() - max(netsluice_last_admission_request_timestamp_seconds{${own}})`, '']],
      },
      {
        ...{
          title: 'Admitted unseen',
          type: 'stat',
          width: 4,
          meaning: 'The API server’s own count of an hour.',
        },
        series: [
          [`sum(increase(apiserver_admission_webhook_fail_open_count{${entries}}[1h])) or vector(0)`, ''],
        ],
      },
      {
        ...{ title: 'Kinds not seen', type: 'stat', width: 4, meaning: 'What rests on them warns at most.' },
        series: [[`max(sum by (pod) (netsluice_watch_degraded{${own}}))`, '']],
      },
    ],
  ],
  [
    'What it says',
    [
      {
        ...{
          title: 'Answers',
          type: 'timeseries',
          width: 12,
          unit: 'reqps',
          meaning: 'By decision and mode.',
        },
        series: [
          [
            `sum by (decision, mode) (rate(netsluice_admission_requests_total{${own}}${rate}))`,
            '{{decision}} {{mode}}',
          ],
        ],
      },
      {
        ...{ title: 'Would be rejected', type: 'timeseries', width: 12 },
        meaning: 'New findings that reject at a level, counted in every mode: what enforcing would change.',
        series: [
          [`sum by (rule, level) (increase(netsluice_would_reject_total{${own}}[1h]))`, '{{rule}} {{level}}'],
        ],
      },
      {
        ...{ title: 'Findings that stand', type: 'table', width: 12, meaning: 'What the scan finds now.' },
        series: [[`max by (rule, severity) (netsluice_findings{${own}}) > 0`, '']],
      },
      {
        ...{ title: 'Broken contracts and callbacks', type: 'timeseries', width: 12 },
        meaning: 'Connections that must or must not be, and calls that the API server cannot make.',
        series: [
          [`max by (contract) (netsluice_contract_broken{${own}})`, 'contract {{contract}}'],
          [`max by (own) (netsluice_callbacks_cut_off{${own}})`, 'callbacks, own: {{own}}'],
        ],
      },
    ],
  ],
  [
    'How it fares',
    [
      {
        ...{
          title: 'Time of an answer',
          type: 'timeseries',
          width: 8,
          unit: 's',
          meaning: 'Waiting included.',
        },
        series: [0.5, 0.99].map((q) => [
          `histogram_quantile(${q}, sum by (le) (rate(netsluice_admission_duration_seconds_bucket{${own}}${rate})))`,
          `${q * 100} %`,
        ]),
      },
      {
        ...{
          title: 'Without analysis',
          type: 'timeseries',
          width: 8,
          meaning: 'Admitted as a precaution, and why.',
        },
        series: [
          [`sum by (reason) (increase(netsluice_admission_failures_total{${own}}[5m]))`, '{{reason}}'],
          [
            `sum by (reason) (increase(netsluice_analysis_truncated_total{${own}}[5m]))`,
            'partial: {{reason}}',
          ],
        ],
      },
      {
        ...{ title: 'Memory and event loop', type: 'timeseries', width: 8 },
        meaning: 'From 0.85 of the memory on nothing is analysed; the latest timer in seconds.',
        series: [
          [`netsluice_memory_used_ratio{${own}}`, 'memory {{pod}}'],
          [`netsluice_event_loop_delay_max_seconds{${own}}`, 'delay {{pod}}'],
        ],
      },
      {
        ...{
          title: 'Age of the data',
          type: 'timeseries',
          width: 8,
          unit: 's',
          meaning: 'By kind, the oldest pod.',
        },
        series: [[`max by (kind) (netsluice_snapshot_age_seconds{${own}})`, '{{kind}}']],
      },
      {
        ...{ title: 'Objects', type: 'timeseries', width: 8, meaning: 'What the analysis sees.' },
        series: [[`max by (kind) (netsluice_snapshot_objects{${own}})`, '{{kind}}']],
      },
      {
        ...{ title: 'Events and reports', type: 'timeseries', width: 8, meaning: 'By what became of them.' },
        series: [
          [`sum by (result) (increase(netsluice_events_total{${own}}[5m]))`, 'events {{result}}'],
          [`sum by (result) (increase(netsluice_reports_total{${own}}[5m]))`, 'reports {{result}}'],
        ],
      },
    ],
  ],
];

const height = 7;
const source: Json = { type: 'prometheus', uid: '$datasource' };

/** files/dashboard.json of the chart. */
export function dashboardText(): string {
  const panels: Json[] = [];
  let y = 0;
  for (const [title, members] of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: 24, x: 0, y },
    });
    y += 1;
    let x = 0;
    for (const panel of members) {
      if (x + panel.width > 24) [x, y] = [0, y + height];
      panels.push(panelObject(panel, panels.length + 1, { h: height, w: panel.width, x, y }));
      x += panel.width;
    }
    y += height;
  }
  const dashboard = {
    ...{ uid: 'netsluice', title: 'netsluice', tags: ['netsluice'], schemaVersion: 39, editable: true },
    ...{ refresh: '1m', time: { from: 'now-6h', to: 'now' } },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
        variable('namespace', 'label_values(netsluice_build_info, namespace)'),
        variable('service', 'label_values(netsluice_build_info{namespace="$namespace"}, service)'),
      ],
    },
    panels,
  };
  return `${jsonText(dashboard)}\n`;
}

function variable(name: string, query: string): Json {
  return { name, type: 'query', datasource: source, query: { query, refId: name }, refresh: 1 };
}

function panelObject(panel: Panel, id: number, gridPos: Json): Json {
  const { type, title, unit, meaning, series } = panel;
  return {
    ...{ id, type, title, description: meaning, datasource: source, gridPos },
    fieldConfig: { defaults: { unit: unit ?? 'short' }, overrides: [] },
    targets: series.map(([expr, legendFormat], index) => ({
      ...{ refId: 'ABCDEF'.charAt(index), datasource: source, expr, legendFormat },
      ...(type === 'table' ? { format: 'table', instant: true } : {}),
    })),
  };
}

/** Every expression of the dashboard. */
export function dashboardExpressions(): readonly string[] {
  return rows.flatMap(([, panels]) =>
    panels.flatMap(({ series }) => series.map(([expression]) => expression)),
  );
}
