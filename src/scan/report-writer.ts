import type { ApiObjects } from '../cluster/api-objects.ts';
import type { Clock } from '../cluster/clock.ts';
import type { LiveLog } from '../cluster/freshness.ts';
import { get, list, text } from '../model/decode/lenient.ts';
import type { WriteResult } from './event-writer.ts';
import type { PacedWrites } from './paced-writes.ts';
import {
  contentAnnotation,
  managedBy,
  nameOfReport,
  type ReportApi,
  type ReportDraft,
  reportApis,
  reportObject,
} from './report-object.ts';

/** How often the cluster is asked which report API it has while it has none, and what failed is tried again. */
const askAgainMs = 60_000;
/** A list that failed is asked for again sooner: "storage is (re)initializing" just after a kind was defined. */
const retryMs = 5000;
/** How often it is looked whether somebody else changed or removed reports. */
const lookAgainMs = 6 * 60 * 60 * 1000;

export interface ReportWriterOptions {
  readonly objects: ApiObjects;
  /** All objects of a collection with a label, over all its pages. */
  readonly listAll: (collection: string, labelSelector: string) => Promise<readonly unknown[]>;
  readonly writes: PacedWrites;
  readonly clock: Clock;
  readonly leading: () => boolean;
  readonly counted: (result: WriteResult | 'removed') => void;
  readonly log: LiveLog;
}

/** What is there to our knowledge, and what is to be there: content hashes, and the report where there is to be one. */
interface Entry {
  readonly namespace: string;
  readonly name: string;
  stored: string | null;
  wanted: ReportDraft | null;
}

/**
 * Keeps one report per policy with findings, in whichever report API the cluster has; writes on change only. A new
 * leader first looks at what the one before has left.
 */
export class ReportWriter {
  private readonly options: ReportWriterOptions;
  private readonly entries = new Map<string, Entry>();
  private api: ReportApi | null = null;
  private taken = false;
  private asking = false;
  private nextAsk = Number.NEGATIVE_INFINITY;
  private nextLook = Number.NEGATIVE_INFINITY;
  private problem: string | null = null;

  constructor(options: ReportWriterOptions) {
    this.options = options;
  }

  /** What is to be reported of a policy from now on; null for nothing. */
  want(namespace: string, policyName: string, wanted: ReportDraft | null): void {
    const entry = this.entry(namespace, nameOfReport(policyName));
    entry.wanted = wanted;
    this.writeSoon(entry);
  }

  /** To be called every few seconds: asks which API there is, takes over as a new leader, tries again. */
  tick(): void {
    const { leading, clock } = this.options;
    if (!leading()) {
      this.taken = false;
      this.nextAsk = Number.NEGATIVE_INFINITY;
      return;
    }
    if (this.asking || clock.now() < this.nextAsk) return;
    this.nextAsk = clock.now() + askAgainMs;
    if (this.taken && clock.now() < this.nextLook) {
      for (const entry of this.entries.values()) this.writeSoon(entry);
      return;
    }
    this.asking = true;
    this.takeOver()
      .catch((error: unknown) => {
        this.nextAsk = clock.now() + retryMs;
        this.complain('the reports cannot be listed', error);
      })
      .finally(() => {
        this.asking = false;
      });
  }

  private entry(namespace: string, name: string): Entry {
    const key = `${namespace}/${name}`;
    const known = this.entries.get(key) ?? { namespace, name, stored: null, wanted: null };
    this.entries.set(key, known);
    return known;
  }

  private async takeOver(): Promise<void> {
    const { objects, listAll, log, clock } = this.options;
    this.api = apiIn(await objects.read('/apis'));
    if (this.api === null) {
      if (this.problem === null) log.warn('the cluster has no report API; nothing is reported', {});
      this.problem = 'none';
      return;
    }
    const { group, version, resource } = this.api;
    const items = await listAll(
      `/apis/${group}/${version}/${resource}`,
      `${managedBy.key}=${managedBy.value}`,
    );
    for (const entry of this.entries.values()) entry.stored = null;
    for (const item of items) {
      const namespace = text(get(item, 'metadata', 'namespace'));
      const name = text(get(item, 'metadata', 'name'));
      if (namespace === null || name === null) continue;
      const content = text(get(item, 'metadata', 'annotations', contentAnnotation));
      this.entry(namespace, name).stored = content ?? 'unknown';
    }
    this.problem = null;
    this.taken = true;
    this.nextLook = clock.now() + lookAgainMs;
    for (const entry of this.entries.values()) this.writeSoon(entry);
  }

  private writeSoon(entry: Entry): void {
    const { api } = this;
    if (api === null || !this.taken) return;
    const key = `${entry.namespace}/${entry.name}`;
    if (isDone(entry)) {
      if (entry.stored === null) this.entries.delete(key);
      return;
    }
    if (!this.options.writes.add(`report ${key}`, () => this.write(api, entry)))
      this.options.counted('dropped');
  }

  private async write(api: ReportApi, entry: Entry): Promise<void> {
    const { objects, leading, counted } = this.options;
    const { wanted, namespace, name } = entry;
    if (!leading() || isDone(entry)) return;
    const path = `/apis/${api.group}/${api.version}/namespaces/${namespace}/${api.resource}/${name}`;
    try {
      if (wanted === null) await objects.remove(path);
      else await objects.apply(path, reportObject(api, wanted));
      entry.stored = wanted?.content ?? null;
      counted(wanted === null ? 'removed' : 'written');
      this.problem = null;
    } catch (error) {
      counted('failed');
      this.complain('a report could not be written', error);
    }
  }

  private complain(message: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    if (this.problem === message) return;
    this.problem = message;
    this.options.log.warn(message, { cause });
  }
}

function isDone({ stored, wanted }: Entry): boolean {
  return stored === (wanted?.content ?? null);
}

function apiIn(groups: unknown): ReportApi | null {
  const served = new Set<string>();
  for (const group of list(get(groups, 'groups'))) {
    const versions = list(get(group, 'versions')).map((version) => text(get(version, 'version')) ?? '');
    for (const version of versions) served.add(`${text(get(group, 'name')) ?? ''}/${version}`);
  }
  return reportApis.find(({ group, version }) => served.has(`${group}/${version}`)) ?? null;
}
