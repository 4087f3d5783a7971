import { directions } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import {
  allPorts,
  isEmpty,
  noPorts,
  type PortSet,
  portText,
  samePorts,
  unionPorts,
} from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import { isolatedUnits, newlyHarmed, placeOfIsolation, podsOf } from './isolated-pods.ts';
import { workloadsOf } from './own-namespace.ts';
import { podKinds } from './pod-kinds.ts';
import { objectThat } from './related.ts';
import { type Cut, cutsIn, headlessPorts, headlessServices, isReplicated } from './replicas.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R51. The pods of one workload may not reach each other: the members of a database cluster, the nodes of a queue. Only
 * its clients were thought of.
 */
export const workloadInternalTrafficBlocked: PolicyRule = {
  id: 'workload-internal-traffic-blocked',
  number: 'R51',
  title: 'The pods of a workload may not reach each other',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'policy',
  needs: [...podKinds, 'Namespace', 'NetworkPolicy', 'Service'],
  restsOnVerdicts: true,
  cost: 'namespace',
  page: {
    why: `
      A policy for a database or a queue lists its clients. The members of the cluster talk to each
      other too, to replicate and to elect a leader, and they are not on the list: the next member that
      restarts does not come back, days after the policy was applied.`,
    fix: `
      Add a clause that admits the workload's own labels on the ports its members use, and one for
      egress where egress is isolated.`,
    fine: `
      Replicas of most stateless workloads never talk to each other. It is a warning where a headless
      Service leads to the pods, or where a clause admitted the connections of a StatefulSet or DaemonSet
      before; otherwise an info, and that only where the policy selects the workload by labels. One replica has nobody to talk to.
      Netsluice compares declared ports: with one of them open between the pods it is silent, unless a
      port of their headless Service is open to nobody at all.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world, policy, facts, invented } = input;
    if (invented) return;
    const found = directions.flatMap((direction) => isolatedUnits(input, direction));
    const units = [...new Map(found.map((unit) => [unit.id, unit])).values()];
    const replicas = units.filter((unit) => replicated.has(unit.workload.kind) && isReplicated(world, unit));
    const asked = directions.filter((direction) => policy[direction] !== null);
    const cut = cutsIn(world, facts, asked);
    const cutOff = newlyHarmed(input, replicas, (then) => {
      const cutThen = then === world ? cut : cutsIn(then, facts, asked);
      return (unit) => !isEmpty(cutThen(unit));
    });
    const meant = cutOff.filter((unit) => isMeantToMeet(input, unit));
    if (meant.length > 0) yield draft(input, 'meant', meant, cut);
    const others = cutOff.filter((unit) => !meant.includes(unit));
    if (others.length > 0 && !selectsEverything(policy.subject))
      yield { ...draft(input, 'other', others, cut), severity: always('info') };
  },
};

const replicated: ReadonlySet<string> = new Set(['StatefulSet', 'DaemonSet', 'Deployment']);

/** A headless Service leads to each of them, or a clause let members that have names or nodes of their own meet. */
function isMeantToMeet({ facts, previous }: PolicyInput, unit: Unit): boolean {
  if (!isEmpty(headlessPorts(facts, unit))) return true;
  if (previous === null || unit.workload.kind === 'Deployment') return false;
  return directions.some((direction) => previous.isolated(direction).has(unit.id));
}

function draft({ facts, policy }: PolicyInput, key: string, units: readonly Unit[], cut: Cut): Draft {
  const ports = units.reduce<PortSet>((sum, unit) => unionPorts(sum, cut(unit)), noPorts);
  const on = samePorts(ports, allPorts) ? '' : ` on ${portText(ports)}`;
  return {
    key,
    at: placeOfIsolation(policy, policy.ingress === null ? 'egress' : 'ingress'),
    happens: [
      'the pods of ',
      workloadsOf(units),
      ` cannot reach each other${on} until another policy allows it`,
    ],
    advice: [policy.ingress === null ? 'let them reach their own labels' : 'admit their own labels'],
    affected: podsOf(units),
    related: [...new Set(units.flatMap((unit) => headlessServices(facts, unit)))]
      .slice(0, 3)
      .map((service) => objectThat(service.kind, service, 'by its name they find each other')),
  };
}
