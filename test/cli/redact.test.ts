import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redacted } from '../../src/cli/redact.ts';
import { addressVeil } from '../../src/cli/redact-addresses.ts';
import { readManifests } from '../../src/cluster/manifests.ts';
import { encodeSnapshot, type Snapshot } from '../../src/cluster/snapshot.ts';
import { traceFlow } from '../../src/impact/trace.ts';
import { type FlowEnd, nodeEnd, podEnd } from '../../src/impact/verdict.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { genericProfile, type Profile } from '../../src/model/profile.ts';
import { namespacesWithPolicies, policiesInForce, standingFindings } from '../../src/review/scan-policy.ts';
import { defaultSettings } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import { parseAddress, parseCidr } from '../../src/sets/addresses.ts';
import { worldOf } from '../../src/world/build.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { everyKind } from '../support/every-kind.ts';
import { manifestTexts } from '../support/manifest-texts.ts';
import { randomCluster, randomFlow } from '../support/reference/arbitrary.ts';
import type { RefEndpoint } from '../support/reference/evaluator.ts';
import { randomFrom } from '../support/reference/random.ts';
import { eventsOf, profileOf } from '../support/reference-world.ts';

const secret = Buffer.from('the secret of the tests');

function snapshotOf(objects: readonly ClusterObject[]): Snapshot {
  return {
    takenAt: '2026-11-21T18:00:00Z',
    version: '0.1.0',
    cluster: null,
    platform: { profile: 'calico', answers: {}, because: 'DaemonSet acme-net/calico-node' },
    absent: [],
    redacted: false,
    objects,
  };
}

function storedIn(world: ClusterWorld): readonly ClusterObject[] {
  return [...world.everything()].flatMap((event) => (event.type === 'put' ? [event.object] : []));
}

interface Pair {
  readonly before: ClusterWorld;
  readonly after: ClusterWorld;
  /** What the records are called afterwards, by kind, namespace and name before. */
  readonly renamed: ReadonlyMap<string, ClusterObject>;
}

function pairOf(objects: readonly ClusterObject[], profile: Profile): Pair {
  const world = (all: readonly ClusterObject[]): ClusterWorld =>
    worldOf(
      profile,
      all.map((object) => ({ type: 'put', object })),
    );
  const before = world(objects);
  const stored = storedIn(before);
  const hidden = redacted(snapshotOf(stored), secret).objects;
  const renamed = new Map(hidden.map((object, i) => [keyOf(stored[i]), object]));
  return { before, after: world(hidden), renamed };
}

function keyOf(object: ClusterObject | undefined): string {
  if (object === undefined) return '';
  return `${object.kind} ${'namespace' in object ? object.namespace : ''}/${object.name}`;
}

const veil = addressVeil(secret);

function endIn(world: ClusterWorld, end: RefEndpoint, renamed?: Pair['renamed']): FlowEnd {
  if ('ip' in end) {
    const text = renamed === undefined ? end.ip : (veil.address(end.ip) ?? '');
    return { kind: 'address', address: parseAddress(text) ?? -1n };
  }
  if ('node' in end) return nodeEnd(world, renamed?.get(`Node /${end.node}`)?.name ?? end.node);
  const [namespace = '', name = ''] = end.pod.split('/');
  const pod = renamed?.get(`Pod ${end.pod}`);
  const found = pod?.kind === 'Pod' ? podEnd(world, pod.namespace, pod.name) : podEnd(world, namespace, name);
  if (found === null) throw new Error(`no live pod ${end.pod}`);
  return found;
}

/**
 * Rules that read how something is spelled, which cannot be kept: how an address is written. The others that do, whose
 * near misses are slips in a name, only say more of what they say anyway.
 */
const spelling = ['noncanonical-cidr'];

/** Each finding as its rule and its severity at both levels, sorted. */
function findingsOf(world: ClusterWorld): string[] {
  const context = {
    world,
    settings: defaultSettings,
    rules,
    freshness: { stale: [], absent: [] },
    today: '2026-06-15',
  };
  return policiesInForce(world, namespacesWithPolicies(world))
    .flatMap((policy) =>
      (['baseline', 'restricted'] as const).flatMap((level) =>
        standingFindings(policy, level, context)
          .findings.filter(({ finding }) => !spelling.includes(finding.rule))
          .map(
            ({ finding, severity, waived }) =>
              `${level} ${finding.number} ${finding.rule} ${severity} ${waived} ${finding.affected.length}`,
          ),
      ),
    )
    .sort();
}

/** A block of `fd00::/8` left the address of the metadata service behind. */
const onceWrong: readonly number[] = [5_000_046];

describe('a redacted snapshot', () => {
  test('gives the verdicts that the whole one gives', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 80; seed += 1) {
      const rng = randomFrom(seed);
      const cluster = randomCluster(rng);
      const objects = eventsOf(cluster).flatMap((event) => (event.type === 'put' ? [event.object] : []));
      const { before, after, renamed } = pairOf(objects, profileOf(cluster));
      for (let i = 0; i < 40; i += 1) {
        const { src, dst, ...at } = randomFlow(rng, cluster);
        const whole = traceFlow(before, endIn(before, src), endIn(before, dst), at);
        const hidden = traceFlow(after, endIn(after, src, renamed), endIn(after, dst, renamed), at);
        const answer = ({ verdict, reasons, egress, ingress }: typeof whole) => ({
          ...{ seed, src, dst, at, verdict, reasons: [...reasons].sort() },
          sides: [egress, ingress].map(({ why, policies }) => [
            why,
            policies.map(({ effect }) => effect).sort(),
          ]),
        });
        expect(answer(hidden)).toEqual(answer(whole));
        seen.add(whole.verdict);
      }
    }
    expect([...seen].sort()).toEqual(['allowed', 'blocked', 'unknown']);
  });

  test('gives the findings that the whole one gives, in random clusters', () => {
    let found = 0;
    for (const seed of [...onceWrong, ...Array.from({ length: 60 }, (_, index) => index + 1)]) {
      const cluster = randomCluster(randomFrom(seed));
      const objects = eventsOf(cluster).flatMap((event) => (event.type === 'put' ? [event.object] : []));
      const { before, after } = pairOf(objects, profileOf(cluster));
      const whole = findingsOf(before);
      expect({ seed, findings: findingsOf(after) }).toEqual({ seed, findings: whole });
      found += whole.length;
    }
    expect(found).toBeGreaterThan(100);
  });

  test('gives the findings that the whole one gives, in the example shop', () => {
    const { events, problems } = readManifests(manifestTexts('examples/shop'));
    expect(problems).toEqual([]);
    const objects = events.flatMap((event) => (event.type === 'put' ? [event.object] : []));
    const { before, after } = pairOf(objects, profileOf(randomCluster(randomFrom(1))));
    expect(findingsOf(after)).toEqual(findingsOf(before));
  });
});

/**
 * Where rules read how something is spelled: a slip in a name turns a remark into a warning, addresses have several
 * spellings, and a policy may say ICMP in its name. A rule that is missing here and differs below knows a name that
 * `redact-words.ts` should keep.
 */
const differing = [
  'R07 policy-selects-no-pods',
  'R08 peer-matches-no-pods',
  'R09 namespace-selector-matches-nothing',
  'R46 noncanonical-cidr',
  'R56 protocol-not-covered',
];

test('the findings of the rules’ own fixtures are those of the redacted ones', () => {
  const folder = 'test/fixtures/rules';
  const files = readdirSync(folder, { recursive: true }).map(String);
  const found = new Set<string>();
  for (const file of files.filter((name) => name.endsWith('.yaml'))) {
    const { events } = readManifests([{ file, text: readFileSync(join(folder, file), 'utf8') }]);
    const stored = storedIn(worldOf(genericProfile, events));
    const { before, after } = pairOf(stored.map(asRead), genericProfile);
    const [whole, hidden] = [findingsOf(before), findingsOf(after)];
    for (const line of new Set([...whole, ...hidden])) {
      const count = (lines: readonly string[]) => lines.filter((each) => each === line).length;
      if (count(whole) !== count(hidden)) found.add(line.split(' ').slice(1, 3).join(' '));
    }
  }
  expect([...found].filter((rule) => !differing.includes(rule))).toEqual([]);
});

/** How a policy was written is no part of a snapshot. */
function asRead(object: ClusterObject): ClusterObject {
  if (object.kind !== 'NetworkPolicy' || object.policy === null) return object;
  return { ...object, policy: { ...object.policy, written: null } };
}

/** Every text in plain data, keys of maps among them; field names are no texts of the cluster. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Map) return [...value].flatMap(texts);
  if (value instanceof Set || Array.isArray(value)) return [...value].flatMap(texts);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

describe('what is left of the names', () => {
  const objects = everyKind();
  const hidden = redacted(snapshotOf(objects), secret);
  const bytes = gunzipSync(encodeSnapshot(hidden)).toString('utf8');

  test('no name and no address of the cluster is in the bytes', () => {
    const telling = [
      ...['shop', 'web', 'worker-1', 'web-account', 'web-7d4f', 'public', 'front', 'example.org'],
      ...['checks', 'defaults', 'carts', 'l7', 'unreadable', 'acme', 'kept for'],
      ...['10.1.2.3', '10.96.0.7', '192.168.7.1', '10.1.0.0', 'fd00:1::', '10.1.2.0'],
    ];
    for (const text of telling) expect([text, bytes.includes(text)]).toEqual([text, false]);
  });

  test('every text is one that all clusters have, or a new one', () => {
    const before = new Set(texts(objects));
    const same = new Set(texts(hidden.objects).filter((text) => before.has(text)));
    expect([...same].sort()).toMatchInlineSnapshot(`
[
  "10.0.0.0/8",
  "2001:db8::/32",
  "9090",
  "APIService",
  "Cilium",
  "ClusterFirst",
  "CronJob",
  "CustomResourceDefinition",
  "DaemonSet",
  "Deployment",
  "Egress",
  "EndpointSlice",
  "Exists",
  "Fail",
  "ForeignPolicy",
  "HTTPRoute",
  "Ignore",
  "In",
  "Ingress",
  "Job",
  "Local",
  "Monitor",
  "MutatingWebhookConfiguration",
  "Namespace",
  "NetworkPolicy",
  "Node",
  "NodePort",
  "NotIn",
  "Pod",
  "ReplicaSet",
  "ReplicationController",
  "RoleBinding",
  "Service",
  "StatefulSet",
  "TCP",
  "UDP",
  "ValidatingWebhookConfiguration",
  "any",
  "app",
  "calico",
  "ciliumnetworkpolicies.cilium.io",
  "default",
  "host-open",
  "http",
  "kube-system",
  "kubernetes.io/metadata.name",
  "ordinary",
  "pod-template-hash",
  "prometheus.io/port",
  "prometheus.io/scrape",
  "true",
]
`);
  });

  test('says that it is redacted, and not where the platform was seen', () => {
    expect([hidden.redacted, hidden.platform]).toEqual([
      true,
      { profile: 'calico', answers: {}, because: 'detected before names were replaced' },
    ]);
  });

  test('another secret makes other names', () => {
    const others = redacted(snapshotOf(objects), Buffer.from('another')).objects;
    expect(others.map(({ name }) => name)).not.toEqual(hidden.objects.map(({ name }) => name));
  });

  test('keeps waivers without their reasons, and what Prometheus is told', () => {
    const [policy] = objects.filter(({ kind, name }) => kind === 'NetworkPolicy' && name === 'web');
    if (policy?.kind !== 'NetworkPolicy' || policy.policy === null) throw new Error('there is no policy');
    const annotations = new Map([
      ['netsluice.dev/waive.egress-blocks-dns', 'Acme says so; until=2026-12-31'],
      ['netsluice.dev/waive.other', 'Acme forgot the day'],
      ['acme.example.org/owner', 'jo@acme.example.org'],
      ['prometheus.io/port', '9090'],
    ]);
    const waived = { ...policy, policy: { ...policy.policy, annotations } };
    const [record] = redacted(snapshotOf([waived]), secret).objects;
    expect(record?.kind === 'NetworkPolicy' && [...(record.policy?.annotations ?? [])]).toEqual([
      ['netsluice.dev/waive.egress-blocks-dns', 'redacted; until=2026-12-31'],
      ['netsluice.dev/waive.other', 'redacted'],
      ['prometheus.io/port', '9090'],
    ]);
  });

  test('a field that nobody has said anything about is taken for names', () => {
    const grown = Object.assign({}, objects[0], {
      more: { of: ['acme', 7, true], by: new Map([['acme', '10.9.8.7']]) },
    });
    const [record] = redacted(snapshotOf([grown]), secret).objects;
    expect(texts(record).filter((text) => text.includes('acme') || text.includes('10.9.8.7'))).toEqual([]);
    expect(record).toMatchObject({ more: { of: [expect.stringMatching(/^x[0-9a-f]{12}$/), 7, true] } });
  });
});

describe('addresses', () => {
  const four = fc.ipV4();
  const six = fc.ipV6().filter((text) => !text.includes('.') && !text.includes('%'));
  const lengthOf = (text: string) => (text.includes(':') ? 128 : 32);
  const commonBits = (a: string, b: string): number => {
    const difference = (parseAddress(a) ?? 0n) ^ (parseAddress(b) ?? 0n);
    return lengthOf(a) - (difference === 0n ? 0 : difference.toString(2).length);
  };
  const turned = (text: string) => veil.address(text) ?? '';

  test('share as many bits as before', () => {
    fc.assert(fc.property(four, four, (a, b) => commonBits(turned(a), turned(b)) === commonBits(a, b)));
    fc.assert(fc.property(six, six, (a, b) => commonBits(turned(a), turned(b)) === commonBits(a, b)));
  });

  test('lie in a block afterwards if and only if they did before', () => {
    const inside = (block: string, address: string): boolean => {
      const range = parseCidr(block)?.range;
      const value = parseAddress(address) ?? -1n;
      return range !== undefined && value >= range.first && value <= range.last;
    };
    for (const [family, bits] of [
      [four, 32],
      [six, 128],
    ] as const) {
      fc.assert(
        fc.property(family, family, fc.integer({ min: 0, max: bits }), (address, other, length) => {
          for (const each of [address, other]) {
            const block = `${address}/${length}`;
            expect(inside(veil.block(block) ?? '', turned(each))).toBe(inside(block, each));
          }
        }),
      );
    }
  });

  test('stay where everybody knows them, and move where somebody owns them', () => {
    const same = [
      '0.0.0.0',
      '127.0.0.1',
      '169.254.169.254',
      '169.254.20.10',
      '::',
      '::1',
      'fd00:ec2::254',
      'fe80::1',
    ];
    expect(same.map(turned)).toEqual(same);
    const blocks = [
      '0.0.0.0/0',
      '::/0',
      '169.254.0.0/16',
      '169.254.169.254/32',
      '10.0.0.0/8',
      '172.16.0.0/12',
    ];
    const more = [
      '192.168.0.0/16',
      '100.64.0.0/10',
      'fc00::/7',
      'fd00::/8',
      'fe80::/10',
      '0.0.0.0/1',
      '128.0.0.0/1',
    ];
    for (const block of [...blocks, ...more]) expect([block, veil.block(block)]).toEqual([block, block]);
    const own = ['10.1.2.3', '172.16.5.5', '192.168.1.1', '203.0.113.7', 'fd00::1', '2001:db8::1'];
    for (const address of own) expect(turned(address)).not.toBe(address);
    expect(turned('10.1.2.3').startsWith('10.')).toBe(true);
  });

  test('a block whose address has bits behind its length keeps such bits, and one without has none', () => {
    for (let i = 0; i < 256; i += 1) {
      const [address = ''] = (veil.block(`10.${i}.0.5/24`) ?? '').split('/');
      expect(parseCidr(`${address}/24`)?.range.first).not.toBe(parseAddress(address));
      const [strict = ''] = (veil.block(`10.${i}.0.0/24`) ?? '').split('/');
      expect(parseCidr(`${strict}/24`)?.range.first).toBe(parseAddress(strict));
    }
  });

  test('what is none is none', () => {
    for (const text of ['', 'x', '300.1.1.1', '10.0.0.1%eth0']) expect(veil.address(text)).toBeNull();
    for (const text of ['', '10.0.0.0', '10.0.0.0/33', 'x/8']) expect(veil.block(text)).toBeNull();
  });
});
