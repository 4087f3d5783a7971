import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import type { Clause } from '../../src/model/policy.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { clauseFilings, type Filing, peerFiling, termFiling } from '../../src/rules/cover-index.ts';
import { coversClause, coversPeer, coversTerm, type OwnNamespace } from '../../src/rules/covers.ts';
import { held, item } from '../../src/rules/held-items.ts';
import { randomFrom } from '../support/reference/random.ts';

type Rng = ReturnType<typeof randomFrom>;

const labelled: OwnNamespace = { name: 'shop', labels: new Map([['team', 'a']]) };
const plenty = Number.POSITIVE_INFINITY;

function clausesOf(ingress: readonly object[]): readonly Clause[] {
  const object = { metadata: { name: 'p', namespace: 'shop' }, spec: { podSelector: {}, ingress } };
  return compileNetworkPolicy(decodeNetworkPolicy(object), genericProfile).ingress?.clauses ?? [];
}

const oneOf = <T>(rng: Rng, list: readonly [T, ...T[]]): T => list[rng.int(list.length)] ?? list[0];

function requirement(rng: Rng): object {
  const operator = oneOf(rng, ['In', 'In', 'In', 'NotIn', 'Exists', 'DoesNotExist']);
  const key = oneOf(rng, ['team', 'env', 'kubernetes.io/metadata.name']);
  const all: readonly [string, ...string[]] = ['a', 'b', 'shop'];
  const values = operator.endsWith('In') ? all.slice(0, 1 + rng.int(3)).reverse() : [];
  return { key, operator, values: values.slice(0, 1 + rng.int(2)) };
}

function selector(rng: Rng): object {
  return { matchExpressions: Array.from({ length: rng.int(3) }, () => requirement(rng)) };
}

function peer(rng: Rng): object {
  if (rng.int(3) === 0) {
    const six = rng.int(4) === 0;
    const cidr = six
      ? oneOf(rng, ['::/0', 'fd00::/8', 'fd00::/64'])
      : oneOf(rng, ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9', '10.0.1.0/24', '10.0.1.7/32']);
    const excepts = six ? [] : ['10.0.0.0/9', '10.0.1.0/24', '10.128.0.0/9'].slice(rng.int(4));
    const inside = cidr === '0.0.0.0/0' || cidr === '10.0.0.0/8' ? excepts : [];
    return { ipBlock: { cidr, except: inside } };
  }
  const pods = rng.int(4) === 0 ? {} : { podSelector: selector(rng) };
  const namespaces = rng.int(2) === 0 && 'podSelector' in pods ? {} : { namespaceSelector: selector(rng) };
  return { ...pods, ...namespaces };
}

function port(rng: Rng): object {
  const protocol = oneOf(rng, ['TCP', 'UDP']);
  const number = oneOf(rng, [80, 81, 8080]);
  return oneOf<object>(rng, [
    { protocol, port: number },
    { protocol, port: number, endPort: number + rng.int(3) },
    { protocol, port: 1, endPort: 65_535 },
    { protocol, port: oneOf(rng, ['http', 'dns']) },
    { protocol },
  ]);
}

function clause(rng: Rng): object {
  const from = Array.from({ length: rng.int(4) }, () => peer(rng));
  const ports = Array.from({ length: rng.int(3) }, () => port(rng));
  return { ...(rng.int(5) === 0 ? {} : { from }), ...(rng.int(4) === 0 ? {} : { ports }) };
}

/** What holds what, as pairs of places; of a list without an index every two items are compared. */
function pairs<Part>(
  parts: readonly Part[],
  filings: readonly Filing<Part>[],
  covers: (outer: Part, inner: Part) => boolean,
): readonly string[] {
  const items = parts.map((part, i) => item(part, `${i}`, `${i}`));
  return held(items, { left: plenty }, filings, covers).map(
    ({ inner, outer, equal }) => `${inner.at} ${equal ? 'like' : 'in'} ${outer.at}`,
  );
}

describe('with an index the same is held as where every two are compared', () => {
  test('peers', () => {
    let found = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const rng = randomFrom(seed);
      const [only] = clausesOf([{ from: Array.from({ length: 12 }, () => peer(rng)) }]);
      const peers = only === undefined || only.peers === 'any' ? [] : only.peers;
      for (const own of [labelled, { name: 'shop', labels: null }]) {
        const covers = (outer: (typeof peers)[number], inner: (typeof peers)[number]) =>
          coversPeer(outer, inner, own);
        const expected = pairs(peers, [], covers);
        expect({ seed, held: pairs(peers, [peerFiling()], covers) }).toEqual({ seed, held: expected });
        found += expected.length;
      }
    }
    expect(found).toBeGreaterThan(1000);
  });

  test('ports', () => {
    let found = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const rng = randomFrom(seed);
      const [only] = clausesOf([{ ports: Array.from({ length: 10 }, () => port(rng)) }]);
      const terms = only === undefined || only.ports === 'any' ? [] : only.ports;
      const expected = pairs(terms, [], coversTerm);
      expect({ seed, held: pairs(terms, [termFiling], coversTerm) }).toEqual({ seed, held: expected });
      found += expected.length;
    }
    expect(found).toBeGreaterThan(500);
  });

  test('clauses', () => {
    let found = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const rng = randomFrom(seed);
      const clauses = clausesOf(Array.from({ length: 10 }, () => clause(rng)));
      const covers = (outer: Clause, inner: Clause) => coversClause(outer, inner, labelled);
      const expected = pairs(clauses, [], covers);
      expect({ seed, held: pairs(clauses, clauseFilings(), covers) }).toEqual({ seed, held: expected });
      found += expected.length;
    }
    expect(found).toBeGreaterThan(500);
  });
});

test('a thousand peers that nothing holds are told apart without a comparison', () => {
  const from = Array.from({ length: 1000 }, (_, i) => ({
    podSelector: { matchLabels: { app: `app-${i}` } },
  }));
  const blocks = Array.from({ length: 1000 }, (_, i) => ({
    ipBlock: { cidr: `10.${i >> 8}.${i & 255}.0/24` },
  }));
  const [only] = clausesOf([{ from: [...from, ...blocks] }]);
  const peers = only === undefined || only.peers === 'any' ? [] : only.peers;
  const bound = { left: 10 };
  const items = peers.map((each, i) => item(each, `${i}`, each.key));
  expect(held(items, bound, [peerFiling()], (outer, inner) => coversPeer(outer, inner, labelled))).toEqual(
    [],
  );
  expect({ peers: peers.length, left: bound.left }).toEqual({ peers: 2000, left: 10 });
});
