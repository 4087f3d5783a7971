import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Review, ReviewRequest } from '../model/review.ts';
import type { FailureReason } from './admission-review.ts';
import type { InvalidReason } from './body.ts';
import { dataMetrics } from './data-metrics.ts';
import type { ServingData } from './serving-data.ts';

const LABEL_VALUES_MAX = 100;
const OPERATIONS: ReadonlySet<string> = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);
const NANOSECONDS = 1e9;

/** What the webhook counts. No label ever holds the name of an object, a namespace or a user. */
export interface Metrics {
  readonly registry: Registry;
  readonly reviewed: (request: ReviewRequest, review: Review, seconds: number) => void;
  readonly failed: (request: ReviewRequest, reason: FailureReason, seconds: number) => void;
  readonly truncated: (reason: 'deadline' | 'steps') => void;
  readonly invalid: (why: InvalidReason) => void;
  readonly droppedKeys: (count: number) => void;
  readonly tlsReload: (result: 'success' | 'error') => void;
  readonly tlsClientAuthFailed: () => void;
  readonly connectionRefused: () => void;
  readonly strayError: () => void;
  /** An admission review came at that time. */
  readonly admissionSeen: (at: Date) => void;
  readonly certificateExpiry: (which: 'leaf' | 'ca', at: Date) => void;
  readonly settingsValid: (valid: 0 | 1) => void;
  /** Ages and sizes are asked for when somebody scrapes. */
  readonly watchData: (data: ServingData) => void;
  readonly watchMemory: (share: () => number) => void;
  readonly close: () => void;
}

/** Lets the first hundred different values through; whatever comes later is `OTHER`, so that no label can grow. */
function bounded(): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= LABEL_VALUES_MAX || value.length > 100) return 'OTHER';
    known.add(value);
    return value;
  };
}

function eventLoopDelay(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  new Gauge({
    name: 'netsluice_event_loop_delay_seconds',
    help: 'How late timers were since the last scrape, 99th percentile.',
    registers: [registry],
    collect() {
      this.set(delay.percentile(99) / NANOSECONDS);
    },
  });
  // One long pause among a thousand short ones does not show in a percentile.
  new Gauge({
    name: 'netsluice_event_loop_delay_max_seconds',
    help: 'How late the latest timer was since the last scrape.',
    registers: [registry],
    collect() {
      this.set(delay.max / NANOSECONDS);
      delay.reset();
    },
  });
  return () => delay.disable();
}

function lastCallGauge(registry: Registry): (at: Date) => void {
  const gauge = new Gauge({
    name: 'netsluice_last_admission_request_timestamp_seconds',
    help: 'When an admission review came last, Unix time; 0 before the first.',
    registers: [registry],
  });
  return (at) => gauge.set(at.getTime() / 1000);
}

function memoryGauge(registry: Registry): (share: () => number) => void {
  let share = () => 0;
  new Gauge({
    name: 'netsluice_memory_used_ratio',
    help: 'Share of the memory limit in use after the last full collection; from 0.85 on nothing is analysed.',
    registers: [registry],
    collect() {
      this.set(share());
    },
  });
  return (given) => {
    share = given;
  };
}

function counters(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter<Label>({
      name: `netsluice_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
    });
  return {
    requests: counter('admission_requests_total', 'Answered reviews; mode is dry-run for those.', [
      'operation',
      'decision',
      'mode',
    ]),
    failures: counter(
      'admission_failures_total',
      'Requests that were admitted without analysis, and rules that failed.',
      ['reason'],
    ),
    invalid: counter('requests_invalid_total', 'Requests that got a 4xx instead of a review.', ['why']),
    findings: counter('findings_total', 'Findings, by severity at level restricted.', ['rule', 'severity']),
    wouldReject: counter('would_reject_total', 'New findings that reject at a level, in every mode.', [
      'rule',
      'level',
    ]),
    excused: counter(
      'excused_total',
      'Exempt requests, rejections that break-glass made warnings, and waived rules.',
      ['by'],
    ),
    unknown: counter('unknown_verdicts_total', 'Reviews that could not decide something, by reason.', [
      'reason',
    ]),
    impact: counter('impact_connections_total', 'Connections that judged changes would alter.', ['change']),
    truncated: counter('analysis_truncated_total', 'Reviews that ended before all was looked at.', [
      'reason',
    ]),
    reloads: counter('tls_reload_total', 'Attempts to take a changed certificate.', ['result']),
    clientAuth: counter('tls_client_auth_failures_total', 'Callers without an accepted client certificate.'),
    strays: counter(
      'stray_errors_total',
      'Rejected promises that nobody awaited; each is a bug of netsluice.',
    ),
    connections: counter('connections_refused_total', 'Connections beyond what all or one address may hold.'),
    dropped: counter('dropped_keys_total', 'JSON keys named __proto__ that were dropped.'),
  };
}

/** @param version of the product, for `netsluice_build_info`. */
export function makeMetrics(version: string): Metrics {
  const registry = new Registry();
  const count = counters(registry);
  const seconds = new Histogram({
    name: 'netsluice_admission_duration_seconds',
    help: 'From the end of the body to the answer, waiting included.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `netsluice_${name}`, help, labelNames, registers: [registry] });
  const expiry = gauge('cert_expiry_timestamp_seconds', 'When a certificate ends, Unix time.', ['which']);
  const settings = gauge('settings_valid', '1 when the settings file on disk is the one in force.');
  gauge('build_info', 'Always 1; the labels tell the build.', ['version']).set({ version }, 1);
  settings.set(1);
  const [rule, mode, reason] = [bounded(), bounded(), bounded()];
  const operationOf = (request: ReviewRequest) =>
    OPERATIONS.has(request.operation) ? request.operation : 'OTHER';
  const modeOf = (request: ReviewRequest, text: string) => (request.dryRun ? 'dry-run' : mode(text));

  function enforced(review: Review): void {
    for (const finding of review.findings) {
      count.findings.inc({ rule: rule(finding.rule), severity: finding.severity.restricted });
    }
    for (const each of review.record.wouldReject) {
      count.wouldReject.inc({
        rule: rule(each.rule),
        level: each.level === 'baseline' ? 'baseline' : 'restricted',
      });
    }
    for (const { by } of review.record.excused) count.excused.inc({ by });
    for (const each of review.record.unknownReasons) count.unknown.inc({ reason: reason(each) });
    for (const [change, connections] of Object.entries(review.record.connections)) {
      count.impact.inc({ change }, connections);
    }
  }

  return {
    registry,
    reviewed: (request, review, took) => {
      const labels = { operation: operationOf(request), decision: review.decision };
      count.requests.inc({ ...labels, mode: modeOf(request, review.record.mode) });
      seconds.observe(took);
      count.failures.inc({ reason: 'rule' }, review.record.failed.length);
      // A dry run changes nothing, so it must not show in what enforcement did or would have done.
      if (!request.dryRun) enforced(review);
    },
    failed: (request, why, took) => {
      const labels = { operation: operationOf(request), decision: 'admitted' };
      count.requests.inc({ ...labels, mode: modeOf(request, 'none') });
      seconds.observe(took);
      count.failures.inc({ reason: why });
    },
    truncated: (why) => count.truncated.inc({ reason: why }),
    invalid: (why) => count.invalid.inc({ why }),
    droppedKeys: (dropped) => count.dropped.inc(dropped),
    tlsReload: (result) => count.reloads.inc({ result }),
    tlsClientAuthFailed: () => count.clientAuth.inc(),
    connectionRefused: () => count.connections.inc(),
    strayError: () => count.strays.inc(),
    admissionSeen: lastCallGauge(registry),
    certificateExpiry: (which, at) => expiry.set({ which }, at.getTime() / 1000),
    settingsValid: (valid) => settings.set(valid),
    watchData: dataMetrics(registry),
    watchMemory: memoryGauge(registry),
    close: eventLoopDelay(registry),
  };
}
