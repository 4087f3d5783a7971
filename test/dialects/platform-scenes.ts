/** Where network plugins differ: the same policy under each answer that a flag has. */
import { makePod } from '../reference/clinic.ts';
import type { Profile } from '../support/reference/objects.ts';
import type { HarbourScene } from './harbour.ts';

const winch = 'podSelector: {matchLabels: {role: winch}}';

/** The scene once for each answer, with the verdicts that stand where the expectation has `?`. */
function under<Flag extends keyof Profile>(
  flag: Flag,
  verdicts: Readonly<Record<string, string>>,
  scene: HarbourScene,
): HarbourScene[] {
  return Object.entries(verdicts).map(([value, verdict]) => ({
    ...scene,
    title: `${scene.title}, ${flag}: ${value}`,
    profile: { [flag]: value, ...scene.profile },
    expect: scene.expect.replaceAll('?', verdict),
  }));
}

export const PLATFORM_SCENES: readonly HarbourScene[] = [
  ...under(
    'enforcement',
    { yes: 'blocked', no: 'allowed', unknown: 'unknown' },
    {
      title: 'a policy that nobody enforces blocks nothing',
      policies: `{${winch}, ingress: [{ports: [{port: 7001}]}]}`,
      expect: `harbour/crane -> harbour/winch TCP/7001 = allowed
        harbour/crane -> harbour/winch TCP/7002 = ?
        harbour/winch -> harbour/crane TCP/1 = allowed`,
    },
  ),
  ...under(
    'standalonePods',
    { governed: 'blocked', 'not-governed': 'allowed', unknown: 'unknown' },
    {
      title: 'a pod that nothing owns',
      policies: `{${winch}}`,
      edit: ({ pods }) => {
        const owned = makePod('harbour/winch-2', {
          labels: { role: 'winch' },
          ips: ['10.61.0.9'],
          node: 'quay2',
        });
        owned.metadata.ownerReferences = [
          { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'winch', uid: 'u', controller: true },
        ];
        pods.push(owned);
      },
      expect: `harbour/crane -> harbour/winch TCP/1 = ?
        harbour/crane -> harbour/winch-2 TCP/1 = blocked`,
    },
  ),
  ...under(
    'strayDirectionRules',
    { ignore: 'allowed', enforce: 'blocked', unknown: 'unknown' },
    {
      title: 'egress clauses without Egress in policyTypes',
      policies: `{${winch}, policyTypes: [Ingress], egress: [{ports: [{port: 7000}]}]}`,
      expect: `harbour/winch -> harbour/crane TCP/7000 = allowed
        harbour/winch -> harbour/crane TCP/7001 = ?
        harbour/crane -> harbour/winch TCP/7000 = blocked`,
    },
  ),
  ...under(
    'ipBlockNodes',
    { matches: 'allowed', 'does-not-match': 'blocked', unknown: 'unknown' },
    {
      title: 'a block that holds a node, pods apart',
      policies: `{${winch}, ingress: [{from: [{ipBlock: {cidr: 10.60.0.0/15}}]}]}`,
      profile: { ipBlockPods: 'does-not-match' },
      expect: `node:quay1 -> harbour/winch TCP/1 = ?
        harbour/crane -> harbour/winch TCP/1 = blocked
        ip:10.61.200.1 -> harbour/winch TCP/1 = allowed`,
    },
  ),
  ...under(
    'ipv4AnyAddress',
    { ipv4: 'blocked', 'every-family': 'allowed', unknown: 'unknown' },
    {
      title: '0.0.0.0/0 and an IPv6 address',
      policies: `{${winch}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`,
      expect: `ip:2001:db8::7 -> harbour/winch TCP/1 = ?
        ip:203.0.113.9 -> harbour/winch TCP/1 = allowed`,
    },
  ),
  {
    title: '0.0.0.0/0 with an except holds IPv4 alone, ipv4AnyAddress: every-family',
    policies: `{${winch}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]}`,
    profile: { ipv4AnyAddress: 'every-family' },
    expect: 'ip:2001:db8::7 -> harbour/winch TCP/1 = blocked',
  },
  ...under(
    'ipFamilies',
    { both: 'allowed', ipv4: 'blocked', ipv6: 'allowed', unknown: 'unknown' },
    {
      title: 'a block of a family that may not be enforced',
      policies: `{${winch}, ingress: [{from: [{ipBlock: {cidr: "2001:db8::/32"}}]}]}`,
      expect: `ip:2001:db8::7 -> harbour/winch TCP/1 = ?
        ip:203.0.113.9 -> harbour/winch TCP/1 = blocked`,
    },
  ),
  ...under(
    'endPort',
    { range: 'allowed', 'first-port': 'blocked', unknown: 'unknown' },
    {
      title: 'the ports of a range after its first',
      policies: `{${winch}, ingress: [{ports: [{port: 7001, endPort: 7003}]}]}`,
      expect: `harbour/crane -> harbour/winch TCP/7002 = ?
        harbour/crane -> harbour/winch TCP/7003 = ?
        harbour/crane -> harbour/winch TCP/7004 = blocked`,
    },
  ),
  ...under(
    'sctp',
    { supported: 'allowed', unsupported: 'blocked', unknown: 'unknown' },
    {
      title: 'an SCTP port isolates the pod in any case',
      policies: `{${winch}, ingress: [{ports: [{protocol: SCTP, port: 36412}]}]}`,
      expect: `harbour/crane -> harbour/winch SCTP/36412 = ?
        harbour/crane -> harbour/winch SCTP/36413 = blocked
        harbour/crane -> harbour/winch TCP/36412 = blocked`,
    },
  ),
  ...under(
    'namedPortEgress',
    { resolves: 'allowed', ignored: 'blocked', unknown: 'unknown' },
    {
      title: 'a named port in egress to anywhere',
      policies:
        '{podSelector: {matchLabels: {role: buoy}}, policyTypes: [Egress], egress: [{ports: [{port: control}]}]}',
      expect: `harbour/buoy -> harbour/winch TCP/7001 = ?
        harbour/buoy -> harbour/winch TCP/7002 = blocked`,
    },
  ),
  ...under(
    'namedPortEgress',
    { resolves: 'allowed', ignored: 'unknown', unknown: 'unknown' },
    {
      title: 'a named port in egress to a block and to pods',
      policies: `{podSelector: {matchLabels: {role: buoy}}, policyTypes: [Egress],
        egress: [{to: [{ipBlock: {cidr: 10.61.0.0/16}}, {podSelector: {}}], ports: [{port: control}]}]}`,
      expect: 'harbour/buoy -> harbour/winch TCP/7001 = ?',
    },
  ),
  {
    title: 'a named port in egress to pods alone resolves, namedPortEgress: ignored',
    policies: `{podSelector: {matchLabels: {role: buoy}}, policyTypes: [Egress],
      egress: [{to: [{podSelector: {}}], ports: [{port: control}]}]}`,
    profile: { namedPortEgress: 'ignored' },
    expect: 'harbour/buoy -> harbour/winch TCP/7001 = allowed',
  },
  ...under(
    'hostNetworkPeers',
    { no: 'blocked', yes: 'allowed', unknown: 'unknown' },
    {
      title: 'a podSelector beside the namespaceSelector and a hostNetwork pod',
      policies: `{${winch}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {role: rope}}}]}]}`,
      edit: ({ pods }) => {
        pods.push(makePod('harbour/rope', { labels: { role: 'rope' }, node: 'quay1', hostNetwork: true }));
      },
      expect: `harbour/rope -> harbour/winch TCP/1 = ?
        node:quay1 -> harbour/winch TCP/1 = blocked`,
    },
  ),
  {
    title: 'a namespaceSelector alone does not match hostNetwork pods, hostNetworkPeers: yes',
    policies: `{${winch}, ingress: [{from: [{namespaceSelector: {}}]}]}`,
    profile: { hostNetworkPeers: 'yes' },
    edit: ({ pods }) => {
      pods.push(makePod('harbour/rope', { labels: { role: 'rope' }, node: 'quay1', hostNetwork: true }));
    },
    expect: 'harbour/rope -> harbour/winch TCP/1 = blocked',
  },
  ...under(
    'negativeNamespaces',
    { 'pods-only': 'blocked', 'also-outside': 'allowed', unknown: 'unknown' },
    {
      title: 'NotIn on namespaces and what is in none',
      policies: `{${winch}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: fleet, operator: NotIn, values: [south]}]}}]}]}`,
      expect: `ip:203.0.113.9 -> harbour/winch TCP/1 = ?
        node:quay1 -> harbour/winch TCP/1 = ?
        lookout/lens -> harbour/winch TCP/1 = allowed
        customs/ledger -> harbour/winch TCP/1 = blocked`,
    },
  ),
  ...under(
    'ownNodeToPod',
    { allowed: 'allowed', 'by-policy': 'blocked', unknown: 'unknown' },
    {
      title: 'the own node towards a pod that refuses everything',
      policies: `{${winch}}`,
      expect: `node:quay2 -> harbour/winch TCP/1 = ?
        node:quay1 -> harbour/winch TCP/1 = blocked`,
    },
  ),
  ...under(
    'podToOwnNode',
    { allowed: 'allowed', 'by-policy': 'allowed', blocked: 'blocked', unknown: 'unknown' },
    {
      title: 'a pod without policies towards its own node',
      policies: '',
      expect: `harbour/winch -> node:quay2 TCP/1 = ?
        harbour/winch -> node:quay1 TCP/1 = allowed`,
    },
  ),
  ...under(
    'podToOwnNode',
    { allowed: 'allowed', 'by-policy': 'blocked', blocked: 'blocked', unknown: 'blocked' },
    {
      title: 'a pod that may go nowhere towards its own node',
      policies: `{${winch}, policyTypes: [Egress]}`,
      expect: `harbour/winch -> node:quay2 TCP/1 = ?
        harbour/winch -> node:quay1 TCP/1 = blocked`,
    },
  ),
];
