import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/cluster/clock.ts';
import { EventQueue, type WorldSink } from '../../src/cluster/event-queue.ts';
import { KindTable } from '../../src/cluster/kind-table.ts';
import { unbounded } from '../../src/impact/budget.ts';
import { difference } from '../../src/impact/difference.ts';
import { summarize } from '../../src/impact/summarize.ts';
import type { WorldEvent } from '../../src/model/objects.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { factsOf } from '../../src/platform/facts.ts';
import { worldOf } from '../../src/world/build.ts';
import { ClusterWorld } from '../../src/world/cluster-world.ts';
import { overlay } from '../../src/world/overlay.ts';
import { Churn } from '../support/churn.ts';
import { picture } from '../support/picture.ts';
import { sizesOf } from '../support/sizes.ts';

/** How many events are applied; NETSLUICE_EVENTS asks for more. */
const events = Number(process.env['NETSLUICE_EVENTS'] ?? 1_000_000);
const places = 20;

/** Asks for everything once: what is worked out when asked is kept on both sides of a comparison. */
function asked(world: ClusterWorld): ClusterWorld {
  picture(world);
  for (const { name } of [...world.namespaces()].slice(0, 2)) {
    for (const policy of world.policiesIn(name)) {
      const change = { edits: [{ kind: 'policy', before: policy, after: null } as const] };
      const worlds = overlay(world, change);
      summarize(difference(worlds, change, unbounded()), worlds, factsOf(worlds.before), unbounded());
    }
  }
  return world;
}

/** Counts what passes. */
class Meter {
  applied = 0;

  *through(events: Iterable<WorldEvent>): Iterable<WorldEvent> {
    for (const event of events) {
      this.applied += 1;
      yield event;
    }
  }
}

describe(`${events} events over a cluster that does not grow`, () => {
  test('leave every table as large as it was', () => {
    const churn = new Churn(places);
    const world = new ClusterWorld(genericProfile);
    const meter = new Meter();
    const rounds = (): void => {
      for (let i = 0; i < 5; i += 1) world.apply(meter.through(churn.round()));
      world.apply(meter.through(churn.relist()));
      asked(world);
    };
    // Lists of what is free for new things are as long as the most that ever was free: the first rounds reach that.
    rounds();
    const [living, before] = [churn.living, sizesOf(world)];
    while (meter.applied < events) rounds();
    expect(churn.living).toBe(living);
    expect(sizesOf(world)).toEqual(before);
    world.apply(churn.end());
    expect([picture(world), [...world.everything()], world.units.size]).toEqual([[], [], 0]);
  }, 600_000);
});

describe('events on their way to the world', () => {
  /** Builds anew for what comes as one, as the server does. */
  class Sink implements WorldSink {
    world = new ClusterWorld(genericProfile);
    asides = 0;

    apply(batch: readonly WorldEvent[]): void {
      this.world.apply(batch);
    }

    *applyAside(batch: readonly WorldEvent[]): IterableIterator<void> {
      const next = worldOf(genericProfile, this.world.everything());
      for (const event of batch) {
        next.apply([event]);
        yield;
      }
      this.world = next;
      this.asides += 1;
    }
  }

  test('leave tables and queue as they were, with lists in place of events now and then', async () => {
    // So many that a list tells of more than a thousand other pods, which is built aside.
    const churn = new Churn(33);
    const sink = new Sink();
    const queue = new EventQueue(systemClock, sink);
    const tables = new Map<string, KindTable>();
    const tableOf = (kind: string): KindTable => {
      const table = tables.get(kind) ?? new KindTable(queue);
      tables.set(kind, table);
      return table;
    };
    const told = (batch: Iterable<WorldEvent>): void => {
      for (const event of batch) {
        if (event.type === 'put') tableOf(event.object.kind).put(event.object);
        else tableOf(event.kind).remove(event.namespace, event.name);
      }
    };
    /** All that is there, as lists; ends when the world has it. */
    const listed = (): Promise<unknown> =>
      Promise.all(
        [...tables].map(([kind, table]) => {
          const objects = churn.objects().filter((object) => object.kind === kind);
          return new Promise<void>((resolve) => table.replace(objects, resolve));
        }),
      );
    const rounds = async () => {
      told(churn.round());
      // What a broken watch missed comes with the list.
      for (const _missed of churn.round());
      await listed();
      const sizes = [...tables].map(([kind, table]) => [kind, table.size]);
      return { sizes, world: sizesOf(asked(sink.world)) };
    };
    await rounds();
    const before = await rounds();
    for (let i = 0; i < 4; i += 1) await rounds();
    expect(await rounds()).toEqual(before);
    expect(before.sizes.reduce((sum, [, size]) => sum + Number(size), 0)).toBe(churn.living);
    expect(sink.asides).toBeGreaterThanOrEqual(7);
    told(churn.end());
    await listed();
    expect([[...tables].filter(([, { size }]) => size > 0), [...sink.world.everything()]]).toEqual([[], []]);
  });
});

test('what a world keeps too long is seen', () => {
  const churn = new Churn(4);
  const world = new ClusterWorld(genericProfile);
  world.apply(churn.round());
  const before = sizesOf(world);
  const [pod] = churn.objects().filter(({ kind }) => kind === 'Pod');
  if (pod === undefined) throw new Error('there is no pod');
  world.apply([{ type: 'put', object: { ...pod, name: 'left-behind' } }]);
  expect(sizesOf(world)).not.toEqual(before);
});
