import type { Need } from '../model/finding.ts';
import type { Machine } from '../model/objects.ts';
import type { Profile } from '../model/profile.ts';
import { hasOddMachines, machineOf } from '../platform/machines.ts';
import { shapeOf } from '../platform/shape-of.ts';
import { podIds, type Unit } from '../world/unit.ts';
import { workloadsOf } from './own-namespace.ts';
import { podKinds } from './pod-kinds.ts';
import { realSubjects } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R59. Selected pods run where the network plugin enforces nothing: on Fargate, virtual or Windows nodes, or without an
 * owner on AWS. The policy has no effect on them, and nothing tells.
 */
export const podOutsideEnforcement: PolicyRule = {
  id: 'pod-outside-enforcement',
  number: 'R59',
  title: 'Selected pods run where policies are not enforced',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'workload',
  needs: podKinds,
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: `
      An agent on each node enforces policies. No agent runs on Fargate and on virtual nodes, most
      plugins have none for Windows, and the agent of AWS governs only pods that have an owner, such as
      a Deployment. Such pods stay open, whatever selects them.`,
    fix: `
      Run the pods on nodes with an agent, and bare pods through a Deployment. Otherwise guard them by
      other means: security groups for pods on AWS, or the firewall of the node.`,
    fine: `
      The rule goes by the labels of the nodes and by what the profile says of such pods; where the
      profile does not know it (\`platform.windowsNodes\`, \`platform.virtualNodes\`,
      \`platform.standalonePods\`: \`unknown\`) it is an info. Set the flag where your version differs.`,
    platforms: `
      Calico and Antrea enforce on Windows nodes too. That pods without an owner are left alone is a
      limit of AWS.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world } = input;
    const { profile } = world;
    if (profile.enforcement === 'no') return;
    const units = realSubjects(input);
    const standalone = units.filter(({ workload }) => workload.kind === 'Pod');
    yield* draft(profile.standalonePods, 'standalone', standalone, podKinds);
    const placed = placesOf(input, units);
    yield* draft(profile.windowsNodes, 'windows', placed.windows, [...podKinds, 'Node']);
    yield* draft(profile.virtualNodes, 'virtual', placed.virtual, [...podKinds, 'Node']);
  },
};

type Place = 'standalone' | 'windows' | 'virtual';

const places: Readonly<Record<Place, { readonly text: string; readonly advice: string }>> = {
  standalone: { text: 'have no owner', advice: 'run them through a Deployment' },
  windows: { text: 'run on Windows nodes', advice: 'guard them by the firewall of the node' },
  virtual: {
    text: 'run on Fargate or virtual nodes',
    advice: 'guard them by security groups, or run them on ordinary nodes',
  },
};

function* draft(
  governed: Profile['windowsNodes'],
  place: Place,
  units: readonly Unit[],
  needs: readonly Need[],
): Iterable<Draft> {
  if (governed === 'governed' || units.length === 0) return;
  const { text, advice } = places[place];
  const sure = governed === 'not-governed';
  yield {
    key: place,
    at: 'spec.podSelector',
    happens: [`it ${sure ? 'has' : 'may have'} no effect on pods that ${text}: `, workloadsOf(units)],
    advice: [advice],
    affected: units.flatMap(podIds).sort(),
    needs,
    ...(sure ? {} : { severity: always('info') }),
  };
}

/** The pods of a policy are looked up only where there are such nodes at all, and not more than these. */
const podsMax = 5000;

function placesOf(
  input: PolicyInput,
  units: readonly Unit[],
): Readonly<Record<'windows' | 'virtual', readonly Unit[]>> {
  const bound = { left: hasOddMachines(input.world) ? podsMax : 0 };
  const kinds = units.map((unit) => ({ unit, on: machinesUnder(input, unit, bound) }));
  const unitsOn = (...wanted: readonly Machine[]): readonly Unit[] =>
    kinds.filter(({ on }) => wanted.some((machine) => on.has(machine))).map(({ unit }) => unit);
  return { windows: unitsOn('windows'), virtual: unitsOn('fargate', 'virtual') };
}

/** What the pods of a unit run on, or ask to run on. */
function machinesUnder({ world }: PolicyInput, unit: Unit, bound: { left: number }): ReadonlySet<Machine> {
  const found = new Set<Machine>();
  if (shapeOf(world, unit)?.windows === true) found.add('windows');
  for (const name of unit.members) {
    if (bound.left === 0) break;
    bound.left -= 1;
    found.add(machineOf(world, world.pod(unit.namespace, name)?.node ?? null));
  }
  return found;
}
