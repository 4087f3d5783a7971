import { Counter, Gauge, type Registry } from 'prom-client';

/** What the scan knows when somebody scrapes. */
export interface ScanState {
  readonly findings: () => Iterable<{ readonly rule: string; readonly severity: string }>;
  /** Findings that say the API server cannot call somebody, those about netsluice itself apart. */
  readonly cutOff: () => { readonly own: number; readonly others: number };
  readonly contracts: () => Iterable<{ readonly name: string; readonly state: string }>;
  /** When the last look at a namespace ended, Unix time in seconds; null before the first one. */
  readonly lastLook: () => number | null;
  /** Namespaces that wait for their turn. */
  readonly waiting: () => number;
}

export interface ScanMetrics {
  readonly event: (result: 'written' | 'dropped' | 'failed') => void;
  readonly report: (result: 'written' | 'removed' | 'dropped' | 'failed') => void;
  readonly watch: (state: ScanState) => void;
}

/** Adds the metrics of the scan to those of the webhook. Contract names come from the settings, never from objects. */
export function makeScanMetrics(registry: Registry): ScanMetrics {
  const counter = (name: string, help: string) =>
    new Counter({ name: `netsluice_${name}`, help, labelNames: ['result'], registers: [registry] });
  const events = counter('events_total', 'Events, by what became of them.');
  const reports = counter('reports_total', 'Reports about policies, by what became of them.');
  return {
    event: (result) => events.inc({ result }),
    report: (result) => reports.inc({ result }),
    watch: (state) => watchScan(registry, state),
  };
}

function watchScan(registry: Registry, state: ScanState): void {
  const gauge = (name: string, help: string, labelNames: string[], read: (gauge: Gauge) => void) =>
    new Gauge({
      name: `netsluice_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        read(this);
      },
    });
  gauge('findings', 'Findings that stand, by severity at the level of audit.', ['rule', 'severity'], (to) => {
    for (const { rule, severity } of state.findings()) to.inc({ rule, severity });
  });
  gauge(
    'callbacks_cut_off',
    'Callbacks that the API server cannot make; own ones call netsluice.',
    ['own'],
    (to) => {
      const { own, others } = state.cutOff();
      to.set({ own: 'true' }, own);
      to.set({ own: 'false' }, others);
    },
  );
  gauge('contract_broken', '1 while a contract is broken.', ['contract'], (to) => {
    for (const { name, state: is } of state.contracts()) to.set({ contract: name }, is === 'broken' ? 1 : 0);
  });
  gauge('scan_last_timestamp_seconds', 'When the last look at a namespace ended, Unix time.', [], (to) => {
    const at = state.lastLook();
    // No time at all, not the year 1970, before the first look.
    if (at === null) to.remove();
    else to.set(at);
  });
  gauge('scan_waiting_namespaces', 'Namespaces that wait to be looked at.', [], (to) =>
    to.set(state.waiting()),
  );
}
