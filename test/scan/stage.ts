/** A scan over a world that a test changes, with time that a test moves; everything that is told is kept. */
import type { WorldEvent } from '../../src/model/objects.ts';
import type { Freshness } from '../../src/model/review.ts';
import type { Settings } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import type { Rule } from '../../src/rules/rule.ts';
import type { EventDraft } from '../../src/scan/event-object.ts';
import { makeOutlet } from '../../src/scan/outlet.ts';
import type { ReportDraft } from '../../src/scan/report-object.ts';
import { Scan } from '../../src/scan/scan.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { type Json, puts, recordOf, type SettingsMore, settingsWith } from '../support/build.ts';

export interface StageOptions {
  readonly settings?: SettingsMore;
  readonly rules?: readonly Rule[];
  readonly ownNamespace?: string;
  readonly freshness?: Freshness;
}

export class Stage {
  /** Monotonic milliseconds. */
  now = 0;
  /** How long each look at the clock takes. */
  tickMs = 0;
  leads = true;
  today = '2026-06-15';
  isReady = true;
  settings: Settings;
  readonly world: ClusterWorld;
  readonly scan: Scan;
  readonly events: EventDraft[] = [];
  readonly reports = new Map<string, ReportDraft | null>();
  readonly logged: string[] = [];
  private version = 0;

  constructor(world: ClusterWorld, options: StageOptions = {}) {
    this.world = world;
    this.settings = settingsWith(options.settings);
    const log = (message: string, fields: Readonly<Record<string, unknown>>): void => {
      this.logged.push(`${message} ${JSON.stringify(fields)}`);
    };
    this.scan = new Scan({
      source: {
        world: () => world,
        version: () => this.version,
        ready: () => this.isReady,
        freshness: () => options.freshness ?? { stale: [], absent: [] },
        settings: () => this.settings,
        today: () => this.today,
        now: () => {
          this.now += this.tickMs;
          return this.now;
        },
      },
      rules: options.rules ?? rules,
      ownNamespace: options.ownNamespace ?? 'netsluice',
      outlet: makeOutlet({
        events: { tell: (draft) => this.events.push(draft) },
        reports: { want: (namespace, name, report) => this.reports.set(`${namespace}/${name}`, report) },
        leading: () => this.leads,
        settings: () => this.settings,
        ownNamespace: options.ownNamespace ?? 'netsluice',
        log: { info: log, warn: log },
      }),
    });
  }

  put(...objects: readonly Json[]): void {
    this.apply(puts(objects));
  }

  remove(object: Json): void {
    const record = recordOf(object);
    const namespace = 'namespace' in record ? record.namespace : null;
    this.apply([{ type: 'delete', kind: record.kind, namespace, name: record.name }]);
  }

  private apply(events: readonly WorldEvent[]): void {
    this.scan.noticed(events);
    this.world.apply(events);
    this.version += 1;
  }

  /** Gives the scan a turn each second until so much time has passed. */
  pass(seconds: number): void {
    this.turns();
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1000;
      this.turns();
    }
  }

  private turns(): void {
    while (this.scan.turn() === 'more');
  }

  /** `severity rule object`, sorted; infos left out. */
  standing(): string[] {
    return [...this.scan.findings.speaking(this.now)]
      .filter(({ severity }) => severity !== 'info')
      .map(
        ({ severity, finding }) =>
          `${severity} ${finding.rule} ${finding.object.namespace}/${finding.object.name}`,
      )
      .sort();
  }

  /** `reason namespace: note` of every Event so far; forgets them. */
  told(): string[] {
    return this.events
      .splice(0)
      .map(({ reason, regarding, note }) => `${reason} ${regarding.namespace}: ${note}`);
  }
}
