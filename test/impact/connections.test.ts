import { describe, expect, test } from '@jest/globals';
import { type ConnectionRow, type Connections, connectionsOf } from '../../src/impact/connections.ts';
import type { AddressRange } from '../../src/model/policy.ts';
import { inRange, parseAddress } from '../../src/sets/addresses.ts';
import { hasPort, type PortSet, portText } from '../../src/sets/port-set.ts';
import { pod, policy, workload, worldWith } from '../support/build.ts';
import { expanded } from '../support/expanded-cluster.ts';
import { formatAddress } from '../support/reference/addresses.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { addressCells, portCells } from '../support/reference/cells.ts';
import { type RefEndpoint, verdict } from '../support/reference/evaluator.ts';
import { randomFrom } from '../support/reference/random.ts';
import { worldFor } from '../support/reference-world.ts';

/** How many clusters are compared; NETSLUICE_CLUSTERS asks for more. */
const clusters = Number(process.env['NETSLUICE_CLUSTERS'] ?? 300);
const portsPerCluster = 5;
const addressesPerCluster = 4;

type Verdict = 'allowed' | 'blocked' | 'unknown';

function judged(found: readonly Verdict[]): string {
  const allow = found.every((each) => each === 'allowed')
    ? 'every'
    : found.includes('allowed')
      ? 'some'
      : 'none';
  return `${allow}${found.includes('unknown') ? ' undecided' : ''}`;
}

function told(row: ConnectionRow | undefined, holds: (set: PortSet) => boolean): string {
  if (row === undefined) return 'none';
  const allow = holds(row.allow) ? 'every' : holds(row.allowSome) ? 'some' : 'none';
  return `${allow}${[...row.undecided.values()].some(holds) ? ' undecided' : ''}`;
}

function isRange(end: ConnectionRow['src']): end is AddressRange {
  return typeof end !== 'string';
}

function textOf(end: ConnectionRow['src']): string {
  return isRange(end) ? `${end.first}-${end.last}` : end;
}

function outsideRow({ rows }: Connections, address: bigint, id: string, way: 'in' | 'out') {
  return rows.find(({ src, dst }) => {
    const [outside, inside] = way === 'in' ? [src, dst] : [dst, src];
    return inside === id && isRange(outside) && inRange(address, outside);
  });
}

function compare(seed: number, seen: Set<string>): void {
  const rng = randomFrom(seed);
  const cluster = randomCluster(rng);
  const reference = expanded(cluster);
  const found = connectionsOf(worldFor(cluster), 'workload', 100_000);
  const rows = new Map(found.rows.map((row) => [`${textOf(row.src)} ${textOf(row.dst)}`, row]));
  const cells = portCells([cluster]);
  const some = <T>(list: readonly T[], count: number): T[] =>
    list.length <= count ? [...list] : Array.from({ length: count }, () => rng.pick(list));
  const ports = some(cells, portsPerCluster);
  const check = (name: string, pairs: [RefEndpoint, RefEndpoint][], row: ConnectionRow | undefined): void => {
    if (pairs.length === 0) {
      expect([seed, name, row]).toEqual([seed, name, undefined]);
      return;
    }
    for (const { protocol, first } of ports) {
      const verdicts = pairs.map(
        ([src, dst]) => verdict(reference.cluster, src, dst, protocol, first).verdict,
      );
      const expected = judged(verdicts);
      seen.add(expected);
      const engine = told(row, (set) => hasPort(set, protocol, first));
      if (engine !== expected)
        throw new Error(
          `seed ${seed}: ${name} ${protocol}/${first} is ${expected}, the engine says ${engine}`,
        );
    }
  };
  for (const [src, sources] of reference.ends) {
    for (const [dst, destinations] of reference.ends) {
      const pairs = sources.flatMap((from) =>
        destinations.flatMap((to): [RefEndpoint, RefEndpoint][] =>
          from === to ? [] : [[{ pod: from }, { pod: to }]],
        ),
      );
      check(`${src} -> ${dst}`, pairs, rows.get(`${src} ${dst}`));
    }
  }
  for (const { representative } of some(addressCells([cluster]), addressesPerCluster)) {
    const ip = formatAddress(representative);
    const address = parseAddress(ip) ?? -1n;
    for (const [id, keys] of reference.ends) {
      const inward = keys.map((key): [RefEndpoint, RefEndpoint] => [{ ip }, { pod: key }]);
      check(`${ip} -> ${id}`, inward, outsideRow(found, address, id, 'in'));
      const outward = keys.map((key): [RefEndpoint, RefEndpoint] => [{ pod: key }, { ip }]);
      check(`${id} -> ${ip}`, outward, outsideRow(found, address, id, 'out'));
    }
  }
}

describe('connections', () => {
  test(`say what the reference says of every pair, in ${clusters} random clusters`, () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= clusters; seed += 1) compare(seed, seen);
    // A run in which one of these never occurs would prove nothing about it.
    expect([...seen].sort()).toEqual(['every', 'none', 'none undecided', 'some', 'some undecided']);
  }, 600_000);
});

const lines = (found: Connections): string[] =>
  found.rows.map(({ src, dst, allow, allowSome }) => {
    const end = (each: ConnectionRow['src']): string =>
      isRange(each) ? `${each.first.toString(16)}-${each.last.toString(16)}` : each;
    return `${end(src)} -> ${end(dst)}: ${portText(allow)}|${portText(allowSome)}`;
  });

const inside = (found: Connections): string[] =>
  lines(found).filter((line) => /^\S+\[\w+\] -> \S+\[\w+\]: /.test(line));

describe('rows', () => {
  const only =
    '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}], egress: [{}]}';

  test('two pods of one workload are a pair, a pod and itself are none', () => {
    const world = worldWith([
      workload('Deployment', 'a/one', 1),
      workload('Deployment', 'a/two', 2),
      policy('a/p', only),
    ]);
    expect(inside(connectionsOf(world, 'workload', 100))).toEqual([
      'a/one[Deployment] -> a/two[Deployment]: 80/TCP|',
      'a/two[Deployment] -> a/one[Deployment]: 80/TCP|',
      'a/two[Deployment] -> a/two[Deployment]: 80/TCP|',
    ]);
    expect(inside(connectionsOf(world, 'pod', 100))).toEqual([
      'a/one#1[Pod] -> a/two#1[Pod]: 80/TCP|',
      'a/one#1[Pod] -> a/two#2[Pod]: 80/TCP|',
      'a/two#1[Pod] -> a/one#1[Pod]: 80/TCP|',
      'a/two#1[Pod] -> a/two#2[Pod]: 80/TCP|',
      'a/two#2[Pod] -> a/one#1[Pod]: 80/TCP|',
      'a/two#2[Pod] -> a/two#1[Pod]: 80/TCP|',
    ]);
  });

  test('what holds for some pods only is told apart', () => {
    const world = worldWith([
      pod('a/x-1', { labels: { app: 'x' }, owner: 'StatefulSet/x' }),
      pod('a/x-2', { labels: { app: 'x', canary: 'yes' }, owner: 'StatefulSet/x' }),
      pod('a/y', {}),
      policy(
        'a/p',
        '{podSelector: {matchLabels: {app: y}}, ingress: [{from: [{podSelector: {matchLabels: {canary: "yes"}}}], ports: [{port: 80}]}, {from: [{podSelector: {}}], ports: [{port: 90}]}]}',
      ),
    ]);
    expect(inside(connectionsOf(world, 'workload', 100))[0]).toBe(
      'a/x[StatefulSet] -> a/x[StatefulSet]: all ports|',
    );
    expect(inside(connectionsOf(world, 'workload', 100))[1]).toBe(
      'a/x[StatefulSet] -> a/y[Pod]: 90/TCP|80/TCP',
    );
  });

  test('ranges of addresses are as large as they can be, and go on across pods and from no family into the other', () => {
    const world = worldWith([
      pod('a/web', { ips: ['10.0.0.5'] }),
      policy(
        'a/p',
        '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.5/32]}}, {ipBlock: {cidr: 11.0.0.0/8}}], ports: [{port: 80}]}], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: "::/0"}}]}]}',
      ),
    ]);
    expect(lines(connectionsOf(world, 'workload', 100))).toEqual([
      'a000000-bffffff -> a/web[Pod]: 80/TCP|',
      'a/web[Pod] -> 0-ffffffff: all ports|',
      `a/web[Pod] -> 100000000-1${'0'.repeat(24)}${'f'.repeat(8)}: all ports|`,
    ]);
  });

  test('more rows than are asked for are cut, and said to be', () => {
    const world = worldWith([workload('Deployment', 'a/one', 1), workload('Deployment', 'a/two', 2)]);
    const found = connectionsOf(world, 'workload', 2);
    expect([inside(found).length, found.cut]).toEqual([2, true]);
    expect(connectionsOf(world, 'workload', 3).cut).toBe(false);
  });
});
