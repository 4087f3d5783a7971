/** Hand-written expectations for ipBlock: families, except, and the addresses of pods and nodes. */
import { makePod, type Scene } from './clinic.ts';

const DESK_OUT = '{podSelector: {matchLabels: {app: desk}}, policyTypes: [Egress], egress: [{to: [{ipBlock: ';

export const ADDRESS_SCENES: Scene[] = [
  {
    title: 'except subtracts from its own block only',
    policies: `
podSelector: {matchLabels: {app: desk}}
policyTypes: [Egress]
egress:
- to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.0/28, 198.51.100.8/29]}}]
- to: [{ipBlock: {cidr: 198.51.100.9/32}}]`,
    expect: `clinic/desk -> ip:198.51.100.16 TCP/443 = allowed
      clinic/desk -> ip:198.51.100.15 TCP/443 = blocked
      clinic/desk -> ip:198.51.100.0 TCP/443 = blocked
      clinic/desk -> ip:198.51.100.9 TCP/443 = allowed
      clinic/desk -> ip:198.51.101.0 TCP/443 = blocked
      clinic/desk -> ip:198.51.99.255 TCP/443 = blocked`,
  },
  {
    title: 'a block of one family never matches the other, not even an IPv4-mapped address',
    policies: `${DESK_OUT}{cidr: "::/0"}}]}]}\n---\n${DESK_OUT}{cidr: 192.0.2.0/24}}]}]}`,
    expect: `clinic/desk -> ip:203.0.113.1 TCP/443 = blocked
      clinic/desk -> ip:2001:db8::1 TCP/443 = allowed
      clinic/desk -> clinic/core TCP/8001 = blocked
      clinic/desk -> ip:192.0.2.1 TCP/443 = allowed`,
  },
  {
    title: 'an IPv4-mapped address is outside an IPv4 block',
    policies: `${DESK_OUT}{cidr: 0.0.0.0/0}}]}]}`,
    expect: `clinic/desk -> ip:::ffff:192.0.2.1 TCP/443 = blocked
      clinic/desk -> ip:192.0.2.1 TCP/443 = allowed`,
  },
  {
    title: 'where blocks match pods: all, some and none of a pod’s addresses, and a pod without any',
    policies: `${DESK_OUT}{cidr: 10.8.0.0/16, except: [10.8.0.2/32]}}]}]}`,
    edit: (cluster) => {
      cluster.pods.push(makePod('lab/dual', { ips: ['10.8.2.9', 'fd00::9'], ports: [] }));
      cluster.pods.push(makePod('lab/late', { phase: 'Pending' }));
    },
    expect: `clinic/desk -> records/store TCP/5432 = allowed
      clinic/desk -> clinic/core TCP/8001 = blocked
      clinic/desk -> lab/dual TCP/1 = unknown
      clinic/desk -> lab/late TCP/1 = unknown
      clinic/desk -> node:w2 TCP/10250 = blocked`,
  },
  {
    title: 'a whole family matches a pod whose address is not known yet, and a node by any of its addresses',
    policies: `${DESK_OUT}{cidr: 0.0.0.0/0}}]}]}`,
    edit: (cluster) => {
      cluster.pods.push(makePod('lab/six', { ips: ['fd00::6'] }), makePod('lab/late', { phase: 'Pending' }));
      cluster.nodes[0]!.status!.addresses!.push({ type: 'ExternalIP', address: 'fd99::1' });
    },
    expect: `clinic/desk -> lab/late TCP/1 = allowed
      clinic/desk -> lab/six TCP/1 = blocked
      clinic/desk -> node:w1 TCP/1 = allowed
      clinic/desk -> watch/agent TCP/1 = allowed
      clinic/desk -> ip:203.0.113.1 TCP/443 = allowed`,
  },
  {
    title: 'where blocks do not match pods and nodes',
    policies: `${DESK_OUT}{cidr: 0.0.0.0/0}}]}]}`,
    profile: { ipBlockPods: 'does-not-match', ipBlockNodes: 'does-not-match' },
    expect: `clinic/desk -> clinic/core TCP/8001 = blocked
      clinic/desk -> node:w2 TCP/10250 = blocked
      clinic/desk -> ip:203.0.113.1 TCP/443 = allowed`,
  },
  {
    title: 'where it is unknown whether blocks match pods and nodes',
    policies: `${DESK_OUT}{cidr: 10.8.0.2/31}}]}]}\n---\n${DESK_OUT}{cidr: 10.9.0.2/32}}]}]}`,
    profile: { ipBlockPods: 'unknown', ipBlockNodes: 'unknown' },
    expect: `clinic/desk -> clinic/core TCP/8001 = unknown
      clinic/desk -> records/store TCP/8001 = blocked
      clinic/desk -> node:w2 TCP/10250 = unknown
      clinic/desk -> node:w1 TCP/10250 = blocked
      clinic/desk -> ip:10.9.0.3 TCP/443 = blocked`,
  },
];
