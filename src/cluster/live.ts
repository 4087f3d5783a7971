import { setMaxListeners } from 'node:events';
import type { Freshness } from '../model/review.ts';
import type { ApiClient } from './api-client.ts';
import type { Clock } from './clock.ts';
import { EventQueue, type WorldSink } from './event-queue.ts';
import { FirstLists } from './first-lists.ts';
import { ForeignWatches } from './foreign-watches.ts';
import { freshnessOf, type KindState, KindStatus, type LiveLog } from './freshness.ts';
import { KindTable } from './kind-table.ts';
import { resourceName, type WatchedKind, watchedKinds } from './kinds.ts';
import { runReflector } from './reflector.ts';
import { SharedParts, withSharedParts } from './shared-parts.ts';
import { SharedRecords } from './shared-records.ts';
import { StreamingLists } from './streaming-list.ts';
import { Turns } from './turns.ts';
import type { KindSink } from './watch-stream.ts';

export interface LiveView {
  /**
   * Every required kind has reached the world, every optional one too or is known not to come. Stays true from then
   * on: what is lost later shows in the freshness, and a policy API that is installed later must not stop answers.
   */
  ready(): boolean;
  /** What readiness waits for, one line each; empty when ready. */
  missing(): readonly string[];
  freshness(): Freshness;
  /** One line per kind for the verbose readiness page. */
  describe(): readonly string[];
  stats(): readonly KindStats[];
  /** Has the sink build aside what it has, as it does with lists. */
  rebuild(): void;
  /** Ends all watches; no event is applied after it. */
  stop(): Promise<void>;
}

export interface KindStats {
  /** For example `deployments.apps`. */
  readonly resource: string;
  readonly state: KindState;
  readonly objects: number;
  /** Events that reached the world; updates that change nothing are dropped before. */
  readonly events: number;
  /** Lists that were taken over. */
  readonly lists: number;
  /** By reason: `expired`, `parse`, `order`, `silent`, `failed`, `rewound`, `unended`. */
  readonly interruptions: ReadonlyMap<string, number>;
  /** Stale, or not to be read. */
  readonly degraded: boolean;
  /** What is to be said of it, such as `denied (listing pods: …)`; empty while all is well. */
  readonly note: string;
  /** Seconds since an event, a bookmark or a list came; null where the kind is not there. */
  readonly ageSeconds: number | null;
}

export interface LiveOptions {
  readonly client: ApiClient;
  readonly sink: WorldSink;
  readonly clock: Clock;
  readonly log: LiveLog;
  /** What the sink needs to know before anything reaches it. */
  readonly before?: Promise<void>;
}

interface Watched {
  readonly status: KindStatus;
  readonly table: KindTable;
}

/** So long the first group waits for kinds that neither come nor fail. Whoever is not ready yet has no answer to give. */
const firstMs = 60_000;

const watchForChanges: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'APIService']);

/**
 * Lists and watches everything the world is made of, and keeps at it until stopped.
 *
 *     API server ─ reflector per kind ─ kind table (drops what is equal) ─┐
 *     API server ─ reflector per kind ─ kind table ───────────────────────┼─ first lists ─ event queue ─ apply
 *     discovery ── reflector per foreign kind ─ kind table ───────────────┘
 */
export function startLiveView({ client, sink: world, clock, log, before }: LiveOptions): LiveView {
  const controller = new AbortController();
  // Every watch listens to it: many listeners are no leak.
  setMaxListeners(0, controller.signal);
  const turns = new Turns();
  const queue = new EventQueue(clock, world, turns);
  const first = new FirstLists(queue, before);
  const streaming = new StreamingLists(clock);
  const watched = new Map<string, Watched>();
  const running: Promise<void>[] = [];

  const start = (kind: WatchedKind, signal: AbortSignal): void => {
    // Another version of a kind goes on with the objects of the one before.
    const status = new KindStatus(kind, clock, log, look);
    const table = watched.get(resourceName(kind))?.table ?? new KindTable(first);
    watched.set(resourceName(kind), { status, table });
    const lookAgain = watchForChanges.has(kind.record) ? () => foreign.lookAgain() : () => undefined;
    const shared = new SharedRecords(new SharedParts((namespace, name) => table.get(namespace, name)));
    const sink = sinkFor(table, shared, () => status.applied(), lookAgain);
    const read = withSharedParts(kind, shared);
    running.push(
      runReflector({ client, kind: read, clock, sink, observer: status, streaming, turns }, signal),
    );
  };
  const statuses = (): readonly KindStatus[] => [...watched.values()].map(({ status }) => status);
  const look = (): void => {
    if (foreign.hasCome() && statuses().every((status) => status.hasCome())) first.open();
  };
  const foreign = new ForeignWatches({ client, clock, log, start, looked: look });
  for (const kind of watchedKinds) start(kind, controller.signal);
  running.push(foreign.run(controller.signal));
  running.push(clock.sleep(firstMs, controller.signal).then(() => first.open()));
  let wasReady = false;
  const missing = (): readonly string[] => {
    if (wasReady) return [];
    const now = clock.now();
    const lines = [foreign.missing(now), ...statuses().map((status) => status.missing(now))];
    const waiting = lines.flatMap((line) => line ?? []);
    wasReady = waiting.length === 0;
    return waiting;
  };
  return {
    ready: () => missing().length === 0,
    missing,
    freshness: () => {
      const freshness = freshnessOf(statuses(), clock.now());
      if (!foreign.isUnknown() || freshness.absent.includes('ForeignPolicy')) return freshness;
      return { ...freshness, absent: [...freshness.absent, 'ForeignPolicy'] };
    },
    describe: () => {
      const now = clock.now();
      const discovery = foreign.missing(now);
      return [
        ...(discovery === null ? [] : [discovery]),
        ...statuses().map((status) => `${resourceName(status.kind)}: ${status.describe(now)}`),
      ];
    },
    stats: () => [...watched.values()].map((entry) => statsOf(entry, clock.now())),
    rebuild: () => first.push([{ aside: [] }].values(), () => undefined),
    stop: async () => {
      controller.abort();
      queue.stop();
      await Promise.all(running);
    },
  };
}

/** `changed` is called for what comes after the list. */
function sinkFor(
  table: KindTable,
  shared: SharedRecords,
  applied: () => void,
  changed: () => void,
): KindSink {
  return {
    replace: (objects) => {
      shared.forget();
      table.replace(objects, applied);
    },
    put: (object) => {
      table.put(object);
      changed();
    },
    remove: (namespace, name) => {
      table.remove(namespace, name);
      changed();
    },
  };
}

function statsOf({ status, table }: Watched, now: number): KindStats {
  const note = status.describe(now);
  return {
    resource: resourceName(status.kind),
    state: status.state,
    objects: table.size,
    events: table.events,
    lists: status.lists,
    interruptions: status.interruptions,
    degraded: status.isDegraded(now),
    note: note === 'live' ? '' : note,
    ageSeconds: status.isAbsent() ? null : status.age(now) / 1000,
  };
}
