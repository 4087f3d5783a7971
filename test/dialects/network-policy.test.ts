import { describe, expect, test } from '@jest/globals';
import { podEnd } from '../../src/impact/verdict.ts';
import { parseAddress } from '../../src/sets/addresses.ts';
import { ADDRESS_SCENES } from '../reference/address-scenes.ts';
import { clinic, makePod, policies, type Scene } from '../reference/clinic.ts';
import { SCENES } from '../reference/scenes.ts';
import { engineLines, trimmedLines } from '../support/flow-lines.ts';
import { worldFor } from '../support/reference-world.ts';
import { DIALECT_SCENES } from './dialect-scenes.ts';
import { harbour, worldOfScene } from './harbour.ts';
import { PLATFORM_SCENES } from './platform-scenes.ts';
import { SEMANTICS_SCENES } from './semantics-scenes.ts';

function clinicWorld({ policies: text, profile, edit }: Scene) {
  const cluster = clinic();
  cluster.policies = policies(text);
  Object.assign(cluster.profile, profile);
  edit?.(cluster);
  return worldFor(cluster);
}

describe('the engine answers every scene of the reference evaluator', () => {
  test.each([...SCENES, ...ADDRESS_SCENES])('$title', (scene) => {
    const lines = trimmedLines(scene.expect);
    expect(engineLines(clinicWorld(scene), lines)).toEqual(lines);
  });
});

describe('the test blocks of the dialect', () => {
  test.each(DIALECT_SCENES)('$title', (scene) => {
    const lines = trimmedLines(scene.expect);
    expect(engineLines(worldOfScene(scene), lines)).toEqual(lines);
  });
});

describe('what network plugins make of it', () => {
  test.each(PLATFORM_SCENES)('$title', (scene) => {
    const lines = trimmedLines(scene.expect);
    expect(engineLines(worldOfScene(scene), lines)).toEqual(lines);
  });
});

describe('the meaning of the API by number', () => {
  test.each(SEMANTICS_SCENES)('$title', (scene) => {
    const lines = trimmedLines(scene.expect);
    expect(engineLines(worldOfScene(scene), lines)).toEqual(lines);
  });

  test.each(['Succeeded', 'Failed'])('S27 a pod that %s owns no address and is no end of a flow', (phase) => {
    const cluster = harbour();
    cluster.pods.push(makePod('harbour/wreck', { labels: { role: 'winch' }, ips: ['10.61.0.77'], phase }));
    cluster.pods.push(makePod('harbour/rope', { ips: ['10.61.0.78'] }));
    const world = worldFor(cluster);
    expect(podEnd(world, 'harbour', 'wreck')).toBeNull();
    const owned = ['10.61.0.77', '10.61.0.78'].map((text) => world.owns(parseAddress(text) ?? 0n));
    expect(owned).toEqual([false, true]);
  });
});
