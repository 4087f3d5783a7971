import { describe, expect, test } from '@jest/globals';
import { unbounded } from '../../src/impact/budget.ts';
import { difference } from '../../src/impact/difference.ts';
import { summarize } from '../../src/impact/summarize.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { factsOf } from '../../src/platform/facts.ts';
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
  for (const { name } of world.namespaces()) {
    for (const policy of world.policiesIn(name)) {
      const change = { edits: [{ kind: 'policy', before: policy, after: null } as const] };
      const worlds = overlay(world, change);
      summarize(difference(worlds, change, unbounded()), worlds, factsOf(worlds.before), unbounded());
    }
  }
  return world;
}

describe(`${events} events over a cluster that does not grow`, () => {
  test('leave every table as large as it was', () => {
    const churn = new Churn(places);
    const world = new ClusterWorld(genericProfile);
    let applied = 0;
    const counted = function* (
      source: Iterable<typeof world.apply extends (e: Iterable<infer E>) => void ? E : never>,
    ) {
      for (const event of source) {
        applied += 1;
        yield event;
      }
    };
    const round = (): void => {
      world.apply(counted(churn.round()));
      world.apply(counted(churn.relist()));
    };
    // Lists of what is free for new things are as long as the most that ever was free: two rounds reach that.
    for (let i = 0; i < 3; i += 1) round();
    const living = churn.living;
    const before = sizesOf(asked(world));
    while (applied < events) {
      round();
      if (applied % 50 === 0) asked(world);
    }
    expect(churn.living).toBe(living);
    expect(sizesOf(asked(world))).toEqual(before);
    world.apply(churn.end());
    expect([picture(world), [...world.everything()], world.units.size]).toEqual([[], [], 0]);
  }, 600_000);
});
