import { describe, expect, test } from '@jest/globals';
import { Budget } from '../../src/impact/budget.ts';
import { unknownProfile } from '../../src/model/profile.ts';
import { contractsOf } from '../../src/review/contract.ts';
import { type ContractState, judgeContracts } from '../../src/review/contract-state.ts';
import type { Witness, WitnessEnd } from '../../src/review/contract-witness.ts';
import { decodeSettings, type Settings } from '../../src/review/settings.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { foreign, namespace, pod, policy, running, service, workload, worldWith } from '../support/build.ts';

function contractTexts(yaml: string): Settings['contracts'] {
  const read = decodeSettings(`contracts:\n${yaml}`, []);
  if ('problem' in read) throw new Error(read.problem);
  return read.settings.contracts;
}

/** Contracts written as in the settings file, judged one by one. */
function judged(world: ClusterWorld, yaml: string, budget?: Budget): readonly ContractState[] {
  return judgeContracts(world, contractsOf(contractTexts(yaml)), budget);
}

/** `db broken 1/0: shop/web-0 -> shop/db-0 5432/TCP; egress open; ingress allows shop/p[0]`. */
function lines(world: ClusterWorld, yaml: string, budget?: Budget): string[] {
  return judged(world, yaml, budget).map(({ contract, state, broken, unknown, witness, reasons }) => {
    const counts = broken + unknown === 0 ? '' : ` ${broken}/${unknown}`;
    const flow = witness === null ? '' : `: ${flowText(witness)}`;
    return `${contract.name} ${state}${counts}${flow}${reasons.length === 0 ? '' : ` (${reasons.join()})`}`;
  });
}

function flowText({ source, destination, protocol, port, because }: Witness): string {
  const causes = because.map(({ direction, effect, policy: by, clause }) =>
    [direction, effect, ...(by === null ? [] : [`${by}${clause === null ? '' : `[${clause}]`}`])].join(' '),
  );
  return [`${endText(source)} -> ${endText(destination)} ${port}/${protocol}`, ...causes].join('; ');
}

function endText(end: WitnessEnd): string {
  return end.kind === 'pod' ? end.pod : end.kind;
}

const shop = [
  namespace('shop', { env: 'prod' }),
  namespace('lab', { env: 'test' }),
  ...running('shop/web', 2, { labels: { app: 'web' }, ports: ['8080 http'] }),
  ...running('shop/db', 1, { labels: { app: 'db' }, ports: ['5432 pg'] }),
  ...running('lab/probe', 1, { labels: { app: 'probe' } }),
];
const dbFromWeb = policy(
  'shop/db',
  '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: pg}]}]}',
);
const denyEgress = policy('shop/quiet', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}');

const labToDb = `
- name: lab-to-db
  forbid: { from: { namespace: lab }, to: { namespace: shop, podSelector: { matchLabels: { app: db } } }, ports: [5432/TCP] }
`;
const webToDb = `
- name: web-to-db
  require:
    from: { namespace: shop, podSelector: { matchLabels: { app: web } } }
    to: { namespaceSelector: { matchLabels: { env: prod } }, podSelector: { matchLabels: { app: db } } }
    ports: [5432/TCP]
`;

const fromAnywhere = policy(
  'shop/open',
  '{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}',
);
const fromLan = policy(
  'shop/lan',
  '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 5432}]}]}',
);
const dbTo = (to: string): string => `
- name: db
  forbid: { from: ${to}, to: { namespace: shop, podSelector: { matchLabels: { app: db } } }, ports: [5432/TCP] }
`;

describe('forbid', () => {
  test('is broken by open pods, and holds behind a policy', () => {
    expect(lines(worldWith(shop), labToDb)).toEqual([
      'lab-to-db broken 1/0: lab/probe-0 -> shop/db-0 5432/TCP; egress open; ingress open',
    ]);
    expect(lines(worldWith([...shop, dbFromWeb]), labToDb)).toEqual(['lab-to-db holds']);
  });

  test('names the clause that lets the flow pass', () => {
    expect(lines(worldWith([...shop, dbFromWeb, fromAnywhere]), labToDb)).toEqual([
      'lab-to-db broken 1/0: lab/probe-0 -> shop/db-0 5432/TCP; egress open; ingress allows shop/open[0]',
    ]);
  });

  test('the internet is any address that nobody owns', () => {
    expect(lines(worldWith([...shop, dbFromWeb]), dbTo('internet'))).toEqual(['db holds']);
    expect(lines(worldWith([...shop, fromLan]), dbTo('internet'))).toEqual([
      'db broken 1/0: internet -> shop/db-0 5432/TCP; ingress allows shop/lan[0]',
    ]);
  });

  test('pods that nobody has yet break it too, and are no connection', () => {
    const none = [namespace('shop'), namespace('lab')];
    expect(lines(worldWith(none), labToDb)).toEqual([
      'lab-to-db broken: lab/(any pod) -> shop/(any pod with app=db) 5432/TCP; egress open; ingress open',
    ]);
    expect(lines(worldWith([...none, policy('shop/deny', '{podSelector: {}}')]), labToDb)).toEqual([
      'lab-to-db holds',
    ]);
  });

  test('two ends that are alike are two pods', () => {
    const peers = `
- name: peers
  forbid: { from: { namespace: shop }, to: { namespace: shop } }
`;
    expect(lines(worldWith([namespace('shop')]), peers)).toEqual([
      'peers broken: shop/(any pod) -> shop/(another pod) 1/TCP; egress open; ingress open',
    ]);
  });

  test('a pod to itself never counts, two pods of one workload do', () => {
    const among = (app: string): string => `
- name: among
  forbid:
    from: { namespaceSelector: { matchLabels: { none: such } }, podSelector: { matchLabels: { app: ${app} } } }
    to: { namespace: shop }
- name: same
  require:
    from: { namespace: shop, podSelector: { matchLabels: { app: ${app} } } }
    to: { namespace: shop, podSelector: { matchLabels: { app: ${app} } } }
`;
    expect(lines(worldWith(shop), among('db'))).toEqual(['among vacuous', 'same vacuous']);
    expect(lines(worldWith(shop), among('web'))).toEqual(['among vacuous', 'same holds']);
  });

  test('is unknown where the plugin decides, and where another policy API may', () => {
    const addressed = [...shop, fromLan, ...running('lab/near', 1, { labels: { app: 'near' } })];
    expect(lines(worldWith(addressed, unknownProfile), labToDb)).toEqual([
      'lab-to-db unknown 0/2: lab/near-0 -> shop/db-0 5432/TCP; egress open; ingress allows shop/lan[0] (address-unknown)',
    ]);
    const calico = foreign('crd.projectcalico.org/v1', 'NetworkPolicy', 'lab/strict');
    expect(lines(worldWith([...shop, dbFromWeb, calico]), labToDb)).toEqual([
      'lab-to-db unknown 0/1: lab/probe-0 -> shop/db-0 5432/TCP; egress open; ingress open (other-policies)',
    ]);
  });
});

describe('require', () => {
  test('holds while nothing stands in the way, and names the policy that does', () => {
    expect(lines(worldWith([...shop, dbFromWeb]), webToDb)).toEqual(['web-to-db holds']);
    expect(lines(worldWith([...shop, dbFromWeb, denyEgress]), webToDb)).toEqual([
      'web-to-db broken 1/0: shop/web-0 -> shop/db-0 5432/TCP; egress isolates shop/quiet',
    ]);
  });

  test('wants every listed port', () => {
    const both = webToDb.replace('[5432/TCP]', '[5432/TCP, 9187/TCP]');
    expect(lines(worldWith([...shop, dbFromWeb]), both)).toEqual([
      'web-to-db broken 1/0: shop/web-0 -> shop/db-0 9187/TCP; ingress isolates shop/db',
    ]);
  });

  test('counts planned pods, and no pod that is only invented', () => {
    const planned = [
      namespace('shop', { env: 'prod' }),
      workload('Deployment', 'shop/web', 2, { labels: { app: 'web' } }),
    ];
    const deny = policy('shop/deny', '{podSelector: {}}');
    expect(lines(worldWith(planned), webToDb)).toEqual(['web-to-db vacuous']);
    const db = workload('StatefulSet', 'shop/db', 1, { labels: { app: 'db' } });
    expect(lines(worldWith([...planned, db]), webToDb)).toEqual(['web-to-db holds']);
    expect(lines(worldWith([...planned, db, deny]), webToDb)).toEqual([
      'web-to-db broken 1/0: shop/web#1 -> shop/db#1 5432/TCP; ingress isolates shop/deny',
    ]);
  });

  test('one address outside is enough', () => {
    const out = `
- name: out
  require: { from: { namespace: shop, podSelector: { matchLabels: { app: web } } }, to: internet, ports: [443/TCP] }
`;
    const only = (cidr: string) =>
      policy(
        'shop/out',
        `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: ${cidr}}}]}]}`,
      );
    expect(lines(worldWith([...shop, only('203.0.113.7/32')]), out)).toEqual(['out holds']);
    expect(lines(worldWith([...shop, denyEgress]), out)).toEqual([
      'out broken 1/0: shop/web-0 -> internet 443/TCP; egress isolates shop/quiet',
    ]);
  });

  test('vacuous says who is nobody', () => {
    const contract = (from: string, to: string): string => `
- name: nobody
  require: { from: ${from}, to: ${to} }
`;
    const nobody = (yaml: string) =>
      judged(worldWith(shop), yaml).map((state) => [state.state, state.nobody]);
    expect(nobody(contract('{ namespace: typo }', '{ namespace: shop }'))).toEqual([['vacuous', ['from']]]);
    expect(nobody(contract('{ namespace: shop }', 'dns'))).toEqual([['vacuous', ['to']]]);
    expect(nobody(contract('internet', '{ namespace: typo }'))).toEqual([['vacuous', ['to']]]);
  });
});

describe('dns', () => {
  const resolver = [
    namespace('kube-system'),
    service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->5353/UDP', '53->5353/TCP']),
    pod('kube-system/coredns-0', { labels: { 'k8s-app': 'kube-dns' }, ips: ['10.1.0.53'] }),
  ];
  const requireDns = `
- name: dns
  require: { from: { namespace: shop }, to: dns }
`;
  const allow = (port: string) =>
    policy(
      'shop/dns',
      `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [${port}]}]}`,
    );
  const udp = '{port: 5353, protocol: UDP}';
  const tcp = '{port: 5353, protocol: TCP}';

  test('means the ports on which the resolvers listen, where none is listed', () => {
    const world = (port: string) => worldWith([...shop, ...resolver, allow(port)]);
    expect(lines(world(`${udp}, ${tcp}`), requireDns)).toEqual(['dns holds']);
    expect(lines(world(udp), requireDns)).toEqual([
      'dns broken 2/0: shop/db-0 -> dns 5353/TCP; egress isolates shop/dns',
    ]);
  });

  test('one resolver is enough, be it the cache on the own node', () => {
    const local = workload('DaemonSet', 'kube-system/node-local-dns', null, { spec: { hostNetwork: true } });
    const toCache = policy(
      'shop/cache',
      '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 169.254.20.10/32}}]}]}',
    );
    const cached = requireDns.replace('to: dns', 'to: dns, ports: [53/UDP]');
    expect(lines(worldWith([...shop, ...resolver, toCache]), cached)).toEqual([
      'dns broken 2/0: shop/db-0 -> dns 53/UDP; egress isolates shop/cache',
    ]);
    expect(lines(worldWith([...shop, ...resolver, local, toCache]), cached)).toEqual(['dns holds']);
  });

  test('resolvers are not asked to ask resolvers', () => {
    const all = `
- name: dns
  require: { from: { namespace: kube-system }, to: dns }
`;
    const deny = policy('kube-system/deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}');
    expect(lines(worldWith([...resolver, deny]), all)).toEqual(['dns vacuous']);
  });
});

test('what the budget does not reach is unknown, and steps are counted', () => {
  const budget = new Budget(1, () => false);
  expect(lines(worldWith([...shop, dbFromWeb]), `${labToDb}${webToDb}`, budget)).toEqual([
    'lab-to-db unknown (not-looked-at)',
    'web-to-db unknown (not-looked-at)',
  ]);
});

test('steps follow the groups that may reach each other, not all pairs of groups', () => {
  const closed = (count: number): ClusterWorld =>
    worldWith(
      Array.from({ length: count }, (_, i) => [
        namespace(`n${i}`, { env: i % 2 === 0 ? 'dev' : 'prod' }),
        ...running(`n${i}/web`, 1, { labels: { app: 'web' } }),
        policy(
          `n${i}/own`,
          '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}]}], egress: [{to: [{podSelector: {}}]}]}',
        ),
      ]).flat(),
    );
  const contract = `
- name: apart
  forbid:
    from: { namespaceSelector: { matchLabels: { env: dev } } }
    to: { namespaceSelector: { matchLabels: { env: prod } } }
`;
  const steps = (count: number): number => {
    const budget = new Budget(1_000_000, () => false);
    expect(lines(closed(count), contract, budget)).toEqual(['apart holds']);
    return budget.steps;
  };
  expect(steps(80)).toBeLessThanOrEqual(2.2 * steps(40));
});
