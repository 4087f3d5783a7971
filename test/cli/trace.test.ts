import { describe, expect, test } from '@jest/globals';
import { namespace, pod, policy, service, workload } from '../support/build.ts';
import { folderWith, spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

const manifests = (objects: readonly unknown[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

const shop = ['-f', 'examples/shop'];

/** A flow over these objects; the policy under test selects app=db. */
async function traced(objects: readonly unknown[], flow: readonly string[], ...more: string[]) {
  const { code, out, err } = await spawned(['trace', ...flow, '-f', '-', ...more], {}, manifests(objects));
  return { code, err, lines: out.split('\n').slice(0, -1) };
}

const ingress = (clause: string): unknown =>
  policy('shop/db', `{podSelector: {matchLabels: {app: db}}, ingress: [${clause}]}`);
const db = workload('StatefulSet', 'shop/db', 1, { ports: ['5432 pg'] });
const web = workload('Deployment', 'shop/web', 1);
const flow = ['shop/web', 'shop/db', '5432'];

async function missOf(objects: readonly unknown[], ends: readonly string[] = flow): Promise<unknown> {
  const { out } = await spawned(['trace', ...ends, '-f', '-', '-o', 'json'], {}, manifests(objects));
  const document = JSON.parse(out) as { nearestMiss: unknown };
  expect(schemaProblems('trace-v1', document)).toEqual([]);
  return document.nearestMiss;
}

describe('netsluice trace', () => {
  test('names both directions, each policy and the clause that admits', async () => {
    expect(await spawned(['trace', 'shop/cart', 'shop/session-cache', '6379/tcp', ...shop])).toEqual({
      code: 0,
      err: '',
      out: `shop/cart -> shop/session-cache on 6379/TCP is allowed
egress of shop/cart#1: allowed, no policy isolates it
ingress of shop/session-cache#1: allowed, 2 policies select it
  shop/default-deny has no ingress clause
  shop/session-cache-from-cart admits it by ingress[0]
`,
    });
  });

  test('says which policies do not admit, with the nearest miss', async () => {
    const { code, out } = await spawned(['trace', 'shop/web', 'shop/cart', '8081', ...shop]);
    expect([code, out]).toEqual([
      0,
      `shop/web -> shop/cart on 8081/TCP is blocked
egress of shop/web#1: allowed, no policy isolates it
ingress of shop/cart#1: blocked, 3 policies select it
  shop/default-deny has no ingress clause
  shop/metrics-from-monitoring: no clause of 1 admits it
  shop/services-from-shop: no clause of 1 admits it
nearest miss: shop/services-from-shop ingress[0] admits the source on 8080/TCP, not on 8081/TCP
`,
    ]);
  });

  test('as JSON says the same in the published shape', async () => {
    const { out } = await spawned([
      'trace',
      'payments/fraud-check',
      'kube-system/coredns',
      '53/udp',
      '-o',
      'json',
      ...shop,
    ]);
    const document: unknown = JSON.parse(out);
    expect(schemaProblems('trace-v1', document)).toEqual([]);
    expect(document).toEqual({
      schema: 'trace/v1',
      src: 'payments/fraud-check[Deployment]',
      dst: 'kube-system/coredns[Deployment]',
      protocol: 'UDP',
      port: 53,
      verdict: 'allowed',
      reasons: [],
      pairs: { allowed: 4, blocked: 0, unknown: 0 },
      witness: { src: 'payments/fraud-check#1', dst: 'kube-system/coredns#1' },
      egress: {
        verdict: 'allowed',
        why: 'policies',
        reasons: [],
        policies: [
          {
            policy: 'payments/fraud-check-egress',
            selects: true,
            effect: 'admits',
            clause: 1,
            clauses: 2,
            reasons: [],
          },
        ],
      },
      ingress: { verdict: 'allowed', why: 'not-isolated', reasons: [], policies: [] },
      nearestMiss: null,
      others: [],
      notes: [],
      problems: [],
      partial: null,
    });
  });

  test('--expect decides the exit code, and unknown is never expected', async () => {
    const allowed = ['trace', 'shop/cart', 'shop/session-cache', '6379', ...shop, '--expect'];
    expect((await spawned([...allowed, 'allowed'])).code).toBe(0);
    const other = await spawned([...allowed, 'blocked']);
    expect([other.code, other.err]).toEqual([1, 'netsluice: expected blocked, but it is allowed\n']);
    const lan = [web, db, ingress('{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}')];
    const unknown = await traced(lan, flow, '--expect', 'blocked');
    expect([unknown.code, unknown.err, ...unknown.lines]).toEqual([
      1,
      'netsluice: expected blocked, but it is unknown\n',
      'shop/web -> shop/db on 5432/TCP is unknown',
      'egress of shop/web#1: allowed, no policy isolates it',
      'ingress of shop/db#1: unknown, 1 policy selects it',
      '  shop/db ingress[0] is unknown because the pod has no address yet that an ipBlock could be compared with',
    ]);
    expect((await traced(lan, flow)).code).toBe(0);
  });

  test('pods of a workload that differ make it unknown, and both are told', async () => {
    const objects = [
      pod('shop/web-1', { labels: { app: 'web' }, owner: 'StatefulSet/web' }),
      pod('shop/web-2', { labels: { app: 'web', canary: 'yes' }, owner: 'StatefulSet/web' }),
      db,
      ingress('{from: [{podSelector: {matchLabels: {canary: "yes"}}}]}'),
    ];
    expect((await traced(objects, flow)).lines).toEqual([
      'shop/web -> shop/db on 5432/TCP is unknown',
      '  its pods differ: some pairs are judged otherwise than others',
      'differs: shop/web-1 -> shop/db#1 is blocked; shop/web-2 -> shop/db#1 is allowed',
      'shop/web-1 -> shop/db#1:',
      'egress of shop/web-1: allowed, no policy isolates it',
      'ingress of shop/db#1: blocked, 1 policy selects it',
      '  shop/db: no clause of 1 admits it',
    ]);
    expect((await traced(objects, ['pod:shop/web-2', 'shop/db', '5432'])).lines[0]).toBe(
      'pod:shop/web-2 -> shop/db on 5432/TCP is allowed',
    );
  });

  test('addresses, nodes and the internet are ends too', async () => {
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] },
      },
      pod('shop/db', { ips: ['10.0.0.6'], node: 'n1' }),
      pod('shop/web', { ips: ['10.0.0.5'], node: 'n1' }),
      ingress('{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.7/32]}}]}'),
    ];
    const titles = async (...ends: string[]) => (await traced(objects, [...ends, '5432'])).lines;
    expect((await titles('ip:203.0.113.8', 'shop/db'))[0]).toBe(
      'ip:203.0.113.8 -> shop/db on 5432/TCP is allowed',
    );
    expect((await titles('ip:203.0.113.7', 'shop/db')).at(-1)).toBe(
      'nearest miss: shop/db ingress[0] names 203.0.113.0/24 except 203.0.113.7/32, which leaves 203.0.113.7 out',
    );
    expect(await titles('node:n1', 'shop/db')).toEqual([
      'node:n1 -> shop/db on 5432/TCP is allowed',
      'egress of node:n1: allowed, nodes and addresses have no policies',
      'ingress of shop/db: allowed, the network plugin decides between a pod and its own node',
    ]);
    expect((await titles('internet', 'shop/db')).slice(0, 3)).toEqual([
      'internet -> shop/db on 5432/TCP is unknown',
      '  addresses differ: some are judged otherwise than others',
      'differs: ip:0.0.0.0-203.0.112.255 -> shop/db is blocked; ip:203.0.113.0-203.0.113.6 -> shop/db is allowed',
    ]);
    expect((await titles('shop/web', 'ip:10.0.0.6')).at(-1)).toBe('note: 10.0.0.6 is pod shop/db');
    expect((await titles('shop/db', 'shop/db'))[2]).toBe(
      'ingress of shop/db: allowed, a pod always reaches itself',
    );
  });
});

describe('the nearest miss', () => {
  test('a label of the other end', async () => {
    const objects = [
      web,
      db,
      ingress(
        '{from: [{podSelector: {matchLabels: {app: wbe}}}, {podSelector: {matchLabels: {app: webb}}}]}',
      ),
    ];
    const near = [
      workload('Deployment', 'shop/checkout', 1),
      db,
      ingress('{from: [{podSelector: {matchLabels: {app: chekout}}}]}'),
    ];
    expect(await missOf(objects)).toBe(null);
    expect(await missOf(near, ['shop/checkout', 'shop/db', '5432'])).toEqual({
      policy: 'shop/db',
      direction: 'ingress',
      clause: 0,
      differs: 'label',
      asked: 'app=chekout',
      found: 'app=checkout',
      text: 'shop/db ingress[0] asks for app=chekout, and the source has app=checkout',
    });
  });

  test('a namespace that the peer does not look in', async () => {
    const far = workload('Deployment', 'front/web', 1);
    const ends = ['front/web', 'shop/db', '5432'];
    const own = ingress('{from: [{podSelector: {matchLabels: {app: web}}}]}');
    expect(await missOf([far, db, own], ends)).toMatchObject({
      differs: 'namespace',
      asked: 'shop',
      found: 'front',
      text: 'shop/db ingress[0] matches the labels of the source, but without a namespaceSelector it looks in shop only and the source is in front',
    });
    const labelled = ingress('{from: [{namespaceSelector: {matchLabels: {team: storefront}}}]}');
    expect(
      await missOf([namespace('front', { team: 'store-front' }), far, db, labelled], ends),
    ).toMatchObject({
      differs: 'namespace',
      asked: 'team=storefront',
      found: 'team=store-front',
    });
  });

  test('a port, by number, protocol or name', async () => {
    const from = 'from: [{podSelector: {matchLabels: {app: web}}}]';
    const text = async (ports: string) =>
      (await missOf([web, db, ingress(`{${from}, ports: [${ports}]}`)])) as { text: string };
    expect((await text('{port: 5433}')).text).toBe(
      'shop/db ingress[0] admits the source on 5433/TCP, not on 5432/TCP',
    );
    expect((await text('{port: 5432, protocol: UDP}')).text).toBe(
      'shop/db ingress[0] admits the source on 5432/UDP, not on 5432/TCP',
    );
    expect((await text('{port: postgres}')).text).toBe(
      'shop/db ingress[0] admits the source on the port named "postgres", which no container of the destination declares',
    );
  });

  test('a policy that nearly selects the pod', async () => {
    const deny = policy('shop/deny', '{podSelector: {}}');
    const slip = policy('shop/allow', '{podSelector: {matchLabels: {app: databse}}, ingress: [{}]}');
    const database = workload('StatefulSet', 'shop/database', 1);
    expect(await missOf([web, database, deny, slip], ['shop/web', 'shop/database', '5432'])).toEqual({
      policy: 'shop/allow',
      direction: 'ingress',
      clause: null,
      differs: 'pod-selector',
      asked: 'app=databse',
      found: 'app=database',
      text: 'shop/allow would admit it, but selects app=databse, and shop/database#1 has app=database',
    });
  });
});

describe('what is wrong is told', () => {
  test('ends that do not exist end with 2 and a guess', async () => {
    const said = async (source: string, more: readonly unknown[] = []) => {
      const { code, err } = await traced([web, db, ...more], [source, 'shop/db', '5432']);
      return [code, err];
    };
    expect(await said('shop/wbe')).toEqual([
      2,
      'netsluice: There is no workload shop/wbe; did you mean web?\n',
    ]);
    expect(await said('shopp/web')).toEqual([
      2,
      'netsluice: There is no namespace shopp; did you mean shop?\n',
    ]);
    expect(await said('pod:shop/x')).toEqual([2, 'netsluice: There is no pod shop/x.\n']);
    expect(await said('node:n1')).toEqual([2, 'netsluice: There is no node n1.\n']);
    expect(await said('ip:10.0.0')).toEqual([
      2,
      'netsluice: "ip:10.0.0": 10.0.0 is no IP address; write one such as ip:203.0.113.7.\n',
    ]);
    expect(await said('web')).toEqual([
      2,
      'netsluice: "web" is no endpoint: write ns/workload, pod:ns/name, ip:ADDRESS, node:NAME or internet.\n',
    ]);
    expect(await said('shop/front', [service('shop/front', { app: 'web' }, ['80->8080/TCP'])])).toEqual([
      2,
      'netsluice: shop/front is a Service: policies look at pods, so name the workload behind it, and its target port.\n',
    ]);
    const host = workload('DaemonSet', 'shop/agent', 1, { spec: { hostNetwork: true } });
    expect(await said('shop/agent', [host])).toEqual([
      2,
      'netsluice: shop/agent has no pods yet, and they will be of the node network: trace node:NAME instead.\n',
    ]);
    expect(await said('shop/web', [workload('Job', 'shop/web', 1)])).toEqual([
      2,
      'netsluice: shop/web is shop/web[Deployment] and shop/web[Job]: write the one you mean, in quotes.\n',
    ]);
    expect(
      (await traced([web, db, workload('Job', 'shop/web', 1)], ['shop/web[Job]', 'shop/db', '1'])).code,
    ).toBe(0);
  });

  test('a policy that cannot be read makes unknown what it may govern', async () => {
    const bad = { ...(ingress('{}') as object), spec: { podSelector: 7 } };
    const { code, err, lines } = await traced([web, db, bad], flow);
    expect([code, err, ...lines]).toEqual([
      3,
      'netsluice: not read: -:5: spec.podSelector is 7; it must be an object\n',
      'shop/web -> shop/db on 5432/TCP is unknown',
      'egress of shop/web#1: unknown, no policy that was read isolates it',
      '  a policy that cannot be read, or of an API that netsluice does not analyse, may govern it',
      'ingress of shop/db#1: unknown, no policy that was read isolates it',
      '  a policy that cannot be read, or of an API that netsluice does not analyse, may govern it',
    ]);
  });

  test('a port that is none ends with 2, what cannot be read with 3', async () => {
    const odd = await spawned(['trace', 'a/b', 'a/c', '99999', ...shop]);
    expect([odd.code, odd.err]).toEqual([
      2,
      "error: command-argument value '99999' is invalid for argument 'PORT'. It must be a port from 1 to 65535, such as 5432 or 53/udp; the protocols are tcp, udp and sctp.\n",
    ]);
    const folder = folderWith({ 'a.yaml': manifests([web, db]), 'b.yaml': 'kind: [\n' });
    const torn = await spawned(['trace', ...flow, '-f', folder, '--expect', 'allowed']);
    expect([torn.code, torn.out.split('\n')[0]]).toEqual([3, 'shop/web -> shop/db on 5432/TCP is allowed']);
    expect(torn.err).toMatch(/^netsluice: not read: .*b\.yaml:\d+: /);
  });
});
