/** The points of the dialect's test blocks, each on the harbour cluster under the spec-literal profile. */
import type { HarbourScene } from './harbour.ts';

export const DIALECT_SCENES: readonly HarbourScene[] = [
  {
    title: 'NP-01 default-deny for ingress leaves egress and other namespaces alone',
    policies: '{podSelector: {}, policyTypes: [Ingress]}',
    expect: `yard/crane -> harbour/winch TCP/7001 = blocked
      harbour/crane -> harbour/winch TCP/7001 = blocked
      ip:203.0.113.9 -> harbour/crane TCP/7000 = blocked
      harbour/crane -> customs/ledger TCP/5432 = allowed
      harbour/crane -> ip:203.0.113.9 TCP/443 = allowed
      yard/crane -> customs/ledger TCP/5432 = allowed`,
  },
  {
    title: 'NP-02 egress clauses without policyTypes isolate both directions',
    policies: '{podSelector: {matchLabels: {role: crane}}, egress: [{to: [{podSelector: {}}]}]}',
    expect: `yard/crane -> harbour/crane TCP/7000 = blocked
      harbour/crane -> harbour/winch TCP/7001 = allowed
      harbour/crane -> customs/ledger TCP/5432 = blocked
      harbour/winch -> harbour/buoy TCP/80 = allowed`,
  },
  {
    title: 'NP-04 two items of a list are OR, two fields of one item are AND',
    policies: `
podSelector: {matchLabels: {role: winch}}
ingress: [{from: [{namespaceSelector: {matchLabels: {rank: trial}}}, {podSelector: {matchLabels: {role: buoy}}}]}]
---
podSelector: {matchLabels: {role: crane}}
ingress: [{from: [{namespaceSelector: {matchLabels: {fleet: north}}, podSelector: {matchLabels: {role: crane}}}]}]`,
    expect: `yard/crane -> harbour/winch TCP/7001 = allowed
      harbour/buoy -> harbour/winch TCP/7001 = allowed
      harbour/crane -> harbour/winch TCP/7001 = blocked
      customs/ledger -> harbour/winch TCP/7001 = blocked
      yard/crane -> harbour/crane TCP/7000 = allowed
      harbour/buoy -> harbour/crane TCP/7000 = blocked
      customs/ledger -> harbour/crane TCP/7000 = blocked`,
  },
  {
    title: 'NP-05 namespaceSelector {} is every pod of every namespace and nothing outside',
    policies: '{podSelector: {matchLabels: {role: winch}}, ingress: [{from: [{namespaceSelector: {}}]}]}',
    expect: `lookout/lens -> harbour/winch TCP/7001 = allowed
      harbour/crane -> harbour/winch TCP/7001 = allowed
      ip:203.0.113.9 -> harbour/winch TCP/7001 = blocked`,
  },
  {
    title: 'NP-07 a clause {} lets everything in, an empty list lets nothing out',
    policies:
      '{podSelector: {matchLabels: {role: winch}}, policyTypes: [Ingress, Egress], ingress: [{}], egress: []}',
    expect: `ip:203.0.113.9 -> harbour/winch TCP/1 = allowed
      customs/ledger -> harbour/winch UDP/53 = allowed
      harbour/winch -> customs/ledger TCP/5432 = blocked
      harbour/winch -> kube-system/resolver UDP/53 = blocked
      harbour/winch -> ip:203.0.113.9 TCP/443 = blocked`,
  },
  {
    title: 'NP-08 an absent port is every port of its protocol',
    policies:
      '{podSelector: {matchLabels: {role: winch}}, ingress: [{ports: [{protocol: UDP}, {port: 7001, protocol: TCP}]}]}',
    expect: `yard/crane -> harbour/winch UDP/1 = allowed
      yard/crane -> harbour/winch UDP/65535 = allowed
      yard/crane -> harbour/winch TCP/7001 = allowed
      yard/crane -> harbour/winch TCP/9300 = blocked`,
  },
  {
    title: 'NP-10 a named port of an ingress clause is resolved on each selected pod',
    policies: '{podSelector: {}, ingress: [{ports: [{port: control}]}]}',
    expect: `yard/crane -> harbour/crane TCP/7000 = allowed
      yard/crane -> harbour/winch TCP/7001 = allowed
      yard/crane -> harbour/winch TCP/7000 = blocked
      yard/crane -> harbour/buoy TCP/7000 = blocked`,
  },
  {
    title: 'NP-11 a named port of an egress clause is the destination’s, never an address’s',
    policies:
      '{podSelector: {matchLabels: {role: crane}}, policyTypes: [Egress], egress: [{ports: [{port: control}]}]}',
    expect: `harbour/crane -> harbour/winch TCP/7001 = allowed
      harbour/crane -> harbour/winch TCP/7000 = blocked
      harbour/crane -> yard/crane TCP/7000 = allowed
      harbour/crane -> customs/ledger TCP/5432 = blocked
      harbour/crane -> ip:203.0.113.9 TCP/7000 = blocked`,
  },
  {
    title: 'NP-13 policies are additive',
    policies: `
podSelector: {matchLabels: {role: winch}}
ingress: [{from: [{podSelector: {matchLabels: {role: crane}}}], ports: [{port: 7001}]}]
---
podSelector: {matchLabels: {deck: lower}}
ingress: [{from: [{podSelector: {matchLabels: {role: buoy}}}], ports: [{port: 9300}]}]`,
    expect: `harbour/crane -> harbour/winch TCP/7001 = allowed
      harbour/crane -> harbour/winch TCP/9300 = blocked
      harbour/buoy -> harbour/winch TCP/9300 = allowed
      harbour/buoy -> harbour/winch TCP/7001 = blocked`,
  },
  {
    title: 'NP-14 ipBlock with except, outside the cluster',
    policies: `
podSelector: {matchLabels: {role: crane}}
policyTypes: [Egress]
egress: [{to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.0/28]}}]}]`,
    expect: `harbour/crane -> ip:198.51.100.77 TCP/443 = allowed
      harbour/crane -> ip:198.51.100.5 TCP/443 = blocked
      harbour/crane -> ip:203.0.113.9 TCP/443 = blocked`,
  },
  ...(['matches', 'does-not-match'] as const).map((ipBlockPods) => ({
    title: `NP-16 a block over all addresses where ipBlock ${ipBlockPods} pods and nodes`,
    policies: `
podSelector: {matchLabels: {role: crane}}
policyTypes: [Egress]
egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]`,
    profile: { ipBlockPods, ipBlockNodes: ipBlockPods },
    expect: `harbour/crane -> ip:203.0.113.9 TCP/443 = allowed
      harbour/crane -> harbour/winch TCP/7001 = ${ipBlockPods === 'matches' ? 'allowed' : 'blocked'}
      harbour/crane -> node:quay2 TCP/10250 = ${ipBlockPods === 'matches' ? 'allowed' : 'blocked'}`,
  })),
  {
    title: 'NP-17 NotIn and DoesNotExist match what lacks the key',
    policies: `
podSelector: {matchLabels: {role: winch}}
ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: fleet, operator: NotIn, values: [south]}]}}]}]
---
podSelector: {matchLabels: {role: crane}}
ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: fleet, operator: DoesNotExist}]}}]}]`,
    expect: `yard/crane -> harbour/winch TCP/7001 = allowed
      lookout/lens -> harbour/winch TCP/7001 = allowed
      customs/ledger -> harbour/winch TCP/7001 = blocked
      lookout/lens -> harbour/crane TCP/7000 = allowed
      yard/crane -> harbour/crane TCP/7000 = blocked`,
  },
  {
    title: 'NP-19 no egress except to the resolver',
    policies: `
podSelector: {}
policyTypes: [Egress]
egress:
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]`,
    expect: `harbour/crane -> kube-system/resolver UDP/53 = allowed
      harbour/crane -> kube-system/resolver TCP/53 = allowed
      harbour/crane -> kube-system/resolver TCP/80 = blocked
      harbour/crane -> harbour/winch TCP/7001 = blocked
      yard/crane -> harbour/winch TCP/7001 = allowed`,
  },
  {
    title: 'NP-20 an IPv6 block never matches an IPv4 peer',
    policies: `
podSelector: {matchLabels: {role: crane}}
policyTypes: [Egress]
egress: [{to: [{ipBlock: {cidr: "::/0"}}]}]`,
    expect: `harbour/crane -> ip:203.0.113.9 TCP/443 = blocked
      harbour/crane -> harbour/winch TCP/7001 = blocked`,
  },
  {
    title: 'NP-22 a pod’s own node always comes in, another node is an ordinary peer',
    policies: '{podSelector: {}, policyTypes: [Ingress]}',
    expect: `node:quay1 -> harbour/crane TCP/7000 = allowed
      node:quay2 -> harbour/crane TCP/7000 = blocked`,
  },
  {
    title: 'NP-23 a negative namespaceSelector selects pods only',
    policies: `
podSelector: {matchLabels: {role: winch}}
ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: fleet, operator: NotIn, values: [south]}]}}]}]`,
    expect: `lookout/lens -> harbour/winch TCP/7001 = allowed
      customs/ledger -> harbour/winch TCP/7001 = blocked
      ip:203.0.113.9 -> harbour/winch TCP/7001 = blocked
      node:quay1 -> harbour/winch TCP/7001 = blocked`,
  },
];
