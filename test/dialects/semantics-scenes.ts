/**
 * The statements about the API's meaning by number. Those that state no verdict are not here: S20 (address rewriting),
 * S25 (existing connections), S29 (what resolves names), S31 (other tiers) and S33 (when a policy is enforced).
 */
import { makePod } from '../reference/clinic.ts';
import type { HarbourScene } from './harbour.ts';

const toLedger = '{to: [{namespaceSelector: {matchLabels: {fleet: south}}}]}';
const winch = 'podSelector: {matchLabels: {role: winch}}';

export const SEMANTICS_SCENES: readonly HarbourScene[] = [
  {
    title: 'S1 isolation is per pod and per direction',
    policies: `{${winch}, policyTypes: [Egress]}`,
    expect: `harbour/crane -> harbour/winch TCP/1 = allowed
      harbour/winch -> harbour/crane TCP/1 = blocked
      harbour/buoy -> harbour/crane TCP/1 = allowed`,
  },
  {
    title: 'S2 two policies allow the union, in whatever order',
    policies: `{${winch}, ingress: []}\n---\n{${winch}, ingress: [{ports: [{port: 7001}]}]}`,
    expect: `harbour/crane -> harbour/winch TCP/7001 = allowed
      harbour/crane -> harbour/winch TCP/7002 = blocked`,
  },
  {
    title: 'S3 both ends must agree',
    policies: `
podSelector: {matchLabels: {role: crane}}
policyTypes: [Egress]
egress: [{ports: [{port: 7001}, {port: 7002}]}]
---
${winch}
ingress: [{ports: [{port: 7002}, {port: 7003}]}]`,
    expect: `harbour/crane -> harbour/winch TCP/7001 = blocked
      harbour/crane -> harbour/winch TCP/7002 = allowed
      harbour/crane -> harbour/winch TCP/7003 = blocked
      harbour/buoy -> harbour/winch TCP/7003 = allowed`,
  },
  {
    title: 'S4 policyTypes are inferred only from an empty list, and `egress: []` adds nothing',
    policies: `{${winch}, policyTypes: null, egress: []}\n---\n{podSelector: {matchLabels: {role: crane}}, policyTypes: [Ingress], egress: [${toLedger}]}`,
    expect: `harbour/winch -> ip:203.0.113.9 TCP/1 = allowed
      harbour/buoy -> harbour/winch TCP/1 = blocked
      harbour/crane -> ip:203.0.113.9 TCP/1 = allowed
      harbour/buoy -> harbour/crane TCP/1 = blocked`,
  },
  {
    title: 'S5 clauses of a direction that policyTypes leave out have no effect',
    policies: `{${winch}, policyTypes: [Egress], egress: [{}], ingress: [{from: [{podSelector: {}}]}]}`,
    expect: 'yard/crane -> harbour/winch TCP/1 = allowed',
  },
  ...['null', '[]'].map((list) => ({
    title: `S6 a direction with ${list} allows nothing`,
    policies: `{${winch}, policyTypes: [Ingress, Egress], ingress: ${list}, egress: ${list}}`,
    expect: `harbour/crane -> harbour/winch TCP/7001 = blocked
      harbour/winch -> harbour/crane TCP/7000 = blocked`,
  })),
  ...['{}', '{from: []}', '{ports: []}', '{from: null, ports: null}', 'null'].map((clause) => ({
    title: `S7 the clause ${clause} is all peers and all ports of all protocols`,
    policies: `{${winch}, ingress: [${clause}]}`,
    expect: `ip:203.0.113.9 -> harbour/winch SCTP/65535 = allowed
      ip:2001:db8::7 -> harbour/winch UDP/1 = allowed
      node:quay1 -> harbour/winch TCP/7001 = allowed
      lookout/lens -> harbour/winch TCP/7001 = allowed`,
  })),
  {
    title: 'S8 peers are OR, ports are OR, peers and ports are AND, clauses are OR',
    policies: `
${winch}
ingress:
- from: [{podSelector: {matchLabels: {role: crane}}}, {podSelector: {matchLabels: {role: buoy}}}]
  ports: [{port: 1}, {port: 2}]
- from: [{podSelector: {matchLabels: {role: buoy}}}]
  ports: [{port: 3}]`,
    expect: `harbour/crane -> harbour/winch TCP/1 = allowed
      harbour/buoy -> harbour/winch TCP/2 = allowed
      harbour/buoy -> harbour/winch TCP/3 = allowed
      harbour/crane -> harbour/winch TCP/3 = blocked
      yard/crane -> harbour/winch TCP/1 = blocked`,
  },
  {
    title: 'S9 two selectors of one peer are AND',
    policies: `
${winch}
ingress: [{from: [{namespaceSelector: {matchLabels: {fleet: south}}, podSelector: {matchLabels: {role: crane}}}]}]`,
    expect: `customs/ledger -> harbour/winch TCP/1 = blocked
      harbour/crane -> harbour/winch TCP/1 = blocked`,
  },
  {
    title:
      'S10 an absent spec.podSelector is every pod; an absent one of a peer is every pod of the namespaces',
    policies: '{ingress: [{from: [{namespaceSelector: {matchLabels: {fleet: south}}}]}]}',
    expect: `customs/ledger -> harbour/buoy TCP/1 = allowed
      harbour/crane -> harbour/buoy TCP/1 = blocked
      customs/ledger -> harbour/crane TCP/1 = allowed`,
  },
  {
    title: 'S10 an absent namespaceSelector of a peer is the policy’s own namespace; {} is every namespace',
    policies: `{${winch}, ingress: [{from: [{podSelector: {matchLabels: {role: crane}}}]}]}\n---\n{podSelector: {matchLabels: {role: buoy}}, ingress: [{from: [{podSelector: {matchLabels: {role: crane}}, namespaceSelector: {}}]}]}`,
    expect: `harbour/crane -> harbour/winch TCP/1 = allowed
      yard/crane -> harbour/winch TCP/1 = blocked
      harbour/crane -> harbour/buoy TCP/1 = allowed
      yard/crane -> harbour/buoy TCP/1 = allowed
      customs/ledger -> harbour/buoy TCP/1 = blocked`,
  },
  {
    title: 'S11 requirements are AND, values are exact strings',
    policies: `
podSelector: {matchLabels: {deck: lower}, matchExpressions: [{key: role, operator: In, values: [winch, Buoy]}]}
ingress: []`,
    expect: `harbour/crane -> harbour/winch TCP/1 = blocked
      harbour/crane -> harbour/buoy TCP/1 = allowed
      harbour/buoy -> harbour/crane TCP/1 = allowed`,
  },
  {
    title: 'S12 every namespace has its name as a label, and no other name label',
    policies: `{${winch}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: lookout}}}]}]}\n---\n{podSelector: {matchLabels: {role: buoy}}, ingress: [{from: [{namespaceSelector: {matchLabels: {name: lookout}}}]}]}`,
    expect: `lookout/lens -> harbour/winch TCP/1 = allowed
      harbour/crane -> harbour/winch TCP/1 = blocked
      lookout/lens -> harbour/buoy TCP/1 = blocked`,
  },
  {
    title: 'S13 ports are those of the destination pod, in both directions',
    policies: `{${winch}, policyTypes: [Ingress, Egress], ingress: [{ports: [{port: 7001}]}], egress: [{ports: [{port: 7000}]}]}`,
    expect: `harbour/crane -> harbour/winch TCP/7001 = allowed
      harbour/crane -> harbour/winch TCP/7000 = blocked
      harbour/winch -> harbour/crane TCP/7000 = allowed
      harbour/winch -> harbour/crane TCP/7001 = blocked`,
  },
  {
    title: 'S14 a numeric port needs no declaration',
    policies: '{podSelector: {matchLabels: {role: buoy}}, ingress: [{ports: [{port: 4242}]}]}',
    expect: 'harbour/crane -> harbour/buoy TCP/4242 = allowed',
  },
  {
    title: 'S15 the protocol defaults to TCP, and an absent port is all of that protocol',
    policies: `{${winch}, ingress: [{ports: [{}]}]}`,
    expect: `harbour/crane -> harbour/winch TCP/1 = allowed
      harbour/crane -> harbour/winch TCP/65535 = allowed
      harbour/crane -> harbour/winch UDP/1 = blocked
      harbour/crane -> harbour/winch SCTP/1 = blocked`,
  },
  {
    title: 'S16 endPort includes its end',
    policies: `{${winch}, ingress: [{ports: [{port: 100, endPort: 100}, {port: 200, endPort: 202, protocol: SCTP}]}]}`,
    expect: `harbour/crane -> harbour/winch TCP/100 = allowed
      harbour/crane -> harbour/winch TCP/101 = blocked
      harbour/crane -> harbour/winch SCTP/202 = allowed
      harbour/crane -> harbour/winch SCTP/203 = blocked
      harbour/crane -> harbour/winch TCP/200 = blocked`,
  },
  {
    title: 'S17 a named port is of that name and that protocol, and nothing on an address',
    policies: `{podSelector: {matchLabels: {role: crane}}, policyTypes: [Egress], egress: [{ports: [{port: dns, protocol: UDP}, {port: dns}]}]}`,
    expect: `harbour/crane -> kube-system/resolver UDP/53 = allowed
      harbour/crane -> kube-system/resolver TCP/53 = blocked
      harbour/crane -> harbour/winch UDP/53 = blocked
      harbour/crane -> ip:203.0.113.9 UDP/53 = blocked
      harbour/crane -> node:quay2 UDP/53 = blocked`,
  },
  {
    title: 'S18 except subtracts from its own block only',
    policies: `
${winch}
ingress:
- from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.64/26]}}, {ipBlock: {cidr: 192.0.2.65/32}}]`,
    expect: `ip:192.0.2.63 -> harbour/winch TCP/1 = allowed
      ip:192.0.2.64 -> harbour/winch TCP/1 = blocked
      ip:192.0.2.65 -> harbour/winch TCP/1 = allowed
      ip:192.0.2.127 -> harbour/winch TCP/1 = blocked
      ip:192.0.2.128 -> harbour/winch TCP/1 = allowed`,
  },
  ...(
    [
      ['matches', 'allowed'],
      ['does-not-match', 'blocked'],
      ['unknown', 'unknown'],
    ] as const
  ).map(([ipBlockPods, verdict]) => ({
    title: `S19 an address block against a pod and a node is ${verdict} where the plugin’s answer is ${ipBlockPods}`,
    policies: `{${winch}, ingress: [{from: [{ipBlock: {cidr: 10.60.0.0/15}}]}]}`,
    profile: { ipBlockPods, ipBlockNodes: ipBlockPods },
    expect: `harbour/crane -> harbour/winch TCP/1 = ${verdict}
      node:quay1 -> harbour/winch TCP/1 = ${verdict}
      ip:10.61.200.1 -> harbour/winch TCP/1 = allowed
      ip:10.62.0.0 -> harbour/winch TCP/1 = blocked`,
  })),
  {
    title: 'S21 a hostNetwork pod is selected by nothing and is traffic of its node',
    policies: '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}]}]}',
    edit: ({ pods }) => {
      const labels = { role: 'winch' };
      pods.push(makePod('harbour/rope', { labels, ips: ['10.60.0.2'], node: 'quay2', hostNetwork: true }));
    },
    expect: `yard/crane -> harbour/rope TCP/1 = allowed
      harbour/rope -> yard/crane TCP/1 = allowed
      harbour/rope -> harbour/crane TCP/1 = blocked
      harbour/rope -> harbour/winch TCP/1 = allowed`,
  },
  {
    title: 'S22 the own node comes in, other nodes do not',
    policies: '{podSelector: {}, policyTypes: [Ingress, Egress]}',
    expect: `node:quay2 -> harbour/winch TCP/10250 = allowed
      node:quay1 -> harbour/winch TCP/10250 = blocked`,
  },
  {
    title: 'S23 a pod reaches itself',
    policies: '{podSelector: {}, policyTypes: [Ingress, Egress]}',
    expect: 'harbour/winch -> harbour/winch TCP/7001 = allowed',
  },
  {
    title: 'S24 the reply of an allowed connection needs no clause of its own',
    policies: '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}]}',
    expect: `yard/crane -> harbour/winch TCP/7001 = allowed
      harbour/winch -> yard/crane TCP/7000 = blocked`,
  },
  {
    title: 'S26 a policy about SCTP alone isolates for every protocol',
    policies: `{${winch}, ingress: [{ports: [{port: 9, protocol: SCTP}]}]}`,
    expect: `harbour/crane -> harbour/winch SCTP/9 = allowed
      harbour/crane -> harbour/winch TCP/9 = blocked
      harbour/crane -> harbour/winch UDP/9 = blocked`,
  },
  {
    title: 'S27 a pending pod counts by its labels',
    policies: '{ingress: [{from: [{podSelector: {matchLabels: {role: mast}}}]}]}',
    edit: ({ pods }) => {
      pods.push(makePod('harbour/mast', { labels: { role: 'mast' }, phase: 'Pending' }));
    },
    expect: `harbour/mast -> harbour/winch TCP/1 = allowed
      harbour/winch -> harbour/mast TCP/1 = blocked`,
  },
  {
    title: 'S28 labels are those of the pod, whatever its workload says',
    policies: '{podSelector: {matchLabels: {app: fleet}}}',
    edit: ({ workloads }) => {
      workloads.push({
        kind: 'Deployment',
        metadata: { namespace: 'harbour', name: 'winch', labels: { app: 'fleet' } },
        spec: { template: { metadata: { labels: { role: 'winch' } }, spec: { containers: [] } } },
      } as never);
    },
    expect: 'harbour/crane -> harbour/winch TCP/1 = allowed',
  },
  {
    title: 'S30 a policy selects pods of its own namespace only',
    policies: '{namespace: yard, podSelector: {matchLabels: {role: crane}}}',
    expect: `harbour/winch -> yard/crane TCP/1 = blocked
      harbour/winch -> harbour/crane TCP/1 = allowed`,
  },
  {
    title: 'S32 objects of another policy API make the verdicts of their namespace unknown',
    policies: `{${winch}, ingress: []}`,
    edit: ({ foreign }) => {
      foreign.push({ kind: 'CiliumNetworkPolicy', namespace: 'harbour' });
    },
    expect: `yard/crane -> harbour/winch TCP/1 = unknown
      harbour/winch -> customs/ledger TCP/1 = unknown
      yard/crane -> customs/ledger TCP/1 = allowed`,
  },
];
