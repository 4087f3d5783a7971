/** Hand-written expectations for the facts of the API that are easy to get wrong. */
import type { Scene } from './clinic.ts';

export const SCENES: Scene[] = [
  {
    title: 'no policy: everything is open',
    policies: 'namespace: elsewhere',
    expect: `clinic/desk -> records/store TCP/5432 = allowed
      ip:203.0.113.1 -> clinic/desk SCTP/1 = allowed`,
  },
  {
    title: 'a default-deny for ingress leaves egress and other namespaces alone',
    policies: '{podSelector: {}, policyTypes: [Ingress]}',
    expect: `lab/desk -> clinic/core TCP/8001 = blocked
      clinic/desk -> clinic/core TCP/8001 = blocked
      ip:203.0.113.1 -> clinic/desk TCP/8000 = blocked
      clinic/desk -> records/store TCP/5432 = allowed
      clinic/desk -> ip:203.0.113.1 TCP/443 = allowed
      clinic/desk -> clinic/desk TCP/8000 = allowed`,
  },
  {
    title: 'an absent spec selects every pod of the namespace for ingress',
    policies: 'nospec: true',
    expect: `lab/desk -> clinic/queue UDP/1 = blocked
      clinic/queue -> lab/desk UDP/1 = allowed`,
  },
  {
    title: 'absent policyTypes with an egress clause isolate both directions',
    policies: '{podSelector: {matchLabels: {app: desk}}, egress: [{to: [{podSelector: {}}]}]}',
    expect: `lab/desk -> clinic/desk TCP/8000 = blocked
      clinic/desk -> clinic/core TCP/8001 = allowed
      clinic/desk -> records/store TCP/5432 = blocked
      clinic/core -> clinic/queue TCP/80 = allowed`,
  },
  {
    title: 'egress: [] without policyTypes isolates ingress only',
    policies: '{policyTypes: [], egress: []}',
    expect: `clinic/desk -> ip:203.0.113.1 TCP/1 = allowed
      ip:203.0.113.1 -> clinic/desk TCP/1 = blocked`,
  },
  {
    title: 'two peers are OR, two selectors of one peer are AND',
    policies: `
podSelector: {matchLabels: {app: core}}
ingress: [{from: [{namespaceSelector: {matchLabels: {stage: test}}}, {podSelector: {matchLabels: {app: queue}}}]}]
---
podSelector: {matchLabels: {app: desk}}
ingress: [{from: [{namespaceSelector: {matchLabels: {zone: east}}, podSelector: {matchLabels: {app: desk}}}]}]`,
    expect: `lab/desk -> clinic/core TCP/8001 = allowed
      clinic/queue -> clinic/core TCP/8001 = allowed
      clinic/desk -> clinic/core TCP/8001 = blocked
      records/store -> clinic/core TCP/8001 = blocked
      lab/desk -> clinic/desk TCP/8000 = allowed
      clinic/queue -> clinic/desk TCP/8000 = blocked
      records/store -> clinic/desk TCP/8000 = blocked`,
  },
  {
    title: 'namespaceSelector {} is every pod of every namespace, no address, no node, no hostNetwork pod',
    policies: '{podSelector: {matchLabels: {app: core}}, ingress: [{from: [{namespaceSelector: {}}]}]}',
    expect: `watch/probe -> clinic/core TCP/1 = allowed
      kube-system/names -> clinic/core TCP/1 = allowed
      clinic/desk -> clinic/core TCP/1 = allowed
      ip:203.0.113.1 -> clinic/core TCP/1 = blocked
      node:w1 -> clinic/core TCP/1 = blocked
      node:w2 -> clinic/core TCP/1 = allowed
      watch/agent -> clinic/core TCP/1 = allowed`,
  },
  {
    title: 'a clause {} admits everything, an empty list nothing',
    policies:
      '{podSelector: {matchLabels: {app: core}}, policyTypes: [Ingress, Egress], ingress: [{}], egress: []}',
    expect: `ip:203.0.113.1 -> clinic/core TCP/1 = allowed
      records/store -> clinic/core UDP/53 = allowed
      clinic/core -> records/store TCP/5432 = blocked
      clinic/core -> ip:2001:db8::1 TCP/443 = blocked
      clinic/core -> node:w2 TCP/10250 = blocked
      clinic/core -> clinic/core TCP/1 = allowed`,
  },
  {
    title: 'from: null and ports: [] mean any peer and any port',
    policies: '{ingress: [{from: null, ports: []}]}',
    expect: 'ip:203.0.113.1 -> clinic/queue SCTP/65535 = allowed',
  },
  {
    title: 'an absent port is every port of its protocol, which defaults to TCP',
    policies: `
podSelector: {matchLabels: {app: core}}
ingress: [{ports: [{protocol: UDP}, {port: 8001}]}]
---
podSelector: {matchLabels: {app: desk}}
ingress: [{ports: [{}]}]`,
    expect: `lab/desk -> clinic/core UDP/1 = allowed
      lab/desk -> clinic/core UDP/65535 = allowed
      lab/desk -> clinic/core TCP/8001 = allowed
      lab/desk -> clinic/core TCP/9100 = blocked
      lab/desk -> clinic/core SCTP/8001 = blocked
      lab/desk -> clinic/desk TCP/65535 = allowed
      lab/desk -> clinic/desk UDP/8000 = blocked`,
  },
  {
    title: 'endPort includes both its ends',
    policies: '{ingress: [{ports: [{port: 8000, endPort: 8002}]}]}',
    expect: `lab/desk -> clinic/core TCP/7999 = blocked
      lab/desk -> clinic/core TCP/8000 = allowed
      lab/desk -> clinic/core TCP/8002 = allowed
      lab/desk -> clinic/core TCP/8003 = blocked`,
  },
  {
    title: 'a named port in ingress is the selected pod’s own',
    policies: '{ingress: [{ports: [{port: web}]}]}',
    expect: `lab/desk -> clinic/desk TCP/8000 = allowed
      lab/desk -> clinic/core TCP/8001 = allowed
      lab/desk -> clinic/core TCP/8000 = blocked
      lab/desk -> clinic/desk UDP/8000 = blocked
      lab/desk -> clinic/queue TCP/8000 = blocked`,
  },
  {
    title:
      'a named port in egress is the destination’s, by name and protocol, and never an address’s or a node’s',
    policies:
      '{podSelector: {matchLabels: {app: desk}}, policyTypes: [Egress], egress: [{ports: [{port: web}, {port: dns}]}]}',
    expect: `clinic/desk -> clinic/core TCP/8001 = allowed
      clinic/desk -> clinic/core TCP/8000 = blocked
      clinic/desk -> lab/desk TCP/8000 = allowed
      clinic/desk -> kube-system/names UDP/53 = blocked
      clinic/desk -> kube-system/names TCP/53 = blocked
      clinic/desk -> ip:203.0.113.1 TCP/8000 = blocked
      clinic/desk -> node:w2 TCP/8000 = blocked`,
  },
  {
    title: 'a sidecar’s named port counts, an ordinary init container’s may',
    policies: '{ingress: [{ports: [{port: side}, {port: setup}]}]}',
    edit: (cluster) => {
      cluster.pods[2]!.spec.initContainers = [
        { name: 'side', restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 7001 }] },
        { name: 'setup', ports: [{ name: 'setup', containerPort: 7002 }] },
      ];
    },
    expect: `lab/desk -> clinic/queue TCP/7001 = allowed
      lab/desk -> clinic/queue TCP/7002 = unknown
      lab/desk -> clinic/queue TCP/7003 = blocked`,
  },
  {
    title: 'policies only add',
    policies: `
podSelector: {matchLabels: {app: core}}
ingress: [{from: [{podSelector: {matchLabels: {app: desk}}}], ports: [{port: 8001}]}]
---
podSelector: {matchLabels: {layer: rear}}
ingress: [{from: [{podSelector: {matchLabels: {app: queue}}}], ports: [{port: 9100}]}]`,
    expect: `clinic/desk -> clinic/core TCP/8001 = allowed
      clinic/desk -> clinic/core TCP/9100 = blocked
      clinic/queue -> clinic/core TCP/9100 = allowed
      clinic/queue -> clinic/core TCP/8001 = blocked`,
  },
  {
    title: 'NotIn and DoesNotExist match what lacks the key, and still no address',
    policies: `
podSelector: {matchLabels: {app: core}}
ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: zone, operator: NotIn, values: [west]}]}}]}]
---
podSelector: {matchLabels: {app: desk}}
ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: zone, operator: DoesNotExist}]}}]}]`,
    expect: `lab/desk -> clinic/core TCP/1 = allowed
      watch/probe -> clinic/core TCP/1 = allowed
      records/store -> clinic/core TCP/1 = blocked
      ip:203.0.113.1 -> clinic/core TCP/1 = blocked
      node:w1 -> clinic/core TCP/1 = blocked
      watch/probe -> clinic/desk TCP/1 = allowed
      lab/desk -> clinic/desk TCP/1 = blocked`,
  },
  {
    title: 'keys that every JavaScript object seems to have are absent until they are there',
    policies: `
podSelector: {matchExpressions: [{key: constructor, operator: DoesNotExist}]}
ingress: [{from: [{podSelector: {matchExpressions: [{key: toString, operator: Exists}]}}]}]`,
    edit: (cluster) => {
      cluster.pods[0]!.metadata.labels = { toString: '' };
      cluster.pods[2]!.metadata.labels = { constructor: 'a' };
    },
    expect: `clinic/desk -> clinic/core TCP/1 = allowed
      clinic/queue -> clinic/core TCP/1 = blocked
      lab/desk -> clinic/queue TCP/1 = allowed`,
  },
  {
    title: 'every namespace has its name as a label, also one that is only referred to',
    policies: `
podSelector: {}
policyTypes: [Egress]
egress:
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: dns}}}]
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]`,
    expect: `clinic/desk -> kube-system/names UDP/53 = allowed
      clinic/desk -> kube-system/names TCP/53 = allowed
      clinic/desk -> kube-system/names TCP/80 = blocked
      clinic/desk -> clinic/core TCP/8001 = blocked
      lab/desk -> clinic/core TCP/8001 = allowed`,
  },
  {
    title: 'a pod’s own node comes in, another node does not, and a hostNetwork pod is its node',
    policies: '{podSelector: {}}',
    expect: `node:w1 -> clinic/desk TCP/8000 = allowed
      node:w2 -> clinic/desk TCP/8000 = blocked
      watch/agent -> clinic/desk TCP/8000 = blocked
      watch/agent -> clinic/core TCP/8001 = allowed`,
  },
  {
    title: 'a hostNetwork pod is not selected',
    policies: '{namespace: watch, policyTypes: [Ingress, Egress]}',
    expect: `lab/desk -> watch/agent TCP/1 = allowed
      lab/desk -> watch/probe TCP/1 = blocked
      watch/agent -> lab/desk TCP/1 = allowed
      watch/probe -> lab/desk TCP/1 = blocked`,
  },
  {
    title: 'clauses of an unlisted direction are ignored by the API text',
    policies: '{policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}], egress: [{}]}',
    expect: 'lab/desk -> clinic/core TCP/1 = allowed',
  },
  {
    title: 'and enforced by some plugins',
    policies: '{policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}], egress: [{}]}',
    profile: { strayDirectionRules: 'enforce' },
    expect: `lab/desk -> clinic/core TCP/1 = blocked
      clinic/desk -> clinic/core TCP/1 = allowed`,
  },
  {
    title: 'where unselected pods are closed, each direction needs a policy',
    policies: '{policyTypes: [Egress], egress: [{}]}\n---\n{namespace: lab, ingress: [{}]}',
    profile: { unselectedPods: 'closed' },
    expect: `clinic/desk -> lab/desk TCP/1 = allowed
      clinic/desk -> clinic/core TCP/1 = blocked
      lab/desk -> lab/desk TCP/1 = allowed
      lab/desk -> ip:203.0.113.1 TCP/1 = blocked
      node:w1 -> clinic/desk TCP/1 = allowed
      node:w2 -> clinic/desk TCP/1 = blocked`,
  },
  {
    title: 'a foreign policy makes every verdict of its namespace unknown, except a pod to itself',
    policies: '{podSelector: {}}',
    edit: (cluster) => {
      cluster.foreign.push({ kind: 'CiliumNetworkPolicy', namespace: 'clinic' });
    },
    expect: `clinic/desk -> lab/desk TCP/1 = unknown
      lab/desk -> clinic/desk TCP/1 = unknown
      clinic/desk -> clinic/desk TCP/1 = allowed
      lab/desk -> watch/probe TCP/1 = allowed`,
  },
];
