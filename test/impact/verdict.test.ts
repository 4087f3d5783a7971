import { describe, expect, test } from '@jest/globals';
import { type FlowEnd, nodeEnd, podEnd, readFlow, verdictAt } from '../../src/impact/verdict.ts';
import { parseAddress } from '../../src/sets/addresses.ts';
import type { World } from '../../src/world/world.ts';
import { randomCluster, randomFlow } from '../support/reference/arbitrary.ts';
import { type RefEndpoint, verdict } from '../support/reference/evaluator.ts';
import { randomFrom } from '../support/reference/random.ts';
import { worldFor } from '../support/reference-world.ts';

/** How many (cluster, flow) pairs are compared; NETSLUICE_PAIRS asks for more. */
const pairs = Number(process.env['NETSLUICE_PAIRS'] ?? 100_000);
const firstSeed = Number(process.env['NETSLUICE_SEED'] ?? 1);
const flowsPerCluster = 25;

function endOf(world: World, end: RefEndpoint): FlowEnd {
  if ('node' in end) return nodeEnd(world, end.node);
  if ('ip' in end) {
    const address = parseAddress(end.ip);
    if (address === null) throw new Error(`no address: ${end.ip}`);
    return { kind: 'address', address };
  }
  const [namespace = '', name = ''] = end.pod.split('/');
  const found = podEnd(world, namespace, name);
  if (found === null) throw new Error(`no live pod ${end.pod}`);
  return found;
}

describe('the engine and the reference evaluator agree on every flow', () => {
  test(`${pairs} random (cluster, flow) pairs`, () => {
    const seen = { allowed: 0, blocked: 0, unknown: 0 };
    for (let done = 0, seed = firstSeed; done < pairs; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const world = worldFor(cluster);
      for (let i = 0; i < flowsPerCluster && done < pairs; i += 1, done += 1) {
        const { src, dst, protocol, port } = randomFlow(rng, cluster);
        const expected = verdict(cluster, src, dst, protocol, port);
        const reading = readFlow(world, endOf(world, src), endOf(world, dst));
        const found = verdictAt(reading, protocol, port).verdict;
        seen[found] += 1;
        if (found !== expected.verdict) {
          const flow = `${JSON.stringify(src)} -> ${JSON.stringify(dst)} ${port}/${protocol}`;
          throw new Error(
            `seed ${seed}: ${flow} is ${expected.verdict}, the engine says ${found}\n${JSON.stringify(cluster)}`,
          );
        }
      }
    }
    // A run in which a verdict never occurs would prove nothing about it.
    expect(Math.min(seen.allowed, seen.blocked, seen.unknown)).toBeGreaterThan(pairs / 100);
  }, 600_000);
});
