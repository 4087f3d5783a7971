import { portsOf } from '../impact/side.ts';
import { type BlockPeer, type Clause, clausesOf } from '../model/policy.ts';
import { shapeOf } from '../platform/shape-of.ts';
import {
  intersectPorts,
  isEmpty,
  noPorts,
  type PortSet,
  portRange,
  portText,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import { holdsWholeFamily, podIds, type Unit } from '../world/unit.ts';
import { portsOn } from './clause-ports.ts';
import { isolatedUnits, sidesIn } from './isolated-pods.ts';
import { podsDo } from './phrases.ts';
import { podKinds } from './pod-kinds.ts';
import { realSubjects } from './pod-peers.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R54. A clause admits node addresses on a probe port, as if the kubelet needed it: a pod's own node gets in anyway, and
 * the clause admits the other nodes and every pod of their networks. Or, the other way, pods with probes are isolated
 * where the plugin is known to block the node too.
 */
export const nodeProbeAssumption: PolicyRule = {
  id: 'node-probe-assumption',
  number: 'R54',
  title: 'Probes of the kubelet are admitted without need, or blocked by the plugin',
  judges: 'policy',
  severity: always('info'),
  confidence: 'heuristic',
  cure: 'none',
  needs: [...podKinds, 'Node', 'Service'],
  restsOnVerdicts: false,
  cost: 'namespace',
  admission: 'silent',
  page: {
    why: `
      "Traffic to and from the node where a Pod is running is always allowed": probes of the kubelet
      need no clause. One that admits the addresses of the nodes admits more than was meant, namely the
      other nodes and every pod that shares their network.

      A few plugins had faults that blocked the own node all the same. Where the profile says so
      (\`platform.ownNodeToPod: by-policy\`), pods with probes that become isolated are told.`,
    fix: `
      Take the clause for the nodes out. Where the plugin blocks the own node, update it, or keep the
      clause until then.`,
    fine: `
      Load balancers and node ports reach pods from node addresses: the rule is silent on ports that a
      LoadBalancer or NodePort Service leads to, and for blocks that hold more than nodes. It never says
      that probes break where the plugin does as the API says. The command line and the scan alone print
      it.`,
    platforms: `
      Older versions of the AWS agent, kube-router, Antrea and kube-network-policies have blocked probes
      of the own node by mistake.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world, policy } = input;
    const selected = realSubjects(input).slice(0, unitsMax);
    const probes = new Map(selected.map((unit) => [unit.id, probePorts(input, unit)]));
    if (world.profile.ownNodeToPod === 'by-policy') yield* blockedProbes(input, probes);
    const probed = [...probes.values()].reduce(unionPorts, noPorts);
    for (const clause of clausesOf(policy, 'ingress')) yield* needless(input, clause, selected, probed);
  },
};

/** So many units of a policy are looked at. */
const unitsMax = 500;

function probePorts({ world }: PolicyInput, unit: Unit): PortSet {
  const ports = shapeOf(world, unit)?.probePorts ?? [];
  return ports.reduce<PortSet>((sum, port) => unionPorts(sum, portRange('TCP', port, port)), noPorts);
}

function* needless(
  input: PolicyInput,
  clause: Clause,
  units: readonly Unit[],
  probed: PortSet,
): Iterable<Draft> {
  if (clause.ports === 'any' || clause.peers === 'any' || isEmpty(probed)) return;
  const { facts, policy } = input;
  const ports = [...new Set(units.map(portsOn(clause)))].reduce(unionPorts, noPorts);
  const exposed = facts
    .exposures(policy.ref.namespace)
    .filter(({ by }) => by === 'LoadBalancer' || by === 'NodePort')
    .flatMap((exposure) => units.map(({ id }) => exposure.ports.get(id) ?? noPorts))
    .reduce(unionPorts, noPorts);
  const onlyProbes = isEmpty(subtractPorts(ports, probed)) && isEmpty(intersectPorts(ports, exposed));
  if (isEmpty(ports) || !onlyProbes) return;
  const nodeIn = (peer: BlockPeer): string | null => {
    const holding = holdsWholeFamily(peer.block) ? null : facts.holding(peer);
    return holding?.kind === 'node' ? holding.node : null;
  };
  for (const peer of clause.peers) {
    const node = peer.kind === 'block' ? nodeIn(peer) : null;
    if (peer.kind !== 'block' || node === null) continue;
    yield {
      key: `nodes ${peer.key} ${portText(ports)}`,
      at: peer.origin,
      happens: [
        `probes of the own node on ${portText(ports)} need no clause: ${peer.block.text} admits `,
        'the other nodes and pods of their networks',
      ],
      advice: ['take it out if it is for probes'],
      affected: [],
      related: [objectThat('Node', { namespace: null, name: node }, 'the block holds its address')],
    };
  }
}

function* blockedProbes(input: PolicyInput, probes: ReadonlyMap<number, PortSet>): Iterable<Draft> {
  const sideFor = sidesIn(input.world, 'ingress');
  const units = isolatedUnits(input, 'ingress').filter((unit) => {
    const wanted = probes.get(unit.id) ?? noPorts;
    const open = sideFor(unit).entries.some(
      ({ clause }) =>
        (clause.peers === 'any' || clause.peers.some(({ kind }) => kind === 'block')) &&
        isEmpty(subtractPorts(wanted, portsOf(clause, unit.ports).may)),
    );
    return !isEmpty(wanted) && !open;
  });
  if (units.length === 0) return;
  yield {
    key: 'blocked',
    at: 'spec.podSelector',
    happens: [
      podsDo(units, 'real', { one: 'has', many: 'have', invented: '' }),
      ' probes that this network plugin may block',
    ],
    advice: ['update the plugin, or admit the node addresses until then'],
    affected: units.flatMap(podIds).sort(),
  };
}
