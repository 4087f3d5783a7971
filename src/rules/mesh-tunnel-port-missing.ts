import { portsOf } from '../impact/side.ts';
import type { Related } from '../model/finding.ts';
import { type Clause, clausesOf, type Direction, directions } from '../model/policy.ts';
import { hasPort } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { enrollsItsPods, isEnrolled, modeLabel, tunnelPort } from './ambient-mesh.ts';
import { type Harm, isolatedUnits, newlyHarmed, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { unitsOf } from './pod-peers.ts';
import type { Draft, PolicyInput, PolicyRule } from './rule.ts';

/**
 * R55. Pods of an ambient mesh are admitted on the ports of the application alone. Between them everything travels
 * through the tunnel of the mesh, on TCP 15008, and is blocked.
 */
export const meshTunnelPortMissing: PolicyRule = {
  id: 'mesh-tunnel-port-missing',
  number: 'R55',
  title: 'The tunnel port of the ambient mesh is not allowed',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'likely',
  cure: 'policy',
  needs: ['Pod', 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'peers',
  page: {
    why: `
      In Istio's ambient mode the proxy of the node carries what pods say to each other through a tunnel
      that ends on TCP 15008 of the destination pod. A clause that allows 8080 alone does not allow the
      tunnel: the connection is blocked although the policy names its port.`,
    fix: `
      Allow TCP 15008 beside the ports of the application, in both directions that are isolated. From
      then on these ports limit nothing between pods of the mesh, because the tunnel carries them all:
      limit them by an AuthorizationPolicy.`,
    fine: `
      The rule looks only at pods that are enrolled, by the label \`istio.io/dataplane-mode: ambient\` on
      the pod or on its namespace, and at clauses whose peers are enrolled too: what comes from outside
      the mesh arrives on the port of the application. It is silent where any policy of the pods allows
      15008 in the direction.`,
    platforms: `
      Probes of the kubelet reach enrolled pods from 169.254.7.127, which plugins that do not know it for
      the node's own address must be told to admit.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world, policy } = input;
    for (const direction of directions) {
      const clauses = clausesOf(policy, direction).filter(({ ports }) => ports !== 'any');
      const selected = clauses.length === 0 ? [] : isolatedUnits(input, direction);
      const enrolled = selected.filter((unit) => isEnrolled(world, unit));
      const limited = enrolled.length === 0 ? undefined : clauses.find((clause) => isLimited(input, clause));
      if (limited === undefined) continue;
      const cut = newlyHarmed(input, enrolled, (then) => withoutTunnel(then, direction));
      if (cut.length === 0) continue;
      const ingress = direction === 'ingress';
      yield {
        key: direction,
        at: `${limited.origin}.ports`,
        happens: [
          podsDo(cut, kindOfPods(input), verbs[direction]),
          ` other pods of the ambient mesh only through TCP ${tunnelPort}, which no clause allows`,
        ],
        advice: [
          `${ingress ? 'admit' : 'allow'} TCP ${tunnelPort} too, and limit ports by an AuthorizationPolicy`,
        ],
        affected: podsOf(cut),
        related: enrolledBy(world, policy.ref.namespace),
      };
    }
  },
};

const verbs = {
  ingress: { one: 'hears', many: 'hear', invented: 'will hear' },
  egress: { one: 'reaches', many: 'reach', invented: 'will reach' },
} as const;

/** Peers that take in more are looked at in part. */
const peersMax = 1000;

/** Does the clause list ports, and may a pod of the mesh be at its other end? */
function isLimited({ world, policy }: PolicyInput, clause: Clause): boolean {
  if (clause.ports === 'any' || clause.ports.length === 0) return false;
  if (clause.direction === 'egress' && clause.ports.every(({ protocol }) => protocol !== 'TCP')) return false;
  const members = world.clauseUnits(policy.ref.namespace, clause);
  if (members === 'any') return true;
  return unitsOf(world, members.may)
    .slice(0, peersMax)
    .some((unit) => isEnrolled(world, unit));
}

function enrolledBy(world: World, namespace: string): readonly Related[] {
  if (!enrollsItsPods(world, namespace)) return [];
  const object = { kind: 'Namespace', namespace: null, name: namespace };
  return [{ object, at: `metadata.labels[${modeLabel}]`, says: 'this label puts its pods into the mesh' }];
}

function withoutTunnel(world: World, direction: Direction): Harm {
  const sideFor = sidesIn(world, direction);
  return (unit: Unit) => {
    const { governing, entries } = sideFor(unit);
    const isOpen = entries.some(({ clause }) => hasPort(portsOf(clause, unit.ports).may, 'TCP', tunnelPort));
    return governing.isolated && !isOpen;
  };
}
