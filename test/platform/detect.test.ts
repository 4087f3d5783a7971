import { describe, expect, test } from '@jest/globals';
import { type Detected, nothingAsked, type PlatformConfig } from '../../src/model/detected.ts';
import { genericProfile, profiles } from '../../src/model/profile.ts';
import { detectPlatform, platformSigns, signsIn } from '../../src/platform/detect.ts';
import { type Json, worldWith } from '../support/build.ts';

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

/** A DaemonSet as installers write it; a container as its name alone where it is told nothing. */
function daemonSet(fullName: string, containers: readonly (string | Container)[], more: Json = {}): Json {
  const [namespace = '', name = ''] = fullName.split('/');
  const all = containers.map((each) => (typeof each === 'string' ? { name: each } : each));
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { namespace, name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { hostNetwork: true, containers: all } },
    },
    ...more,
  };
}

function detected(objects: readonly Json[], config: Partial<PlatformConfig> = {}, complete = true): Detected {
  const world = worldWith(objects, genericProfile);
  return detectPlatform(platformSigns(signsIn(world), { ...nothingAsked, ...config }, { complete }));
}

const env = (name: string, value: string) => ({ name, value });
const awsNode = (...more: readonly { name: string; value: string }[]) => ({ name: 'aws-node', env: more });
const awsAgent = (...args: readonly string[]) => ({ name: 'aws-eks-nodeagent', args });
const awsOn = awsAgent('--enable-ipv6=false', '--enable-network-policy=true');
const flannel = daemonSet('kube-flannel/kube-flannel-ds', ['kube-flannel']);
const calico = daemonSet('calico-system/calico-node', ['calico-node']);
const cilium = daemonSet('kube-system/cilium', ['cilium-agent']);
const crds = (...groups: string[]) => ({ groups: new Set(groups) });

/** What each platform shows, and the answer. */
const rows: Readonly<Record<string, readonly [Detected, readonly Json[], Partial<PlatformConfig>?]>> = {
  'Calico by its operator': [
    { profile: 'calico', answers: {}, because: 'DaemonSet calico-system/calico-node' },
    [calico],
    crds('crd.projectcalico.org'),
  ],
  'Calico that lets pods reach their own node': [
    { profile: 'calico', answers: { podToOwnNode: 'allowed' }, because: 'DaemonSet kube-system/calico-node' },
    [
      daemonSet('kube-system/calico-node', [
        { name: 'calico-node', env: [env('FELIX_DEFAULTENDPOINTTOHOSTACTION', 'ACCEPT')] },
      ]),
    ],
  ],
  'Calico that keeps pods from their own node': [
    { profile: 'calico', answers: { podToOwnNode: 'blocked' }, because: 'DaemonSet kube-system/calico-node' },
    [
      daemonSet('kube-system/calico-node', [
        { name: 'calico-node', env: [env('FELIX_DEFAULTENDPOINTTOHOSTACTION', 'Drop')] },
      ]),
    ],
  ],
  'Calico for policies beside the addresses of AWS': [
    { profile: 'calico', answers: {}, because: 'DaemonSet calico-system/calico-node' },
    [calico, daemonSet('kube-system/aws-node', [awsNode(), awsAgent('--enable-network-policy=false')])],
  ],
  'Canal in one DaemonSet': [
    { profile: 'canal', answers: {}, because: 'DaemonSet kube-system/rke2-canal' },
    [daemonSet('kube-system/rke2-canal', ['calico-node', 'kube-flannel'])],
  ],
  'Canal in two DaemonSets': [
    {
      profile: 'canal',
      answers: {},
      because: 'DaemonSet calico-system/calico-node, DaemonSet kube-flannel/kube-flannel-ds',
    },
    [flannel, calico],
  ],
  Cilium: [
    { profile: 'cilium', answers: {}, because: 'DaemonSet kube-system/cilium' },
    [cilium],
    { ciliumConfig: new Map([['enable-policy', 'default']]) },
  ],
  'Cilium under another name': [
    { profile: 'cilium', answers: {}, because: 'DaemonSet kube-system/anetd' },
    [daemonSet('kube-system/anetd', ['cilium-agent'])],
  ],
  'Cilium that closes every pod and matches nodes': [
    {
      profile: 'cilium',
      answers: { unselectedPods: 'closed', ipBlockNodes: 'matches', sctp: 'supported' },
      because:
        'DaemonSet kube-system/cilium, enable-policy, policy-cidr-match-mode, enable-sctp in cilium-config',
    },
    [cilium],
    {
      ciliumConfig: new Map([
        ['enable-policy', 'always'],
        ['policy-cidr-match-mode', 'nodes'],
        ['enable-sctp', 'true'],
      ]),
    },
  ],
  'Cilium that enforces nothing': [
    {
      profile: 'cilium',
      answers: { enforcement: 'no' },
      because: 'DaemonSet kube-system/cilium, enable-policy in cilium-config',
    },
    [cilium],
    { ciliumConfig: new Map([['enable-policy', 'never']]) },
  ],
  'Cilium chained behind the addresses of AWS': [
    { profile: 'cilium', answers: {}, because: 'DaemonSet kube-system/cilium' },
    [cilium, daemonSet('kube-system/aws-node', [awsNode(), awsAgent('--enable-network-policy=false')])],
  ],
  Antrea: [
    { profile: 'antrea', answers: {}, because: 'DaemonSet kube-system/antrea-agent' },
    [daemonSet('kube-system/antrea-agent', ['antrea-agent', 'antrea-ovs'])],
    crds('crd.antrea.io'),
  ],
  'OVN-Kubernetes on OpenShift': [
    { profile: 'ovn-kubernetes', answers: {}, because: 'DaemonSet openshift-ovn-kubernetes/ovnkube-node' },
    [daemonSet('openshift-ovn-kubernetes/ovnkube-node', ['ovn-controller', 'ovnkube-controller', 'nbdb'])],
  ],
  'AWS with its policy agent on': [
    { profile: 'aws-vpc-cni', answers: {}, because: 'DaemonSet kube-system/aws-node' },
    [daemonSet('kube-system/aws-node', [awsNode(), awsOn])],
    { awsConfig: new Map([['enable-network-policy-controller', 'true']]) },
  ],
  'AWS with its policy agent on, told in two words': [
    { profile: 'aws-vpc-cni', answers: {}, because: 'DaemonSet kube-system/aws-node' },
    [daemonSet('kube-system/aws-node', [awsNode(), awsAgent('--enable-network-policy', 'true')])],
  ],
  'AWS with IPv6 in strict mode': [
    {
      profile: 'aws-vpc-cni-ipv6',
      answers: { unselectedPods: 'aws-strict' },
      because: 'DaemonSet kube-system/aws-node',
    },
    [
      daemonSet('kube-system/aws-node', [
        awsNode(env('ENABLE_IPv6', 'true'), env('NETWORK_POLICY_ENFORCING_MODE', 'strict')),
        awsOn,
      ]),
    ],
  ],
  'AWS whose agent is on and whose controller is off': [
    {
      profile: 'aws-vpc-cni',
      answers: { enforcement: 'unknown' },
      because: 'DaemonSet kube-system/aws-node, though amazon-vpc-cni turns its controller off',
    },
    [daemonSet('kube-system/aws-node', [awsNode(), awsOn])],
    { awsConfig: new Map([['enable-network-policy-controller', 'false']]) },
  ],
  'AWS with its policy agent off': [
    {
      profile: 'aws-vpc-cni',
      answers: { enforcement: 'no' },
      because: 'DaemonSet kube-system/aws-node, which enforces no policies',
    },
    [daemonSet('kube-system/aws-node', [awsNode(), awsAgent('--enable-network-policy=false')])],
  ],
  'AWS before it had a policy agent': [
    {
      profile: 'aws-vpc-cni',
      answers: { enforcement: 'no' },
      because: 'DaemonSet kube-system/aws-node, which enforces no policies',
    },
    [daemonSet('kube-system/aws-node', [awsNode()])],
  ],
  'kube-router': [
    { profile: 'kube-router', answers: {}, because: 'DaemonSet kube-system/kube-router' },
    [daemonSet('kube-system/kube-router', [{ name: 'kube-router', args: ['--run-firewall=true'] }])],
  ],
  'kube-router for policies on flannel': [
    { profile: 'kube-router', answers: {}, because: 'DaemonSet kube-system/kube-router' },
    [flannel, daemonSet('kube-system/kube-router', ['kube-router'])],
  ],
  'kube-router with its firewall off': [
    {
      profile: 'kube-router',
      answers: { enforcement: 'no' },
      because: 'DaemonSet kube-system/kube-router, which enforces no policies',
    },
    [daemonSet('kube-system/kube-router', [{ name: 'kube-router', args: ['--run-firewall=false'] }])],
  ],
  'kube-network-policies': [
    { profile: 'kube-network-policies', answers: {}, because: 'DaemonSet kube-system/kube-network-policies' },
    [daemonSet('kube-system/kube-network-policies', ['kube-network-policies'])],
  ],
  'flannel with the policy container of its chart': [
    { profile: 'kube-network-policies', answers: {}, because: 'DaemonSet kube-flannel/kube-flannel-ds' },
    [daemonSet('kube-flannel/kube-flannel-ds', ['kube-flannel', 'kube-network-policies'])],
  ],
  kindnet: [
    { profile: 'kindnet', answers: {}, because: 'DaemonSet kube-system/kindnet' },
    [
      daemonSet('kube-system/kindnet', [
        { name: 'kindnet-cni', image: 'docker.io/kindest/kindnetd:v20250512-df8de77b' },
      ]),
    ],
  ],
  'kindnet from before it enforced policies': [
    {
      profile: 'kindnet',
      answers: { enforcement: 'no' },
      because: 'DaemonSet kube-system/kindnet, which enforces no policies',
    },
    [
      daemonSet('kube-system/kindnet', [
        { name: 'kindnet-cni', image: 'docker.io/kindest/kindnetd:v20230511-dc714da8' },
      ]),
    ],
  ],
  'flannel alone': [
    {
      profile: 'flannel',
      answers: {},
      because: 'DaemonSet kube-flannel/kube-flannel-ds, which enforces no policies',
    },
    [flannel],
  ],
  Weave: [
    { profile: 'weave', answers: {}, because: 'DaemonSet kube-system/weave-net' },
    [daemonSet('kube-system/weave-net', ['weave', 'weave-npc'])],
  ],
  'Weave without its policy controller': [
    {
      profile: 'weave',
      answers: { enforcement: 'no' },
      because: 'DaemonSet kube-system/weave-net, which enforces no policies',
    },
    [daemonSet('kube-system/weave-net', ['weave'])],
  ],
  Romana: [
    { profile: 'romana', answers: {}, because: 'DaemonSet kube-system/romana-agent' },
    [daemonSet('kube-system/romana-agent', ['romana-agent'])],
  ],
};

const unsure: Readonly<Record<string, readonly [string, readonly Json[], Partial<PlatformConfig>?]>> = {
  'an empty cluster': ['no DaemonSet runs a known network plugin', []],
  'a plugin that nobody here knows': [
    'no DaemonSet runs a known network plugin',
    [daemonSet('kube-system/kube-ovn-cni', ['cni-server'])],
  ],
  'a plugin whose profile nobody wrote': [
    'DaemonSet kube-system/azure-npm enforces policies, and nobody here knows in what it differs',
    [daemonSet('kube-system/azure-npm', ['azure-npm'])],
  ],
  'two that enforce': [
    'several programs enforce policies: DaemonSet calico-system/calico-node, DaemonSet kube-system/cilium',
    [cilium, calico],
  ],
  'AWS and Calico, both told to enforce': [
    'several programs enforce policies: DaemonSet calico-system/calico-node, DaemonSet kube-system/aws-node',
    [calico, daemonSet('kube-system/aws-node', [awsNode(), awsOn])],
  ],
  'flannel, and definitions that Calico left or brings': [
    'DaemonSet kube-flannel/kube-flannel-ds, which enforces no policies, though the API of calico is there',
    [flannel],
    crds('crd.projectcalico.org', 'projectcalico.org'),
  ],
  'definitions alone': [
    'no DaemonSet runs a known network plugin, though the API of calico and cilium is there',
    [],
    crds('crd.projectcalico.org', 'cilium.io', 'apps'),
  ],
  'an agent by its name that does not run in the network of the nodes': [
    'no DaemonSet runs a known network plugin',
    [
      daemonSet('shop/calico-node', [], {
        spec: { template: { spec: { containers: [{ name: 'calico-node' }] } } },
      }),
    ],
  ],
  'an agent that no node runs any more': [
    'no DaemonSet runs a known network plugin',
    [
      daemonSet('kube-system/calico-node', ['calico-node'], {
        status: { desiredNumberScheduled: 0, observedGeneration: 3 },
      }),
    ],
  ],
  'a Deployment of that name': [
    'no DaemonSet runs a known network plugin',
    [{ ...calico, kind: 'Deployment' }],
  ],
};

describe('the network plugin is told by its programs', () => {
  test.each(Object.entries(rows))('%s', (_title, [expected, objects, config]) => {
    expect(detected(objects, config)).toEqual(expected);
    expect(detected(objects.toReversed(), config)).toEqual(expected);
    expect(profiles.has(expected.profile)).toBe(true);
  });

  test.each(Object.entries(unsure))('unknown: %s', (_title, [because, objects, config]) => {
    expect(detected(objects, config)).toEqual({ profile: 'unknown', answers: {}, because });
  });

  test('a DaemonSet whose controller has not seen it yet counts', () => {
    const fresh = daemonSet('kube-system/calico-node', ['calico-node'], {
      status: { desiredNumberScheduled: 0 },
    });
    expect(detected([fresh]).profile).toBe('calico');
  });

  test('every profile but those that stand for none is found somewhere', () => {
    const found = new Set(Object.values(rows).map(([{ profile }]) => profile));
    expect([...profiles.keys()].filter((id) => !found.has(id))).toEqual(['unknown', 'generic']);
  });
});

describe('where DaemonSets cannot be listed', () => {
  test('definitions of one plugin tell it', () => {
    expect(detected([], crds('cilium.io', 'apps'), false)).toEqual({
      profile: 'cilium',
      answers: {},
      because: 'the API of cilium; DaemonSets could not be listed',
    });
  });

  test('those of two, or of none, do not', () => {
    const expected = { profile: 'unknown', answers: {}, because: 'DaemonSets could not be listed' };
    expect(detected([], crds('cilium.io', 'crd.antrea.io'), false)).toEqual(expected);
    expect(detected([], {}, false)).toEqual(expected);
  });
});

test('objects of a policy API are a sign of it too', () => {
  const policy = {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'a', namespace: 'b' },
  };
  expect(detected([policy]).because).toBe(
    'no DaemonSet runs a known network plugin, though the API of cilium is there',
  );
});
