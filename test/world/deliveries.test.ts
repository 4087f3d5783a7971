import { describe, expect, test } from '@jest/globals';
import { type ClusterObject, recordName } from '../../src/model/objects.ts';
import { filling, worldOf } from '../../src/world/build.ts';
import { ClusterWorld } from '../../src/world/cluster-world.ts';
import { deliveries, distinct, objectsOf, put, remove, shuffled } from '../support/deliveries.ts';
import { doubts, keptBy, keyOf, picture } from '../support/picture.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { randomFrom } from '../support/reference/random.ts';
import { eventsOf, profileOf } from '../support/reference-world.ts';

const addresses = Array.from({ length: 15 }, (_, i) => [
  `10.0.0.${i + 1}`,
  `fd00::${(i + 1).toString(16)}`,
]).flat();

describe('one cluster, told in many ways, is one picture', () => {
  test.each(Object.entries(deliveries))('%s', (_title, deliver) => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const objects = distinct(objectsOf(eventsOf(cluster)));
      const others = distinct(objectsOf(eventsOf(randomCluster(rng))));
      const profile = profileOf(cluster);
      const expected = picture(worldOf(profile, objects.map(put)), addresses);
      const told = worldOf(profile, deliver(rng, objects, others));
      expect({ seed, picture: picture(told, addresses) }).toEqual({ seed, picture: expected });
    }
  });

  test('asked between the events, and in slices', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const objects = distinct(objectsOf(eventsOf(cluster)));
      const world = new ClusterWorld(profileOf(cluster));
      for (const object of shuffled(rng, objects)) {
        world.apply([put(object)]);
        picture(world, addresses);
      }
      const expected = picture(worldOf(profileOf(cluster), objects.map(put)), addresses);
      expect({ seed, picture: picture(world, addresses) }).toEqual({ seed, picture: expected });
    }
  });

  test('why a peer’s pods are in doubt does not depend on what was there before', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const objects = distinct(objectsOf(eventsOf(cluster)));
      const world = new ClusterWorld(profileOf(cluster));
      for (const object of shuffled(rng, objects)) {
        world.apply([put(object)]);
        doubts(world);
      }
      const expected = doubts(worldOf(profileOf(cluster), objects.map(put)));
      expect({ seed, doubts: doubts(world) }).toEqual({ seed, doubts: expected });
    }
  });

  test('a copy, filled in the order of least work', () => {
    const cluster = randomCluster(randomFrom(7));
    const world = worldOf(profileOf(cluster), eventsOf(cluster));
    const copy = new ClusterWorld(profileOf(cluster));
    for (const _ of filling(copy, () => world.everything()));
    expect(picture(copy, addresses)).toEqual(picture(world, addresses));
  });
});

describe('2,000 random events', () => {
  /** Objects of several clusters, many of which share names, so that events replace and revive each other. */
  function pool(seed: number) {
    const rng = randomFrom(seed);
    const clusters = rng.many(12, 12, () => randomCluster(rng));
    const [first] = clusters;
    if (first === undefined) throw new Error('there is no cluster');
    return { rng, profile: profileOf(first), objects: clusters.flatMap((one) => objectsOf(eventsOf(one))) };
  }

  function churned(seed: number) {
    const { rng, profile, objects } = pool(seed);
    const world = new ClusterWorld(profile);
    const present = new Map<string, ClusterObject>();
    let unitsMost = 0;
    for (let i = 0; i < 2_000; i += 1) {
      // The more there is, the more goes: about eighty objects are there at a time.
      const living = rng.chance(present.size / (present.size + 80)) ? [...present.values()] : [];
      const object = living.length > 0 ? rng.pick(living) : rng.pick(objects);
      const event = living.length > 0 ? remove(object) : put(object);
      world.apply([event]);
      if (event.type === 'put') present.set(keyOf(object), object);
      else present.delete(keyOf(object));
      if (i % 50 === 0) picture(world);
      unitsMost = Math.max(unitsMost, world.units.size);
    }
    return { world, profile, objects, present: [...present.values()], unitsMost };
  }

  test.each([1, 2, 3, 4, 5])('leave the picture of what is there (seed %i)', (seed) => {
    const { world, profile, present } = churned(seed);
    const fresh = worldOf(profile, present.map(put));
    expect(present.length).toBeGreaterThan(10);
    expect(picture(world, addresses)).toEqual(picture(fresh, addresses));
  });

  test.each([1, 2, 3, 4, 5])('leave nothing of what is gone (seed %i)', (seed) => {
    const { world, profile, objects, present, unitsMost } = churned(seed);
    // A kind once seen keeps its empty tables, by namespace or without, which is why the fresh world sees each once.
    const tables = objects.map(
      (object) => [`${object.kind} ${recordName(object).namespace === null}`, object] as const,
    );
    const kinds = [...new Map(tables).values()];
    const seen = kinds.flatMap((object) => [put(object), remove(object)]);
    const fresh = worldOf(profile, [...seen, ...present.map(put)]);
    // Both are asked for everything once, so that both keep the same answers.
    picture(world);
    picture(fresh);
    expect(keptBy(world)).toEqual(keptBy(fresh));
    // One event may make some units before it removes others, so that a few ids more than units are used.
    expect(world.table.idEnd).toBeLessThanOrEqual(2 * unitsMost);
    world.apply(present.map(remove));
    expect([picture(world, addresses), [...world.everything()], world.units.size]).toEqual([[], [], 0]);
    expect(keptBy(world)).toEqual(keptBy(worldOf(profile, seen)));
  });
});
