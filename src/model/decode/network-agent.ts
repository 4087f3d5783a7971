import { type AgentOption, type AgentProgram, agentContainers, type NetworkAgent } from '../network-agent.ts';
import { get, list, text, texts, whole } from './lenient.ts';

const programs: ReadonlyMap<string, AgentProgram> = new Map(Object.entries(agentContainers));

/**
 * The programs of network plugins that a DaemonSet runs. None where it does not run in the network of the nodes, as
 * every such agent does, and where no node is to run it, as after an older plugin was turned off.
 */
export function networkAgents(daemonSet: unknown): readonly NetworkAgent[] {
  const spec = get(daemonSet, 'spec', 'template', 'spec');
  if (get(spec, 'hostNetwork') !== true) return [];
  if (whole(get(daemonSet, 'status', 'desiredNumberScheduled')) === 0 && isObserved(daemonSet)) return [];
  return list(get(spec, 'containers')).flatMap((container) => {
    const program = programs.get(text(get(container, 'name')) ?? '');
    return program === undefined ? [] : [{ program, options: optionsOf(program, container) }];
  });
}

/** Until its controller has seen it, a DaemonSet's status says nothing: "observedGeneration". */
function isObserved(daemonSet: unknown): boolean {
  return whole(get(daemonSet, 'status', 'observedGeneration')) !== null;
}

function optionsOf(program: AgentProgram, container: unknown): readonly AgentOption[] {
  const found = switches.flatMap(({ of, isSet, option }) =>
    of === program && isSet(container) ? [option] : [],
  );
  return [...new Set(found)];
}

interface Switch {
  readonly of: AgentProgram;
  readonly isSet: (container: unknown) => boolean;
  readonly option: AgentOption;
}

const switches: readonly Switch[] = [
  // "--enable-network-policy: Enable Network Policy Agent", false unless set.
  { of: 'aws-network-policy', isSet: flag('enable-network-policy', 'true'), option: 'policies-on' },
  { of: 'aws-network-policy', isSet: flag('enable-network-policy', 'false'), option: 'policies-off' },
  { of: 'aws-vpc-cni', isSet: env('NETWORK_POLICY_ENFORCING_MODE', 'strict'), option: 'strict' },
  { of: 'aws-vpc-cni', isSet: env('ENABLE_IPv6', 'true'), option: 'ipv6' },
  // "--run-firewall: Enables Network Policy", true unless set.
  { of: 'kube-router', isSet: flag('run-firewall', 'false'), option: 'policies-off' },
  { of: 'calico', isSet: env('FELIX_DEFAULTENDPOINTTOHOSTACTION', 'accept'), option: 'host-open' },
  { of: 'calico', isSet: env('FELIX_DEFAULTENDPOINTTOHOSTACTION', 'drop'), option: 'host-closed' },
  { of: 'kindnet', isSet: (container) => kindnetDay(container) < firstEnforcing, option: 'old' },
];

/** `--name=value`, or `--name value` in two arguments, in `command` or in `args`. */
function flag(name: string, value: string): (container: unknown) => boolean {
  return (container) => {
    const words = [...texts(get(container, 'command')), ...texts(get(container, 'args'))];
    return words.some(
      (word, i) => word === `--${name}=${value}` || (word === `--${name}` && words[i + 1] === value),
    );
  };
}

function env(name: string, value: string): (container: unknown) => boolean {
  return (container) =>
    list(get(container, 'env')).some(
      (entry) => get(entry, 'name') === name && text(get(entry, 'value'))?.toLowerCase() === value,
    );
}

/** kind enforces policies from version 0.24 on, whose image is of this day. */
const firstEnforcing = 20_240_813;

/** The day in a tag such as `kindnetd:v20240813-c6f155d6`; a tag of another form counts as new. */
function kindnetDay(container: unknown): number {
  const [, day] = /:v(\d{8})-/.exec(text(get(container, 'image')) ?? '') ?? [];
  return day === undefined ? firstEnforcing : Number(day);
}
