import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import { EventQueue } from '../../src/cluster/event-queue.ts';
import { KindTable } from '../../src/cluster/kind-table.ts';
import { type WatchedKind, watchedKinds } from '../../src/cluster/kinds.ts';
import { type ReflectorObserver, runReflector } from '../../src/cluster/reflector.ts';
import { SharedParts, withSharedParts } from '../../src/cluster/shared-parts.ts';
import { SharedRecords } from '../../src/cluster/shared-records.ts';
import { StreamingLists } from '../../src/cluster/streaming-list.ts';
import type { KindSink } from '../../src/cluster/watch-stream.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { Chance } from './faults/chance.ts';
import { FaultyApi, faults } from './faults/faulty-api.ts';
import { PodHistory, weightOfWrite } from './faults/pod-history.ts';
import { WatchedWorld } from './faults/watched-world.ts';
import { json, protobuf, type WireForm } from './faults/wire-form.ts';
import { SteppedClock } from './stepped-clock.ts';

/** In each encoding; 10,000 in all. */
const FAULTS = 5_000;
const EACH = 30;
const HANG_MS = 300_000;
/** Steps between two looks at what the world holds. */
const STEPS = 25;
/** After the last fault everything must be seen within so many half minutes. */
const HALF_MINUTES = 40;

/** One reflector, its table and a world, over a server of which every answer may go wrong. */
class Trial implements KindSink, ReflectorObserver {
  readonly clock = new SteppedClock();
  readonly chance: Chance;
  readonly history: PodHistory;
  readonly api: FaultyApi;
  readonly world: WatchedWorld;
  readonly halves: string[] = [];
  readonly said = new Map<string, number>();
  readonly #table: KindTable;
  readonly #kind: WatchedKind;
  #controller = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(form: WireForm, seed: number) {
    const kind = watchedKinds.find(({ resource }) => resource === 'pods');
    if (kind === undefined) throw new Error('pods are not watched');
    this.#kind = kind;
    this.chance = new Chance(seed);
    this.history = new PodHistory(this.chance);
    this.api = new FaultyApi(this.history, form, this.chance);
    this.world = new WatchedWorld(this.history);
    this.#table = new KindTable(new EventQueue(this.clock, this.world));
    this.start();
  }

  /** As after a restart, but that the old picture is still there. Nobody remembers who refused to stream lists. */
  start(): void {
    const { clock } = this;
    // As the live view reads.
    const parts = new SharedParts((namespace, name) => this.#table.get(namespace, name));
    const kind = withSharedParts(this.#kind, new SharedRecords(parts));
    const options = { kind, clock, client: this.api.client(), sink: this, observer: this };
    const streaming = new StreamingLists(clock);
    this.#controller = new AbortController();
    this.#running = runReflector({ ...options, streaming }, this.#controller.signal);
  }

  replace(objects: readonly ClusterObject[]): void {
    const weights = new Map(objects.map((object) => [object.name, weightOf(object)]));
    const digest = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    if (digest !== this.api.offered) this.halves.push(`a list of ${objects.length} that nobody offered`);
    if (digest === this.history.digest) this.api.awaitsList = false;
    this.#table.replace(objects, () => {
      this.world.isComplete = true;
    });
  }
  put(object: ClusterObject): void {
    this.#table.put(object);
  }
  remove(namespace: string | null, name: string): void {
    this.#table.remove(namespace, name);
  }
  synced(): void {
    this.#count('synced');
  }
  opened(): void {
    this.#count('opened');
  }
  heard(): void {
    this.#count('heard');
  }
  interrupted(reason: string): void {
    this.#count(reason);
  }
  refused(state: string): void {
    this.#count(state);
  }

  /** A while in which the cluster changes and anything may go wrong. */
  async step(): Promise<void> {
    const { api, chance, clock } = this;
    this.clock.chance = chance.next();
    for (let changes = chance.below(5); changes > 0; changes -= 1) api.change();
    if (chance.happens(0.5)) api.turn();
    await clock.pass(chance.pick([0, 0, 10, 500, 1000, 3000, 8000, 15_000, 30_000, 95_000]));
    if (chance.happens(0.12)) {
      await this.stop();
      this.start();
    }
    if (chance.happens(0.3)) api.bookmark();
    if (chance.happens(0.05)) api.compact();
    if (chance.happens(0.03)) {
      for (let changes = 300; changes > 0; changes -= 1) api.change();
      api.compact();
    }
    if (!api.awaitsList && chance.happens(0.04)) {
      // What was said before the backup was restored has arrived by then.
      for (let i = 0; i < 3; i += 1) await clock.pass(0);
      api.restore();
    }
  }

  /** Nothing goes wrong any more. Returns whether the world comes to hold what the cluster holds. */
  async calm(): Promise<boolean> {
    const { api, clock, history, world } = this;
    api.calm = true;
    for (let waited = 0; waited < HALF_MINUTES; waited += 1) {
      api.turn();
      await clock.pass(30_000);
      if (world.digest === history.digest) break;
      api.bookmark();
    }
    api.calm = false;
    api.awaitsList = false;
    return world.digest === history.digest;
  }

  /** The records of a fresh list. */
  fresh(): readonly (ClusterObject | null)[] {
    return [...this.history.pods.values()].map((pod) => this.#kind.decode(pod));
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#running;
  }

  #count(what: string): void {
    this.said.set(what, (this.said.get(what) ?? 0) + 1);
  }
}

function weightOf(object: ClusterObject): number {
  return 'labels' in object ? weightOfWrite(Number(object.labels.get('write'))) : Number.NaN;
}

const byName = (a: { name: string } | null, b: { name: string } | null): number =>
  (a?.name ?? '') < (b?.name ?? '') ? -1 : 1;

test.each([
  ['JSON', json, 20_261],
  ['protobuf', protobuf, 20_262],
] as const)(
  'cases 63, 64, 65, 69 and 70: 5,000 faults in %s lose no event, and no half list is ever seen',
  async (_name, form, seed) => {
    const trial = new Trial(form, seed);
    const { api, world } = trial;
    let compared = 0;
    while (api.total < FAULTS) {
      for (let i = 0; i < STEPS; i += 1) await trial.step();
      expect(await trial.calm()).toBe(true);
      const held = [...world.pods.values()].sort(byName);
      // Much quicker than toEqual, for a thousand looks at a hundred pods.
      expect(isDeepStrictEqual(held, [...trial.fresh()].sort(byName))).toBe(true);
      compared += held.length;
      expect([...trial.halves, ...world.wrong]).toEqual([]);
    }
    await trial.stop();
    expect(faults.filter((fault) => (api.injected.get(fault) ?? 0) < EACH)).toEqual([]);
    expect(compared).toBeGreaterThan(1000);
  },
  HANG_MS,
);
