import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Protocol, protocols } from '../../src/model/port.ts';
import * as ports from '../../src/sets/port-set.ts';

/** A few ranges near each other, so that they touch, overlap and nest. */
const ranges = fc.array(
  fc.record({
    protocol: fc.constantFrom(...protocols),
    from: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(65_530, 65_535)),
    length: fc.integer({ min: 0, max: 5 }),
  }),
  { maxLength: 6 },
);

type Range = { protocol: Protocol; from: number; length: number };

function setOf(list: readonly Range[]): ports.PortSet {
  return list.reduce(
    (sum: ports.PortSet, { protocol, from, length }) =>
      ports.unionPorts(sum, ports.portRange(protocol, from, Math.min(65_535, from + length))),
    ports.noPorts,
  );
}

/** The same as a plain set of texts. */
function naive(list: readonly Range[]): Set<string> {
  const found = new Set<string>();
  for (const { protocol, from, length } of list) {
    for (let port = from; port <= Math.min(65_535, from + length); port += 1)
      found.add(`${port}/${protocol}`);
  }
  return found;
}

const probes = protocols.flatMap((protocol) =>
  [...Array.from({ length: 20 }, (_, i) => i + 1), 65_529, 65_530, 65_531, 65_534, 65_535].map((port) => ({
    protocol,
    port,
  })),
);

function members(set: ports.PortSet): string[] {
  return probes
    .filter(({ protocol, port }) => ports.hasPort(set, protocol, port))
    .map(({ protocol, port }) => `${port}/${protocol}`);
}

describe('port sets are sets', () => {
  test('union, intersection and difference agree with plain sets', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const [left, right] = [naive(a), naive(b)];
        const keep = (holds: (text: string) => boolean) =>
          probes.map(({ protocol, port }) => `${port}/${protocol}`).filter(holds);
        expect(members(ports.unionPorts(setOf(a), setOf(b)))).toEqual(
          keep((x) => left.has(x) || right.has(x)),
        );
        expect(members(ports.intersectPorts(setOf(a), setOf(b)))).toEqual(
          keep((x) => left.has(x) && right.has(x)),
        );
        expect(members(ports.subtractPorts(setOf(a), setOf(b)))).toEqual(
          keep((x) => left.has(x) && !right.has(x)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('equal sets are written alike, whatever they were made of', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const [there, back] = [setOf(list), setOf([...list].reverse())];
        expect(there).toEqual(back);
        expect(ports.samePorts(there, back)).toBe(true);
        expect(ports.subtractPorts(ports.allPorts, ports.subtractPorts(ports.allPorts, there))).toEqual(
          there,
        );
      }),
    );
  });
});

describe('port texts', () => {
  test.each([
    [ports.allPorts, 'all ports'],
    [ports.noPorts, ''],
    [ports.portRange('TCP', 8080, 8080), '8080/TCP'],
    [ports.portRange('UDP', 1, 65_535), 'all UDP'],
    [ports.portRange('SCTP', 1, 65_534), '1-65534/SCTP'],
    [ports.unionPorts(ports.portRange('UDP', 53, 53), ports.portRange('TCP', 53, 53)), '53/TCP,53/UDP'],
    [ports.unionPorts(ports.portRange('TCP', 80, 81), ports.portRange('TCP', 82, 90)), '80-90/TCP'],
  ])('%j is %s', (set, text) => {
    expect(ports.portText(set)).toBe(text);
  });

  test('more runs than asked for are cut', () => {
    const three = [1, 3, 5].reduce(
      (sum: ports.PortSet, port) => ports.unionPorts(sum, ports.portRange('TCP', port, port)),
      [],
    );
    expect(ports.portText(three, 2)).toBe('1/TCP,3/TCP,…');
  });
});
