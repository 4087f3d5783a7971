import { describe, expect, test } from '@jest/globals';
import { genericProfile, type Profile, profiles } from '../../src/model/profile.ts';
import { factsOf } from '../../src/platform/facts.ts';
import { type ExplainedPolicy, explainedPolicy } from '../../src/review/policy-explained.ts';
import { namespace, pod, policy, running, workload, worldWith } from '../support/build.ts';

const cluster = [
  namespace('shop', { team: 'shop' }),
  namespace('payments', { team: 'money' }),
  namespace('monitoring'),
  ...running('shop/web', 2, { labels: { app: 'web' }, ports: ['8080 http'] }),
  workload('Deployment', 'shop/cart', 3, { labels: { app: 'cart', tier: 'service' }, ports: ['8081 http'] }),
  workload('DaemonSet', 'shop/agent', 1, { labels: { app: 'agent' }, spec: { hostNetwork: true } }),
  pod('payments/ledger', { labels: { app: 'ledger' } }),
  pod('monitoring/prometheus', { labels: { app: 'prometheus' } }),
];

function explained(
  spec: string,
  profile: Profile = genericProfile,
  others: readonly string[] = [],
): ExplainedPolicy {
  const beside = others.map((text, i) => policy(`shop/other-${i}`, text));
  const world = worldWith([...cluster, ...beside, policy('shop/p', spec)], profile);
  const found = [...world.policiesIn('shop')].find(({ ref }) => ref.name === 'p');
  if (found === undefined) throw new Error('no policy');
  return explainedPolicy(found, world, factsOf(world));
}

const onAll = '{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress:';

/** The sentences of the ingress clauses of a policy about shop/web. */
function ingress(clauses: string, profile?: Profile): string[] {
  const { directions } = explained(`${onAll} ${clauses}}`, profile);
  return directions.flatMap(({ clauses: all }) => all.map(({ sentence }) => sentence));
}

const platform = (id: string): Profile => profiles.get(id) ?? genericProfile;

describe('whom a policy selects', () => {
  test.each([
    ['{}', 'It selects every pod of namespace shop (5 pods (3 planned): shop/cart, shop/web).'],
    [
      '{matchLabels: {app: web}}',
      'It selects pods of namespace shop whose label app is web (2 pods: shop/web).',
    ],
    [
      '{matchLabels: {app: cart}, matchExpressions: [{key: tier, operator: In, values: [service, front]}]}',
      'It selects pods of namespace shop whose label app is cart and whose label tier is front or service (3 planned pods: shop/cart).',
    ],
    [
      '{matchExpressions: [{key: tier, operator: NotIn, values: [service]}, {key: app, operator: Exists}]}',
      'It selects pods of namespace shop whose label tier is missing or not service and that have a label app (2 pods: shop/web).',
    ],
    [
      '{matchExpressions: [{key: app, operator: DoesNotExist}]}',
      'It selects pods of namespace shop that have no label app (nobody at present).',
    ],
  ])('%s', (selector, sentence) => {
    expect(explained(`{podSelector: ${selector}}`).selects).toBe(sentence);
  });
});

describe('the peers of a clause', () => {
  const everybody = 'everybody: every pod, node and address, inside and outside the cluster';

  test.each([
    ['absent', '[{}]', `On every port of TCP, UDP and SCTP it lets in ${everybody}.`],
    ['an empty list', '[{from: []}]', `On every port of TCP, UDP and SCTP it lets in ${everybody}.`],
    [
      'an empty podSelector is the own namespace',
      '[{from: [{podSelector: {}}]}]',
      'On every port of TCP, UDP and SCTP it lets in every pod of namespace shop (5 pods (3 planned): shop/cart, shop/web).',
    ],
    [
      'an empty namespaceSelector is every namespace',
      '[{from: [{namespaceSelector: {}}]}]',
      'On every port of TCP, UDP and SCTP it lets in every pod of every namespace (7 pods (3 planned): monitoring/prometheus, payments/ledger, shop/cart and 1 more workload).',
    ],
    [
      'both selectors of one item must hold',
      '[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}, podSelector: {matchLabels: {app: prometheus}}}]}]',
      'On every port of TCP, UDP and SCTP it lets in pods of namespace monitoring whose label app is prometheus (1 pod: monitoring/prometheus).',
    ],
    [
      'of two items either is enough',
      '[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}, {podSelector: {matchLabels: {app: prometheus}}}]}]',
      'On every port of TCP, UDP and SCTP it lets in every pod of namespace monitoring (1 pod: monitoring/prometheus) or pods of namespace shop whose label app is prometheus (nobody at present).',
    ],
    [
      'namespaces by label, and several by name',
      '[{from: [{namespaceSelector: {matchLabels: {team: money}}}, {namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop, monitoring]}]}}]}]',
      'On every port of TCP, UDP and SCTP it lets in every pod of namespaces whose label team is money (1 pod: payments/ledger); or every pod of namespaces monitoring and shop (6 pods (3 planned): monitoring/prometheus, shop/cart, shop/web).',
    ],
    [
      'address blocks',
      '[{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12]}}, {ipBlock: {cidr: "::/0"}}, {ipBlock: {cidr: 203.0.113.0/24}}, {ipBlock: {cidr: 203.0.113.7/32}}]}]',
      'On every port of TCP, UDP and SCTP it lets in every IPv4 address except 10.0.0.0/8, 172.16.0.0/12; every IPv6 address; addresses of 203.0.113.0/24; or address 203.0.113.7.',
    ],
  ])('%s', (_, clauses, sentence) => {
    expect(ingress(clauses)).toEqual([sentence]);
  });

  test('where the plugin takes none of them, nobody', () => {
    expect(ingress('[{from: [{ipBlock: {cidr: "2001:db8::/32"}}]}]', platform('aws-vpc-cni'))).toEqual([
      'On every port of TCP, UDP and SCTP it lets in nobody: the network plugin takes none of its peers.',
    ]);
  });

  test('of egress they are destinations', () => {
    const { directions } = explained(
      '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: http}]}]}',
    );
    expect(directions[1]?.clauses.map(({ clause, sentence }) => `${clause}: ${sentence}`)).toEqual([
      'egress[0]: On the TCP port that a container calls http it lets them reach every pod of namespace shop (5 pods (3 planned): shop/cart, shop/web).',
    ]);
  });
});

describe('the ports of a clause', () => {
  test.each([
    ['an empty list is every port', '[]', 'every port of TCP, UDP and SCTP'],
    ['an item without a port is every port of its protocol', '[{}]', 'every TCP port'],
    ['of UDP', '[{protocol: UDP}]', 'every UDP port'],
    ['numbers', '[{port: 80}, {port: 53, protocol: UDP}]', 'TCP port 80 or UDP port 53'],
    ['three', '[{port: 80}, {port: 81}, {port: 82}]', 'TCP port 80, TCP port 81, or TCP port 82'],
    ['a range', '[{port: 8000, endPort: 8010}]', 'TCP ports 8000 to 8010'],
    ['a name', '[{port: http}]', 'the TCP port that a container calls http (8080)'],
    [
      'a name that nobody has',
      '[{port: metrics}]',
      'the TCP port that a container calls metrics (none does at present)',
    ],
    [
      'a name of another protocol',
      '[{port: http, protocol: UDP}]',
      'the UDP port that a container calls http (none does at present)',
    ],
  ])('%s', (_, ports, words) => {
    expect(ingress(`[{from: [{podSelector: {matchLabels: {app: none}}}], ports: ${ports}}]`)).toEqual([
      `On ${words} it lets in pods of namespace shop whose label app is none (nobody at present).`,
    ]);
  });

  test('a range that the plugin may not understand', () => {
    const unsure: Profile = { ...genericProfile, endPort: 'unknown' };
    expect(ingress('[{from: [{podSelector: {}}], ports: [{port: 1, endPort: 9}]}]', unsure)[0]).toMatch(
      /^On TCP ports 1 to 9 \(if the network plugin heeds it\) it lets in /,
    );
  });
});

describe('directions', () => {
  const says = (spec: string, profile?: Profile): string[] =>
    explained(spec, profile).directions.map(({ sentence, isolates }) => `${isolates} ${sentence}`);
  const silent = (way: string): string =>
    `false It says nothing of ${way}: it neither isolates pods for it nor allows anything.`;

  test('no policyTypes and no clauses: ingress alone', () => {
    expect(says('{podSelector: {}}')).toEqual([
      'true It isolates them for ingress and lets nobody in.',
      silent('egress'),
    ]);
  });

  test('no policyTypes and egress clauses: both, so that nobody gets in', () => {
    expect(says('{podSelector: {}, egress: [{}]}')).toEqual([
      'true It isolates them for ingress and lets nobody in.',
      'true It isolates them for egress. What one of its clauses or another policy allows goes through, and nothing else:',
    ]);
  });

  test('an empty list of clauses is nobody, a list with an empty clause is everybody', () => {
    expect(says('{podSelector: {}, policyTypes: [Egress], egress: []}')).toEqual([
      silent('ingress'),
      'true It isolates them for egress and lets them reach nobody.',
    ]);
    expect(ingress('[]')).toEqual([]);
    expect(ingress('[{}]')).toHaveLength(1);
  });

  test('clauses of a direction that policyTypes leaves out', () => {
    const spec = '{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 443}]}]}';
    const reads =
      'It reads: On TCP port 443 it lets them reach everybody: every pod, node and address, inside and outside the cluster.';
    expect(explained(spec).ignored).toEqual([
      { clause: 'egress[0]', sentence: `It is ignored, because policyTypes leaves Egress out. ${reads}` },
    ]);
    expect(explained(spec, platform('cilium')).ignored).toEqual([
      {
        clause: 'egress[0]',
        sentence: `policyTypes leaves Egress out, yet this platform counts it. ${reads}`,
      },
    ]);
  });
});

describe('beside its clauses', () => {
  test('what goes through all the same', () => {
    expect(explained('{podSelector: {}}').open).toEqual([
      'All egress of 5 pods (3 planned): no policy isolates them for it.',
      'What comes from the node that a pod runs on, such as probes.',
      'Connections that are open already, perhaps: that is the affair of the network plugin.',
      'Everything of shop/agent, in the network of its node: no policy governs it.',
    ]);
    expect(explained('{podSelector: {matchLabels: {app: web}}}', platform('calico')).open).toEqual([
      'All egress of 2 pods: no policy isolates them for it.',
      'What comes from the node that a pod runs on, such as probes.',
      'Connections that are open already, until they close.',
    ]);
    const closed = '{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}';
    expect(explained(closed, platform('ovn-kubernetes')).open).toEqual([
      'What comes from the node that a pod runs on, such as probes.',
    ]);
  });

  test('other policies of the same pods: they add to it', () => {
    const others = [
      '{podSelector: {}, policyTypes: [Egress]}',
      '{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}',
      '{podSelector: {matchLabels: {app: cart}}}',
    ];
    const { beside, open } = explained('{podSelector: {matchLabels: {app: web}}}', genericProfile, others);
    expect(beside).toEqual([
      { policy: 'shop/other-0', directions: ['egress'] },
      { policy: 'shop/other-1', directions: ['ingress', 'egress'] },
    ]);
    expect(open.some((line) => line.startsWith('All egress'))).toBe(false);
  });

  test('notes on what words alone leave in doubt', () => {
    expect(explained('{}').notes).toEqual(['podSelector is left out, which selects every pod, as {} does.']);
    expect(explained(`${onAll} [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {}}]}]}`).notes).toEqual(
      [
        'Its address blocks match pods with such addresses too.',
        'Peers that select pods match no node, no address outside, and no pod of the node network.',
      ],
    );
    const blocks = `${onAll} [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}`;
    expect(explained(blocks, platform('cilium')).notes).toEqual([
      'Its address blocks match no pods and no nodes on this platform.',
    ]);
    expect(explained(blocks, platform('unknown')).notes).toEqual([
      'Whether its address blocks match pods too is the affair of the network plugin.',
    ]);
    expect(explained(`${onAll} [{from: [{podSelector: {}}]}]}`, platform('ovn-kubernetes')).notes).toEqual([
      'Peers that select pods match no node and no address outside.',
    ]);
  });
});
