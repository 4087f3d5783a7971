import { describe, expect, test } from '@jest/globals';
import { outsideEnds, type SideTrace, traceFlow } from '../../src/impact/trace.ts';
import { type FlowEnd, nodeEnd, podEnd } from '../../src/impact/verdict.ts';
import { formatAddress, parseAddress } from '../../src/sets/addresses.ts';
import type { World } from '../../src/world/world.ts';
import { pod, policy, worldWith } from '../support/build.ts';
import { randomCluster, randomFlow } from '../support/reference/arbitrary.ts';
import { type RefEndpoint, verdict } from '../support/reference/evaluator.ts';
import { randomFrom } from '../support/reference/random.ts';
import { worldFor } from '../support/reference-world.ts';

const clusters = 300;
const flowsPerCluster = 20;

function endOf(world: World, end: RefEndpoint): FlowEnd {
  if ('node' in end) return nodeEnd(world, end.node);
  if ('ip' in end) return { kind: 'address', address: parseAddress(end.ip) ?? -1n };
  const [namespace = '', name = ''] = end.pod.split('/');
  const found = podEnd(world, namespace, name);
  if (found === null) throw new Error(`no live pod ${end.pod}`);
  return found;
}

/** What the policies of a side add up to; nothing where something else decides. */
function sumOf({ why, policies }: SideTrace): string | null {
  if (why !== 'policies') return null;
  const effects = policies.map(({ effect }) => effect);
  if (effects.includes('admits')) return 'allowed';
  return effects.includes('unknown') ? 'unknown' : 'blocked';
}

describe('a trace', () => {
  test(`says what the reference says, and each policy's part adds up to it, in ${clusters} random clusters`, () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= clusters; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const world = worldFor(cluster);
      const doubtless = cluster.profile.enforcement === 'yes' && cluster.foreign.length === 0;
      for (let i = 0; i < flowsPerCluster; i += 1) {
        const { src, dst, protocol, port } = randomFlow(rng, cluster);
        const flow = traceFlow(world, endOf(world, src), endOf(world, dst), { protocol, port });
        const expected = verdict(cluster, src, dst, protocol, port).verdict;
        expect([seed, src, dst, flow.verdict]).toEqual([seed, src, dst, expected]);
        for (const side of [flow.egress, flow.ingress]) {
          const sum = sumOf(side);
          seen.add(`${side.why} ${side.verdict}`);
          const enforced = doubtless && !side.reasons.includes('enforcement');
          if (enforced && sum !== null && sum !== 'unknown')
            expect([seed, src, dst, side.direction, side.verdict]).toEqual([
              seed,
              src,
              dst,
              side.direction,
              sum,
            ]);
        }
      }
    }
    for (const kind of ['allowed', 'blocked', 'unknown']) expect([...seen]).toContain(`policies ${kind}`);
    for (const kind of [
      'self allowed',
      'no-pod allowed',
      'not-isolated allowed',
      'own-node allowed',
      'closed blocked',
    ])
      expect([...seen]).toContain(kind);
  }, 600_000);

  const world = worldWith([
    pod('a/web', { ips: ['10.0.0.5'], node: 'n1' }),
    pod('a/db', { ips: ['10.0.0.6'] }),
    policy('a/deny', '{podSelector: {matchLabels: {app: db}}}'),
    policy(
      'a/db',
      '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}, {from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}',
    ),
  ]);
  const [web, db] = [podEnd(world, 'a', 'web'), podEnd(world, 'a', 'db')];
  if (web === null || db === null) throw new Error('the pods are there');

  test('names each policy that selects an end, and the clause that admits', () => {
    expect(traceFlow(world, web, db, { protocol: 'TCP', port: 5432 })).toEqual({
      source: web,
      destination: db,
      verdict: 'allowed',
      reasons: [],
      egress: { direction: 'egress', verdict: 'allowed', why: 'not-isolated', reasons: [], policies: [] },
      ingress: {
        direction: 'ingress',
        verdict: 'allowed',
        why: 'policies',
        reasons: [],
        policies: [
          { policy: { namespace: 'a', name: 'db' }, effect: 'admits', clause: 1, clauses: 2, reasons: [] },
          {
            policy: { namespace: 'a', name: 'deny' },
            effect: 'no-clause-admits',
            clause: null,
            clauses: 0,
            reasons: [],
          },
        ],
      },
    });
  });

  test('stands for the internet by one address of each range that the policies tell apart', () => {
    const ranges = outsideEnds(world, [db], 'ingress').map(({ end, range }) =>
      [end.address, range.first, range.last].map(formatAddress),
    );
    expect(ranges).toEqual([
      ['0.0.0.0', '0.0.0.0', '198.51.99.255'],
      ['198.51.100.0', '198.51.100.0', '198.51.100.255'],
      ['198.51.101.0', '198.51.101.0', '255.255.255.255'],
      ['::', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ]);
    expect(outsideEnds(world, [web], 'egress').map(({ end }) => formatAddress(end.address))).toEqual([
      '0.0.0.0',
      '::',
    ]);
  });
});
