import type { Answers, Detected, PlatformConfig } from '../model/detected.ts';
import type { AgentOption, AgentProgram } from '../model/network-agent.ts';
import type { ClusterObject, WorldEvent } from '../model/objects.ts';
import type { World } from '../world/world.ts';

/** What a cluster shows of its network plugin. */
export interface PlatformSigns extends PlatformConfig {
  /** Programs of network plugins, with the DaemonSets that run them. */
  readonly agents: readonly AgentSign[];
  /** False where DaemonSets could not be listed. */
  readonly complete: boolean;
}

export interface AgentSign {
  readonly program: AgentProgram;
  readonly options: readonly AgentOption[];
  /** `DaemonSet kube-system/calico-node`. */
  readonly place: string;
}

/** The signs among records; `complete` says whether every DaemonSet is among them. */
export function platformSigns(
  objects: Iterable<ClusterObject>,
  config: PlatformConfig,
  { complete }: { readonly complete: boolean },
): PlatformSigns {
  const agents: AgentSign[] = [];
  const groups = new Set(config.groups);
  for (const object of objects) {
    if (object.kind === 'ForeignPolicy') groups.add(groupOf(object.resource));
    if (!('agents' in object)) continue;
    const place = `DaemonSet ${object.namespace}/${object.name}`;
    for (const { program, options } of object.agents ?? []) agents.push({ program, options, place });
  }
  agents.sort((a, b) => (`${a.place} ${a.program}` < `${b.place} ${b.program}` ? -1 : 1));
  return { ...config, groups, agents, complete };
}

/** The records of a world that may be signs. */
export function* signsIn(world: World): Iterable<ClusterObject> {
  yield* world.records('DaemonSet');
  yield* world.records('ForeignPolicy');
}

export function maySign(event: WorldEvent): boolean {
  return event.type === 'put' && (event.object.kind === 'DaemonSet' || event.object.kind === 'ForeignPolicy');
}

/** `networkpolicies.crd.projectcalico.org` is of the group `crd.projectcalico.org`. */
function groupOf(resource: string): string {
  return resource.slice(resource.indexOf('.') + 1);
}

/** Programs that enforce policies, unless they are told not to, and the profile of each. */
const enforcers: ReadonlyMap<AgentProgram, string> = new Map([
  ['calico', 'calico'],
  ['cilium', 'cilium'],
  ['antrea', 'antrea'],
  ['ovn-kubernetes', 'ovn-kubernetes'],
  ['aws-network-policy', 'aws-vpc-cni'],
  ['kube-router', 'kube-router'],
  ['kube-network-policies', 'kube-network-policies'],
  ['kindnet', 'kindnet'],
  ['weave-policy', 'weave'],
  ['romana', 'romana'],
  ['azure-npm', 'azure-npm'],
]);

/** API groups that only one plugin brings. Other plugins leave their own behind when they are replaced. */
const groupHints: ReadonlyMap<string, string> = new Map([
  ['crd.projectcalico.org', 'calico'],
  ['projectcalico.org', 'calico'],
  ['cilium.io', 'cilium'],
  ['crd.antrea.io', 'antrea'],
  ['k8s.ovn.org', 'ovn-kubernetes'],
]);

/**
 * Decides which network plugin it is. A program that runs decides; resource definitions alone, which outlive it, only
 * where nobody could look at the programs. Where several programs enforce policies nobody can tell which one does.
 */
export function detectPlatform(signs: PlatformSigns): Detected {
  const active = signs.agents.filter(enforces);
  const names = [...new Set(active.map(({ program }) => enforcers.get(program) ?? program))];
  const [name, second] = names;
  if (name === undefined) return withoutEnforcer(signs);
  if (second !== undefined) return unknown(`several programs enforce policies: ${placesOf(active)}`);
  return enforcedBy(name, active, signs);
}

function enforces({ program, options }: AgentSign): boolean {
  if (!enforcers.has(program) || options.includes('policies-off') || options.includes('old')) return false;
  // It runs beside the agent that gives addresses in every cluster, and does nothing unless it is told to.
  return program !== 'aws-network-policy' || options.includes('policies-on');
}

function enforcedBy(name: string, active: readonly AgentSign[], signs: PlatformSigns): Detected {
  const because = placesOf(active);
  const has = (program: AgentProgram, option: AgentOption): boolean =>
    signs.agents.some((agent) => agent.program === program && agent.options.includes(option));
  switch (name) {
    case 'calico': {
      const flannel = signs.agents.filter(({ program }) => program === 'flannel');
      const answers = hostAnswers(has('calico', 'host-open'), has('calico', 'host-closed'));
      if (flannel.length === 0) return { profile: 'calico', answers, because };
      return { profile: 'canal', answers, because: placesOf([...active, ...flannel]) };
    }
    case 'cilium':
      return ciliumWith(signs.ciliumConfig, because);
    case 'aws-vpc-cni':
      return awsWith(signs, because, {
        family: has('aws-vpc-cni', 'ipv6') ? 'ipv6' : 'ipv4',
        mode: has('aws-vpc-cni', 'strict') ? 'strict' : 'standard',
      });
    case 'azure-npm':
      return unknown(`${because} enforces policies, and nobody here knows in what it differs`);
    default:
      return { profile: name, answers: {}, because };
  }
}

function hostAnswers(open: boolean, closed: boolean): Answers {
  if (open === closed) return {};
  return { podToOwnNode: open ? 'allowed' : 'blocked' };
}

function ciliumWith(config: PlatformSigns['ciliumConfig'], agent: string): Detected {
  if (config === null) return { profile: 'cilium', answers: {}, because: agent };
  const enablePolicy = config.get('enable-policy');
  const matchesNodes = (config.get('policy-cidr-match-mode') ?? '').split(/[\s,]+/).includes('nodes');
  const told: readonly (readonly [string, Answers])[] = [
    ...(enablePolicy === 'always' ? ([['enable-policy', { unselectedPods: 'closed' }]] as const) : []),
    ...(enablePolicy === 'never' ? ([['enable-policy', { enforcement: 'no' }]] as const) : []),
    ...(matchesNodes ? ([['policy-cidr-match-mode', { ipBlockNodes: 'matches' }]] as const) : []),
    ...(config.get('enable-sctp') === 'true' ? ([['enable-sctp', { sctp: 'supported' }]] as const) : []),
  ];
  const keys = told.map(([key]) => key);
  return {
    profile: 'cilium',
    answers: Object.assign({}, ...told.map(([, answers]) => answers)),
    because: keys.length === 0 ? agent : `${agent}, ${keys.join(', ')} in cilium-config`,
  };
}

interface AwsModes {
  readonly family: 'ipv4' | 'ipv6';
  readonly mode: 'strict' | 'standard';
}

/** Two switches turn enforcement on, in the agent and in the controller, which reads a ConfigMap. */
function awsWith({ awsConfig }: PlatformSigns, because: string, { family, mode }: AwsModes): Detected {
  const profile = family === 'ipv6' ? 'aws-vpc-cni-ipv6' : 'aws-vpc-cni';
  const strict: Answers = mode === 'strict' ? { unselectedPods: 'aws-strict' } : {};
  if (awsConfig?.get('enable-network-policy-controller') !== 'false')
    return { profile, answers: strict, because };
  return {
    profile,
    answers: { ...strict, enforcement: 'unknown' },
    because: `${because}, though amazon-vpc-cni turns its controller off`,
  };
}

/** No program that enforces policies was found. */
function withoutEnforcer(signs: PlatformSigns): Detected {
  const hints = [...new Set([...signs.groups].flatMap((group) => groupHints.get(group) ?? []))].sort();
  const [hint, second] = hints;
  if (!signs.complete) {
    if (hint !== undefined && second === undefined && signs.agents.length === 0)
      return { profile: hint, answers: {}, because: `the API of ${hint}; DaemonSets could not be listed` };
    return unknown('DaemonSets could not be listed');
  }
  const has = (program: AgentProgram): boolean => signs.agents.some((agent) => agent.program === program);
  const profile = idleProfiles.find(([program]) => has(program))?.[1];
  if (profile === undefined) return unknown(`no DaemonSet runs a known network plugin${though(hints)}`);
  const what = `${placesOf(signs.agents)}, which enforces no policies`;
  // Definitions of another plugin may be what is left of it, or belong to a program that does not show.
  if (hint !== undefined) return unknown(`${what}${though(hints)}`);
  const answers: Answers = profile === 'flannel' ? {} : { enforcement: 'no' };
  return { profile, answers, because: what };
}

/** Programs that are there and enforce nothing, and the profile that then holds. */
const idleProfiles: readonly (readonly [AgentProgram, string])[] = [
  ['flannel', 'flannel'],
  ['aws-vpc-cni', 'aws-vpc-cni'],
  ['weave', 'weave'],
  ['kindnet', 'kindnet'],
  ['kube-router', 'kube-router'],
];

function though(hints: readonly string[]): string {
  return hints.length === 0 ? '' : `, though the API of ${hints.join(' and ')} is there`;
}

function placesOf(agents: readonly AgentSign[]): string {
  return [...new Set(agents.map(({ place }) => place))].join(', ');
}

function unknown(because: string): Detected {
  return { profile: 'unknown', answers: {}, because };
}
