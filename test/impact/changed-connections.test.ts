import { describe, expect, test } from '@jest/globals';
import type { Change } from '../../src/model/change.ts';
import type { ClusterObject, WorldEvent } from '../../src/model/objects.ts';
import { worldOf } from '../../src/world/build.ts';
import { changeBetween } from '../../src/world/change-between.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { compareConnections } from '../support/connections-check.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { type RefEditSort, randomChange } from '../support/reference/arbitrary-change.ts';
import type { RefCluster } from '../support/reference/objects.ts';
import { randomFrom } from '../support/reference/random.ts';
import { changeOf, eventsOf, profileOf, worldFor } from '../support/reference-world.ts';

/** How many changes are compared; NETSLUICE_CHANGES asks for more, NETSLUICE_SEED for other ones. */
const changes = Number(process.env['NETSLUICE_CHANGES'] ?? 120);
const firstSeed = Number(process.env['NETSLUICE_SEED'] ?? 1);
/**
 * Seeds whose changes the rows once got wrong: a pod that is alone in its unit before and after, by itself and beside
 * another, and a witness between a pod that comes and one that goes.
 */
const onceWrong: readonly number[] = [1997, 880285, 1003636];

function seedsFor(count: number): readonly number[] {
  return [...onceWrong, ...Array.from({ length: count }, (_, done) => firstSeed + done)];
}

function run(
  count: number,
  sorts: readonly RefEditSort[] | undefined,
  build: (before: RefCluster, after: RefCluster, change: () => Change) => [ClusterWorld, Change],
): number {
  let changed = 0;
  for (const seed of seedsFor(count)) {
    const rng = randomFrom(seed);
    const cluster = randomCluster(rng);
    const { edits, after } = randomChange(rng, cluster, sorts);
    const [world, change] = build(cluster, after, () => changeOf(edits, profileOf(cluster)));
    const scene = { name: `seed ${seed}`, before: cluster, after, world, change };
    if (compareConnections(rng, scene) > 0) changed += 1;
  }
  return changed;
}

const objectsOf = (events: readonly WorldEvent[]): ClusterObject[] =>
  events.flatMap((event) => (event.type === 'put' ? [event.object] : []));

describe('changed connections', () => {
  test(`are what the reference finds pair by pair, in ${changes} random changes`, () => {
    const changed = run(changes, undefined, (before, _after, change) => [worldFor(before), change()]);
    // A run in which hardly anything changes would prove nothing.
    expect(changed).toBeGreaterThan(changes / 3);
  }, 600_000);

  test(`are the same between two clusters that are read for themselves, in ${changes} random changes`, () => {
    const sorts = ['policy', 'namespace', 'template', 'workload'] as const;
    const changed = run(changes, sorts, (before, after) => {
      const profile = profileOf(before);
      const read = changeBetween(objectsOf(eventsOf(before)), objectsOf(eventsOf(after)), profile);
      return [worldOf(profile, read.base), read.change];
    });
    expect(changed).toBeGreaterThan(changes / 3);
  }, 600_000);
});
