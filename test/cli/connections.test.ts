import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { pod, policy, workload } from '../support/build.ts';
import { folderWith, spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

const manifests = (objects: readonly unknown[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

const none = { TCP: [], UDP: [], SCTP: [] };
const all = { TCP: ['1-65535'], UDP: ['1-65535'], SCTP: ['1-65535'] };
const four = 'ip:0.0.0.0-255.255.255.255';
const six = 'ip:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** web may reach db on two ports, db nobody; batch is scaled to zero. */
const small = manifests([
  workload('Deployment', 'shop/web', 2),
  workload('StatefulSet', 'shop/db', 1),
  workload('Deployment', 'shop/batch', 0),
  policy(
    'shop/db',
    '{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}, {port: 9000, endPort: 9010}]}]}',
  ),
  policy('shop/web', '{podSelector: {matchLabels: {app: web}}}'),
  policy('shop/batch', '{podSelector: {matchLabels: {app: batch}}, policyTypes: [Ingress, Egress]}'),
]);

describe('netsluice connections', () => {
  test('lists each source with whom it reaches', async () => {
    const folder = folderWith({ 'all.yaml': small });
    expect(await spawned(['connections', '-f', folder])).toEqual({
      code: 0,
      err: '',
      out: `shop/web
  -> internet: all ports
  -> shop/db: 5432/TCP, 9000-9010/TCP
isolated: 3 for ingress, 2 for egress, of 3
3 connections; what is not listed is blocked
`,
    });
  });

  test('names those that everybody reaches once', async () => {
    const { out } = await spawned(['connections', '-f', 'examples/shop']);
    const lines = out.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'internet',
      '  -> whoever is not isolated for ingress: all ports',
      'data/backup',
      '  -> internet, whoever is not isolated for ingress: all ports',
      '  -> data/catalog-db, data/orders-db, data/payments-db: 5432/TCP',
    ]);
    expect(lines.slice(-4)).toEqual([
      'whoever is not isolated for ingress: ingress-nginx/ingress-nginx-controller, kube-system/coredns, monitoring/grafana, monitoring/prometheus, payments/fraud-check, payments/gateway, payments/policy-guard, payments/settlement',
      'isolated: 17 for ingress, 1 for egress, of 25',
      '337 connections; what is not listed is blocked',
      '',
    ]);
  });

  test('as JSON says the same in the published shape', async () => {
    const { code, out } = await spawned(['connections', '-f', '-', '-o', 'json'], {}, small);
    const document: unknown = JSON.parse(out);
    expect(schemaProblems('connections-v1', document)).toEqual([]);
    expect([code, document]).toEqual([
      0,
      {
        schema: 'connections/v1',
        workloads: [
          { id: 'shop/batch[Deployment]', pods: 0, isolated: { ingress: true, egress: true } },
          { id: 'shop/db[StatefulSet]', pods: 1, isolated: { ingress: true, egress: true } },
          { id: 'shop/web[Deployment]', pods: 2, isolated: { ingress: true, egress: false } },
        ],
        connections: [
          { src: 'shop/web[Deployment]', dst: four, allow: all },
          { src: 'shop/web[Deployment]', dst: six, allow: all },
          {
            src: 'shop/web[Deployment]',
            dst: 'shop/db[StatefulSet]',
            allow: { ...none, TCP: ['5432', '9000-9010'] },
          },
        ],
        undecided: [],
        problems: [],
        partial: null,
      },
    ]);
  });

  test('pods of one workload that differ are told apart', async () => {
    const text = manifests([
      pod('a/x-1', { labels: { app: 'x' }, owner: 'StatefulSet/x' }),
      pod('a/x-2', { labels: { app: 'x', canary: 'yes' }, owner: 'StatefulSet/x' }),
      policy(
        'a/p',
        '{podSelector: {matchLabels: {canary: "yes"}}, policyTypes: [Ingress, Egress], egress: [{ports: [{protocol: UDP, port: 53}]}]}',
      ),
    ]);
    const { out } = await spawned(['connections', '-f', '-', '-o', 'json'], {}, text);
    const document = JSON.parse(out) as { workloads: unknown[]; connections: { src: string; dst: string }[] };
    expect(schemaProblems('connections-v1', document)).toEqual([]);
    expect(document.workloads).toEqual([
      {
        id: 'a/x[StatefulSet]',
        pods: 2,
        isolated: { ingress: false, egress: false },
        isolatedSome: { ingress: true, egress: true },
      },
    ]);
    expect(document.connections.find(({ src, dst }) => src === dst)).toEqual({
      src: 'a/x[StatefulSet]',
      dst: 'a/x[StatefulSet]',
      allow: none,
      allowSome: { ...none, UDP: ['53'] },
    });
    const pods = await spawned(['connections', '-f', '-', '--unit', 'pod'], {}, text);
    expect(pods.out).toBe(`internet
  -> a/x-1: all ports
a/x-1
  -> internet: all ports
a/x-2
  -> internet, a/x-1: 53/UDP
isolated: 1 for ingress, 1 for egress, of 2
7 connections; what is not listed is blocked
`);
  });

  test('an ipBlock matches pods whose address is known, and can be told not to', async () => {
    const text = manifests([
      pod('a/here', { ips: ['10.0.0.5'] }),
      workload('Deployment', 'a/planned', 1),
      pod('a/target', { ips: ['10.0.0.6'] }),
      policy('a/p', '{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}]}'),
      policy(
        'a/q',
        '{podSelector: {matchLabels: {app: target}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}], ports: [{port: 80}]}]}',
      ),
    ]);
    const json = async (...more: string[]) => {
      const { out } = await spawned(['connections', '-f', '-', '-o', 'json', ...more], {}, text);
      const document = JSON.parse(out) as {
        connections: { src: string; dst: string }[];
        undecided: unknown[];
      };
      expect(schemaProblems('connections-v1', document)).toEqual([]);
      return {
        into: document.connections.filter(({ dst }) => dst === 'a/target[Pod]').map(({ src }) => src),
        undecided: document.undecided,
      };
    };
    const range = 'ip:10.0.0.0-10.0.0.255';
    expect(await json()).toEqual({
      into: [range, 'a/here[Pod]'],
      undecided: [
        {
          src: 'a/planned[Deployment]',
          dst: 'a/target[Pod]',
          ports: { ...none, TCP: ['80'] },
          reason: 'address-unknown',
        },
      ],
    });
    expect(await json('--ip-block-pods=ignore')).toEqual({ into: [range], undecided: [] });
    expect(await json('--ip-block-pods', 'match')).toEqual(await json());
    // What the settings say of the plugin is not overruled by the default.
    const folder = folderWith({ 's.yaml': 'platform: {profile: cilium}\n' });
    expect((await json('--settings', `${folder}/s.yaml`)).into).toEqual([range]);
  });

  test('writes tables and graphs', async () => {
    const folder = folderWith({});
    const { out } = await spawned(
      ['connections', '-f', '-', '-o', 'markdown', `dot=${folder}/g.dot`],
      {},
      small,
    );
    expect(out).toBe(`| From | To | Ports | Between some pods only |
| --- | --- | --- | --- |
| shop/web | internet (IPv4) | all ports |  |
| shop/web | internet (IPv6) | all ports |  |
| shop/web | shop/db | 5432/TCP, 9000-9010/TCP |  |

3 connections; what is not listed is blocked.
`);
    expect(readFileSync(`${folder}/g.dot`, 'utf8')).toBe(`digraph connections {
  rankdir=LR;
  node [shape=box];
  subgraph cluster_0 {
    label="shop";
    "shop/batch[Deployment]" [label="batch"];
    "shop/db[StatefulSet]" [label="db"];
    "shop/web[Deployment]" [label="web"];
  }
  "${four}" [label="internet (IPv4)", shape=ellipse];
  "${six}" [label="internet (IPv6)", shape=ellipse];
  "shop/web[Deployment]" -> "${four}" [label="all ports"];
  "shop/web[Deployment]" -> "${six}" [label="all ports"];
  "shop/web[Deployment]" -> "shop/db[StatefulSet]" [label="5432/TCP, 9000-9010/TCP"];
}
`);
    const big = await spawned(['connections', '-f', 'examples/shop', '-o', 'dot']);
    expect(big.out.split('\n')[3]).toBe(
      '  // 337 connections are too many for one picture: edges join namespaces and count them.',
    );
  });

  test('what cannot be read ends with 3, and the rest is answered', async () => {
    const folder = folderWith({ 'a.yaml': small, 'b.yaml': 'kind: [\n' });
    const { code, out, err } = await spawned(['connections', '-f', folder, '-o', 'json']);
    const document = JSON.parse(out) as {
      connections: unknown[];
      problems: { file: string; line: number }[];
    };
    expect(schemaProblems('connections-v1', document)).toEqual([]);
    expect([code, document.connections.length, document.problems.map(({ file }) => file)]).toEqual([
      3,
      3,
      [`${folder}/b.yaml`],
    ]);
    expect(err).toMatch(/^netsluice: not read: .*b\.yaml:\d+: /);
    const gone = await spawned(['connections', '-f', '/nowhere']);
    expect([gone.code, gone.err]).toEqual([
      3,
      'netsluice: /nowhere cannot be read: there is no such file.\n',
    ]);
  });

  test('wrong usage ends with 2', async () => {
    const both = await spawned(['connections', '-f', 'examples/shop', '--context', 'x']);
    expect([both.code, both.err]).toEqual([
      2,
      'error: -f and --context exclude each other: ask about manifests or about a cluster, not both.\n',
    ]);
    const odd = await spawned(['connections', '-f', 'examples/shop', '--unit', 'node']);
    expect([odd.code, odd.err]).toEqual([
      2,
      "error: option '--unit <UNIT>' argument 'node' is invalid. Allowed choices are workload, pod.\n",
    ]);
  });
});
