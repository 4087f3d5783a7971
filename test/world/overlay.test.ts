import { describe, expect, test } from '@jest/globals';
import { worldOf } from '../../src/world/build.ts';
import { overlay } from '../../src/world/overlay.ts';
import { keptBy, picture } from '../support/picture.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { randomChange } from '../support/reference/arbitrary-change.ts';
import { randomFrom } from '../support/reference/random.ts';
import { changeOf, eventsOf, profileOf, worldFor } from '../support/reference-world.ts';

describe('a change laid over a world', () => {
  test('leaves the base as it was', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const base = worldFor(cluster);
      const before = picture(base);
      const [kept, ids] = [keptBy(base), base.table.idEnd];
      const { before: was, after: is } = overlay(
        base,
        changeOf(randomChange(rng, cluster).edits, base.profile),
      );
      picture(was);
      picture(is);
      expect({ seed, picture: picture(base), kept: keptBy(base), ids: base.table.idEnd }).toEqual({
        seed,
        picture: before,
        kept,
        ids,
      });
    }
  });

  test('of no edits is the base, on both sides', () => {
    const cluster = randomCluster(randomFrom(3));
    const base = worldOf(profileOf(cluster), eventsOf(cluster));
    const { before, after } = overlay(base, { edits: [] });
    expect([picture(before), picture(after)]).toEqual([picture(base), picture(base)]);
  });

  test('shows the base on its side before', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const base = worldFor(cluster);
      const { before } = overlay(base, changeOf(randomChange(rng, cluster).edits, base.profile));
      expect({ seed, picture: picture(before) }).toEqual({ seed, picture: picture(base) });
    }
  });
});
