import { describe, expect, test } from '@jest/globals';
import type { WorldEvent } from '../../src/model/objects.ts';
import { recordName } from '../../src/model/objects.ts';
import type { Review } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { rules } from '../../src/rules/registry.ts';
import { worldOf } from '../../src/world/build.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { contextOf, request } from '../support/build.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { NAMESPACES, randomPolicy, randomRevision } from '../support/reference/arbitrary-policy.ts';
import type { NetworkPolicy } from '../support/reference/objects.ts';
import { type Rng, randomFrom } from '../support/reference/random.ts';
import { eventsOf, profileOf } from '../support/reference-world.ts';

function shuffled<T>(rng: Rng, items: readonly T[]): T[] {
  const ranked = items.map((item) => ({ item, rank: rng.int(1 << 30) }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

function removal(event: WorldEvent): WorldEvent[] {
  return event.type === 'put'
    ? [{ type: 'delete', kind: event.object.kind, ...recordName(event.object) }]
    : [];
}

/** Everything that a rule, a finding or a number of the answer could tell of the order of events. */
function answerOn(world: ClusterWorld, before: NetworkPolicy | null, after: NetworkPolicy): Review {
  const namespace = after.metadata.namespace ?? 'default';
  return review(
    request({ before, after }, { namespace, name: after.metadata.name }),
    contextOf(world, { rules, settings: { modes: { warn: 'restricted' }, detail: 'names' } }),
  );
}

/** Two units for pods that nothing told apart: as many steps more. */
const onceWrong: readonly number[] = [5_000_329];

describe('every rule, over random clusters and policies', () => {
  test('answers the same in whatever order the cluster was told, and fails nowhere', () => {
    let told = 0;
    for (const seed of [...onceWrong, ...Array.from({ length: 400 }, (_, index) => index + 1)]) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const [old] = cluster.policies;
      const before = old !== undefined && rng.chance(0.5) ? old : null;
      const after =
        before === null ? randomPolicy(rng, rng.pick(NAMESPACES), 'fresh') : randomRevision(rng, before);
      const events = eventsOf(cluster);
      const expected = answerOn(worldOf(profileOf(cluster), events), before, after);
      expect(expected.record.failed).toEqual([]);
      told += expected.warnings.length;
      const orders = [
        events.toReversed(),
        shuffled(rng, events),
        [...events, ...events.flatMap(removal), ...events],
      ];
      for (const order of orders) {
        const answer = answerOn(worldOf(profileOf(cluster), order), before, after);
        expect({ seed, answer }).toEqual({ seed, answer: expected });
      }
    }
    expect(told).toBeGreaterThan(400);
  }, 60_000);
});
