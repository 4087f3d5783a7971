import { afterEach, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '../../src/cluster/api-client.ts';
import type { Clock } from '../../src/cluster/clock.ts';
import { EventQueue } from '../../src/cluster/event-queue.ts';
import { KindTable } from '../../src/cluster/kind-table.ts';
import { type WatchedKind, watchedKinds } from '../../src/cluster/kinds.ts';
import { listAll } from '../../src/cluster/list.ts';
import { streamAll } from '../../src/cluster/streaming-list.ts';
import { Turns } from '../../src/cluster/turns.ts';
import type { ClusterObject, WorldEvent } from '../../src/model/objects.ts';
import { endOfList, eventLine } from '../support/scripted-api.ts';
import { PushedBody } from './pushed-body.ts';
import { SteppedClock } from './stepped-clock.ts';

const PODS = 3000;
const controller = new AbortController();
const { signal } = controller;
const nothing = (): void => undefined;
afterEach(() => ticker.stop());

/** Counts what is done between two turns of the event loop. */
class Ticker {
  most = 0;
  total = 0;
  /** Those in which anything was done. */
  rounds = 0;
  #now = 0;
  #running = false;

  start(): void {
    this.#running = true;
    [this.most, this.total, this.rounds, this.#now] = [0, 0, 0, 0];
    const turn = (): void => {
      if (this.#now > 0) this.rounds += 1;
      this.#now = 0;
      if (this.#running) setImmediate(turn);
    };
    setImmediate(turn);
  }
  stop(): void {
    this.#running = false;
  }
  count(): void {
    this.#now += 1;
    this.total += 1;
    this.most = Math.max(this.most, this.#now);
  }
}

const ticker = new Ticker();

const found = watchedKinds.find(({ resource }) => resource === 'pods');
if (found === undefined) throw new Error('pods are not watched');
const podKind = found;
/** Pods, of which each that is decoded counts. */
const kind: WatchedKind = {
  ...podKind,
  decode: (object) => {
    ticker.count();
    return podKind.decode(object);
  },
};

function pod(i: number, labels: Readonly<Record<string, string>> = {}) {
  return { metadata: { name: `p${i}`, namespace: `ns-${i % 7}`, resourceVersion: String(i + 1), labels } };
}

function records(count: number, labels: Readonly<Record<string, string>> = {}): readonly ClusterObject[] {
  return Array.from({ length: count }, (_, i) => podKind.decode(pod(i, labels))).flatMap(
    (object) => object ?? [],
  );
}

/** Answers every request with one text in one piece. */
function clientOf(textOf: () => string): ApiClient {
  return {
    get: async () => {
      const body = new PushedBody(signal);
      body.push(textOf());
      body.end();
      return { status: 200, headers: new Map([['content-type', 'application/json']]), body };
    },
    write: () => Promise.reject(new Error('nothing is written')),
  };
}

describe('between two turns of the event loop', () => {
  test('at most 100 objects of a streaming list are read, even if all of it comes at once', async () => {
    const text =
      Array.from({ length: PODS }, (_, i) => eventLine('ADDED', pod(i))).join('') + endOfList(PODS);
    const client = clientOf(() => text);
    ticker.start();
    const options = { client, kind, clock: new SteppedClock(), signal, alive: nothing, opened: nothing };
    expect((await streamAll(options)).objects.length).toBe(PODS);
    expect([ticker.total, ticker.most]).toEqual([PODS, 100]);
  });

  test('at most 100 objects of a page are read', async () => {
    const items = Array.from({ length: PODS }, (_, i) => pod(i));
    const text = JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '9' }, items });
    const client = clientOf(() => text);
    ticker.start();
    expect(
      (await listAll({ client, kind, clock: new SteppedClock(), signal, alive: nothing })).objects.length,
    ).toBe(PODS);
    expect([ticker.total, ticker.most]).toEqual([PODS, 100]);
  });
});

describe('turns', () => {
  test('are taken one in each round of the event loop, in the order of asking, however many ask', async () => {
    const turns = new Turns();
    const rounds: string[][] = [[]];
    const again = (name: string, times: number): void => {
      rounds.at(-1)?.push(name);
      if (times > 1) turns.wait(() => again(name, times - 1));
    };
    for (const [name, times] of [
      ['list', 2],
      ['queue', 3],
      ['watch', 1],
    ] as const)
      turns.wait(() => again(name, times));
    for (let round = 0; round < 8; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      rounds.push([]);
    }
    expect(rounds.filter((names) => names.length > 0)).toEqual([
      ['list'],
      ['queue'],
      ['watch'],
      ['list'],
      ['queue'],
      ['queue'],
    ]);
  });

  test('two lists that come at once are read in turn: together no faster than one', async () => {
    const items = Array.from({ length: PODS }, (_, i) => pod(i));
    const text = JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '9' }, items });
    const turns = new Turns();
    const list = () =>
      listAll({
        client: clientOf(() => text),
        kind,
        clock: new SteppedClock(),
        signal,
        turns,
        alive: nothing,
      });
    ticker.start();
    await Promise.all([list(), list()]);
    // At first both have a list that came whole: each reads a hundred objects before it asks for a turn.
    expect([ticker.total, ticker.most]).toEqual([2 * PODS, 200]);
    expect(ticker.rounds).toBeGreaterThanOrEqual(2 * (PODS / 100) - 2);
  });
});

describe('what a list does to the world', () => {
  /** A millisecond passes whenever somebody looks. */
  class PassingClock implements Clock {
    #now = 0;
    now(): number {
      this.#now += 1;
      return this.#now;
    }
    random(): number {
      return 0.5;
    }
    async sleep(): Promise<void> {
      return undefined;
    }
  }

  let asideSteps = 0;
  const table = new KindTable(
    new EventQueue(new PassingClock(), {
      apply: (events: readonly WorldEvent[]) => {
        for (const _event of events) ticker.count();
      },
      *applyAside(events: readonly WorldEvent[]): IterableIterator<void> {
        for (const _event of events) {
          asideSteps += 1;
          ticker.count();
          yield;
        }
      },
    }),
  );

  const replaced = (objects: readonly ClusterObject[]): Promise<void> =>
    new Promise((resolve) => table.replace(objects, resolve));

  test('is done in slices, for the first list and for one in which everything differs', async () => {
    ticker.start();
    await replaced(records(PODS));
    // Three looks at the clock, 16 steps apart.
    expect([ticker.total, ticker.most]).toEqual([PODS, 48]);
    ticker.stop();
    ticker.start();
    await replaced(records(PODS, { app: 'web' }));
    while (asideSteps < PODS) await new Promise((resolve) => setImmediate(resolve));
    // Three looks, one after each step.
    expect([ticker.total, ticker.most]).toEqual([PODS, 3]);
  });
});
