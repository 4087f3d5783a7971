import { describe, expect, test } from '@jest/globals';
import { type Json, namespace, pod, policy, service, workload, worldWith } from '../support/build.ts';
import { engineLines } from '../support/flow-lines.ts';
import { toldOf } from '../support/seed-notes.ts';

/** An error that was found in another tool, a cluster in which it shows, and what netsluice says there. */
interface Row {
  readonly wrong: string;
  readonly objects: readonly Json[];
  /** Every finding of these rules is in `says`, and no other. */
  readonly about: readonly string[];
  readonly says: readonly string[];
  /** Flows and what becomes of them. */
  readonly flows?: readonly string[];
}

const shop = namespace('shop');
const web = pod('shop/web', { ips: ['10.244.0.5'], node: 'n1', ports: ['8080'] });
const api = pod('shop/api', { ips: ['10.244.0.6'], node: 'n1', ports: ['53/UDP', '5353'] });
const node: Json = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  spec: { podCIDRs: ['10.244.0.0/24'] },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
};
const resolver = [
  namespace('kube-system'),
  service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->53/UDP', '53->53/TCP']),
  pod('kube-system/coredns', {
    labels: { 'k8s-app': 'kube-dns' },
    ports: ['53/UDP', '53'],
    ips: ['10.244.0.2'],
  }),
];
const onWeb = 'podSelector: {matchLabels: {app: web}}';

const rows: Readonly<Record<string, readonly Row[]>> = {
  cyclonus: [
    {
      wrong: 'reports clauses without peers that list ports as "all allowed", and the true `- {}` not at all',
      objects: [shop, web, policy('shop/open', `{${onWeb}, policyTypes: [Ingress], ingress: [{}]}`)],
      about: ['rule-open-to-any-peer'],
      says: ['rule-open-to-any-peer: everybody, inside and outside the cluster, gets in on all ports'],
    },
    {
      wrong: 'tries DNS with 8.8.8.8 instead of the resolver of the cluster',
      objects: [
        shop,
        web,
        ...resolver,
        policy(
          'shop/egress',
          `{${onWeb}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 8.8.8.8/32}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}]}`,
        ),
      ],
      about: ['egress-blocks-dns'],
      says: [
        'egress-blocks-dns: 1 pod loses DNS until another policy allows UDP+TCP 53 to kube-system/kube-dns',
      ],
    },
  ],
  'netpol-analyzer': [
    {
      wrong: 'inverts a condition, so that a pod does not reach its own node',
      objects: [node, shop, web, policy('shop/closed', '{podSelector: {}, policyTypes: [Ingress]}')],
      about: [],
      says: [],
      flows: ['node:n1 -> shop/web TCP/8080 = allowed', 'ip:192.0.2.8 -> shop/web TCP/8080 = blocked'],
    },
    {
      wrong: 'takes an item without port for all protocols, so that TCP alone lets UDP in',
      objects: [
        shop,
        web,
        api,
        policy(
          'shop/tcp',
          '{podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}], ports: [{protocol: TCP}]}]}',
        ),
        policy(
          'shop/both',
          `{${onWeb}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}], ports: [{protocol: TCP}, {protocol: UDP, port: 53}]}]}`,
        ),
      ],
      about: ['redundant-rule'],
      says: [],
      flows: [
        'shop/web -> shop/api TCP/5353 = allowed',
        'shop/web -> shop/api UDP/53 = blocked',
        'shop/api -> shop/web UDP/53 = allowed',
      ],
    },
  ],
  'network-config-analyzer': [
    {
      wrong: 'lets `egress: []` imply the type Egress; the API server wants a list that is not empty',
      objects: [
        shop,
        web,
        policy('shop/p', `{${onWeb}, ingress: [{from: [{podSelector: {}}]}], egress: []}`),
      ],
      about: ['policy-types-style', 'egress-blocks-dns'],
      says: ['policy-types-style: policyTypes is left out and becomes [Ingress]'],
      flows: ['shop/web -> ip:8.8.8.8 UDP/53 = allowed', 'ip:8.8.8.8 -> shop/web TCP/8080 = blocked'],
    },
  ],
  'kube-network-policies': [
    {
      wrong: 'takes an empty list of clauses that is not null for "allow all"',
      objects: [
        shop,
        web,
        api,
        policy('shop/closed', `{${onWeb}, policyTypes: [Ingress, Egress], ingress: [], egress: []}`),
      ],
      about: ['rule-open-to-any-peer', 'empty-peer-list-allows-all'],
      says: [],
      flows: ['shop/api -> shop/web TCP/8080 = blocked', 'shop/web -> shop/api TCP/5353 = blocked'],
    },
  ],
  popeye: [
    {
      wrong: 'warns that a correct external CIDR matches no pod',
      objects: [
        shop,
        web,
        node,
        policy(
          'shop/out',
          `{${onWeb}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 8.8.0.0/16, except: [8.8.4.0/24]}}]}]}`,
        ),
      ],
      about: ['peer-matches-no-pods', 'ipblock-matches-nothing', 'ipblock-covers-cluster-ranges'],
      says: [],
    },
    {
      wrong: 'looks for the pods of `namespaceSelector: {}` with a podSelector in the own namespace only',
      objects: [
        shop,
        web,
        namespace('ops'),
        pod('ops/prometheus'),
        policy(
          'shop/p',
          `{${onWeb}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: prometheus}}}]}]}`,
        ),
      ],
      about: ['peer-matches-no-pods'],
      says: [],
      flows: ['ops/prometheus -> shop/web TCP/8080 = allowed'],
    },
  ],
  kyverno: [
    {
      wrong: 'counts the keys of podSelector, so that `{matchLabels: {}}` passes',
      objects: [
        shop,
        web,
        policy(
          'shop/wide',
          '{podSelector: {matchLabels: {}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}',
        ),
      ],
      about: ['whole-namespace-target'],
      says: [
        'whole-namespace-target: its clauses hold for every pod of the namespace, those to come included',
      ],
    },
    {
      wrong:
        'generates a DNS policy for the label name=kube-system, which namespaces do not have, and for UDP alone',
      objects: [
        shop,
        web,
        ...resolver,
        policy(
          'shop/dns',
          '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}]}',
        ),
      ],
      about: ['namespace-selector-matches-nothing', 'egress-blocks-dns', 'dns-allow-misses-resolver'],
      says: [
        'egress-blocks-dns: 1 pod loses DNS until another policy allows UDP+TCP 53 to kube-system/kube-dns',
        'namespace-selector-matches-nothing: name=kube-system matches no namespace until such a namespace exists',
      ],
    },
    {
      wrong: 'compares matchLabels alone, so that a pod selected by an expression counts as unprotected',
      objects: [
        shop,
        web,
        policy(
          'shop/p',
          '{podSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}, policyTypes: [Ingress, Egress]}',
        ),
      ],
      about: ['pods-unprotected'],
      says: [],
    },
  ],
  'kube-linter': [
    {
      wrong: 'ignores policyTypes: an egress policy makes a pod "isolated"',
      objects: [shop, web, policy('shop/p', `{${onWeb}, policyTypes: [Egress]}`)],
      about: ['pods-unprotected'],
      says: ['pods-unprotected: 1 pod is selected by no policy for ingress: shop/web'],
    },
    {
      wrong: 'passes over peers with a namespaceSelector when it looks for peers without pods',
      objects: [
        shop,
        web,
        namespace('payments'),
        pod('payments/gateway'),
        policy(
          'shop/p',
          `{${onWeb}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: payments}}, podSelector: {matchLabels: {app: gatewey}}}]}]}`,
        ),
      ],
      about: ['peer-matches-no-pods'],
      says: ['peer-matches-no-pods: app=gatewey matches no pods in payments until such pods exist'],
    },
  ],
  polaris: [
    {
      wrong: 'wants clauses of both directions, so that a default-deny never satisfies it',
      objects: [shop, web, policy('shop/deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}')],
      about: ['namespace-missing-default-deny', 'pods-unprotected'],
      says: [],
    },
    {
      wrong: 'fails where the selector asks for two of the labels of a pod',
      objects: [
        shop,
        pod('shop/db', { labels: { app: 'db', tier: 'data' } }),
        policy(
          'shop/p',
          '{podSelector: {matchLabels: {app: db, tier: data}}, policyTypes: [Ingress, Egress]}',
        ),
      ],
      about: ['policy-selects-no-pods', 'pods-unprotected'],
      says: [],
    },
  ],
  kubescape: [
    {
      wrong: 'never matches a selector of expressions alone, and takes either direction for both',
      objects: [
        shop,
        web,
        policy(
          'shop/p',
          '{podSelector: {matchExpressions: [{key: app, operator: Exists}]}, policyTypes: [Ingress]}',
        ),
      ],
      about: ['policy-selects-no-pods', 'pods-unprotected'],
      says: ['pods-unprotected: 1 pod is selected by no policy for egress: shop/web'],
    },
  ],
  checkov: [
    {
      wrong: 'takes a selector without matchLabels for one that selects everything',
      objects: [
        shop,
        web,
        api,
        policy(
          'shop/p',
          '{podSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}, policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]}',
        ),
      ],
      about: ['whole-namespace-target', 'pods-unprotected'],
      says: [
        'pods-unprotected: 1 pod is selected by no policy for egress: shop/api',
        'pods-unprotected: 1 pod is selected by no policy for ingress: shop/api',
      ],
    },
  ],
  kics: [
    {
      wrong: 'matches each label by itself, in any namespace, and on the workload instead of its template',
      objects: [
        shop,
        namespace('bank'),
        pod('shop/a', { labels: { app: 'db' } }),
        pod('shop/b', { labels: { tier: 'data' } }),
        pod('bank/c', { labels: { app: 'db', tier: 'data' } }),
        {
          ...workload('Deployment', 'shop/d', 1, { labels: { app: 'd' } }),
          metadata: { namespace: 'shop', name: 'd', labels: { app: 'db', tier: 'data' } },
        },
        policy('shop/p', '{podSelector: {matchLabels: {app: db, tier: data}}, policyTypes: [Ingress]}'),
      ],
      about: ['policy-selects-no-pods'],
      says: ['policy-selects-no-pods: it selects no pods until such pods exist'],
    },
  ],
  trivy: [
    {
      wrong: 'looks for `spec.policyType`, takes any podSelector for enough, and finds nothing open in YAML',
      objects: [
        shop,
        web,
        policy('shop/p', `{${onWeb}, policyType: [Ingress], ingress: [{ports: [{port: 8080}]}]}`),
      ],
      about: ['unknown-or-misplaced-field', 'rule-open-to-any-peer'],
      says: [
        'rule-open-to-any-peer: everybody, inside and outside the cluster, gets in on 8080/TCP',
        'unknown-or-misplaced-field: policyType is no field: kubectl refuses the object, other clients lose it in silence',
      ],
    },
  ],
  'the documentation of Calico': [
    {
      wrong: 'shows egress policies without policyTypes, and calls an ipBlock a "CIDR of pods"',
      objects: [
        node,
        shop,
        web,
        policy('shop/p', `{${onWeb}, egress: [{to: [{ipBlock: {cidr: 10.244.0.0/16}}]}]}`),
      ],
      about: ['egress-only-policy-denies-ingress', 'ipblock-covers-cluster-ranges'],
      says: [
        'egress-only-policy-denies-ingress: policyTypes is missing, so its pods refuse all ingress too until another policy allows it',
        'ipblock-covers-cluster-ranges: 10.244.0.0/16 holds addresses of pods, which change with every restart and which some plugins never match',
      ],
      flows: ['ip:8.8.8.8 -> shop/web TCP/8080 = blocked'],
    },
  ],
  'the network policy recipes': [
    {
      wrong:
        'says that `- {}` and an empty `from` are all pods of all namespaces; sources outside get in too',
      objects: [
        shop,
        web,
        api,
        policy('shop/a', `{${onWeb}, policyTypes: [Ingress], ingress: [{}]}`),
        policy(
          'shop/b',
          '{podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress], ingress: [{from: null}]}',
        ),
      ],
      about: ['rule-open-to-any-peer', 'empty-peer-list-allows-all'],
      says: [
        'rule-open-to-any-peer: everybody, inside and outside the cluster, gets in on all ports',
        'empty-peer-list-allows-all: an empty from means everybody: all sources get in on all ports',
      ],
      flows: ['ip:8.8.8.8 -> shop/web TCP/8080 = allowed', 'ip:8.8.8.8 -> shop/api TCP/5353 = allowed'],
    },
    {
      wrong: 'writes policyTypes in small letters',
      objects: [shop, web, policy('shop/p', `{${onWeb}, policyTypes: [egress]}`)],
      about: ['api-rejects'],
      says: [
        'api-rejects: kube-apiserver rejects it: spec.policyTypes[0]: Unsupported value: "egress": supported values: "Ingress", "Egress"',
      ],
    },
  ],
};

describe.each(Object.entries(rows))('%s', (_, cases) => {
  test.each(cases)('$wrong', ({ objects, about, says, flows = [] }) => {
    const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    const told = toldOf('cluster.yaml', text).filter(({ rule }) => about.includes(rule));
    expect(told.map((item) => `${item.rule}: ${item.text.split('; ')[0]}`)).toEqual(says);
    if (flows.length > 0) expect(engineLines(worldWith(objects), flows)).toEqual(flows);
  });
});
