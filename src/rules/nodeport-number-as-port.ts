import { portsOf } from '../impact/side.ts';
import type { ServiceRecord } from '../model/objects.ts';
import { type Clause, clausesOf, type PortTerm } from '../model/policy.ts';
import { servicesOf, targetPorts } from '../platform/services.ts';
import {
  hasPort,
  intersectPorts,
  isEmpty,
  noPorts,
  type PortSet,
  portText,
  unionPorts,
} from '../sets/port-set.ts';
import { podIds, type Unit } from '../world/unit.ts';
import { podKinds } from './pod-kinds.ts';
import { destinationsOf, peersKey, podCount, portTermsOf } from './pod-peers.ts';
import { onlyNumber, portSteps } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R63. A clause allows the node port of a Service, where policies see the port of the pod: the node's port is translated
 * before. No container listens on the allowed port, so that the traffic is blocked.
 */
export const nodeportNumberAsPort: PolicyRule = {
  id: 'nodeport-number-as-port',
  number: 'R63',
  title: 'A clause allows the node port of a Service instead of the port of its pods',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'heuristic',
  cure: 'none',
  needs: [...podKinds, 'Service'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: `
      A Service of type NodePort or LoadBalancer is reached on a port of every node, 30000 to 32767.
      The node translates that port into the port of a pod before any policy looks, so that a clause
      that allows the node port allows a port on which no container listens, and what comes in is
      blocked.`,
    fix: `
      Allow the target port, by number or by the container port's name. \`lint --fix\` writes the number
      where there is one.`,
    fine: `
      The rule is silent where a destination pod declares the allowed port, where the same direction
      allows the target port too, and for egress to addresses or to everywhere: the node ports of
      another cluster are reached by exactly their numbers.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    for (const { clause, term } of portTermsOf(input.policy)) {
      if (term.kind === 'range' && term.from === term.to) yield* judge(input, clause, term);
    }
  },
};

/** Peers that take in more are not meant for the pods of a Service, and would take long to look at. */
const unitsMax = 1000;

/** A term that is one port by number. */
type Single = Extract<PortTerm, { readonly kind: 'range' }>;

interface Misled {
  readonly unit: Unit;
  readonly service: ServiceRecord;
  readonly target: PortSet;
}

function* judge(input: PolicyInput, clause: Clause, term: Single): Iterable<Draft> {
  const { policy, facts } = input;
  const { protocol, from: port } = term;
  const destinations = destinationsOf(input, clause) ?? [];
  if (destinations.length > unitsMax) return;
  if (destinations.some((unit) => hasPort(facts.declared(unit), protocol, port))) return;
  const clauses = clausesOf(policy, clause.direction);
  const misled = destinations
    .flatMap((unit) => misleading(input, unit, term) ?? [])
    .filter(
      ({ unit, target }) =>
        !clauses.some((other) => !isEmpty(intersectPorts(portsOf(other, unit.ports).may, target))),
    );
  const [first] = misled;
  if (first === undefined) return;
  const { kind, namespace, name } = first.service;
  const own = namespace === policy.ref.namespace;
  const targets = misled.reduce((sum, item) => unionPorts(sum, item.target), noPorts);
  const target = portText(targets, 2);
  const meant = onlyNumber(targets, protocol);
  const pods = podCount(misled.map(({ unit }) => unit));
  yield {
    key: `${clause.direction} ${port}/${protocol} ${peersKey(clause)}`,
    at: `${term.origin}.port`,
    happens: [
      `${port}/${protocol} is the node port of ${own ? `Service ${name}` : 'a Service'} and leads to ${target} on ${pods}`,
    ],
    advice: [`allow ${target}`],
    affected: misled.flatMap(({ unit }) => podIds(unit)).sort(),
    fix: meant === null ? [] : portSteps(policy, clause, term, meant),
    related: own
      ? [{ object: { kind, namespace, name }, at: 'spec.ports', says: `it leads ${port} to ${target}` }]
      : [],
  };
}

/** A Service of the unit that has this node port, or null. */
function misleading({ world }: PolicyInput, unit: Unit, { protocol, from }: Single): Misled | null {
  for (const service of servicesOf(world, unit)) {
    for (const port of service.ports) {
      const target = targetPorts(port, unit);
      if (port.nodePort === from && port.protocol === protocol && !isEmpty(target))
        return { unit, service, target };
    }
  }
  return null;
}
