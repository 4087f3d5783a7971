import { portsOf } from '../impact/side.ts';
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
import { objectThat } from './related.ts';
import { onlyNumber, portSteps } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R11. A clause allows the port of a Service, where policies see the port of the pod: the Service's address and port
 * are translated before. No container listens on the allowed port, so the connection is blocked.
 */
export const servicePortInsteadOfTargetPort: PolicyRule = {
  id: 'service-port-instead-of-target-port',
  number: 'R11',
  title: 'A clause allows the port of a Service instead of the port of its pods',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'heuristic',
  cure: 'none',
  needs: [...podKinds, 'Service'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: `
      A Service's address and port are translated before a policy looks. The policy sees the port on
      which the container listens: with \`port: 80\` and \`targetPort: 8080\` a clause for 80 allows a
      port on which nobody answers, and what clients call is blocked.`,
    fix: `
      Allow the target port, by its number or by the container port's name. \`lint --fix\` writes the
      number where all pods behind the Service have the same one.`,
    fine: `
      It is fine where the same direction also allows the target port, or any destination declares the
      allowed port, and for headless Services, which translate nothing. Egress to addresses or to
      everywhere is not looked at. Containers need not declare their ports: the rule wants a Service
      that leads elsewhere, and remains a heuristic.`,
    platforms: `
      On AWS the port of the Service must equal the port of the pods for policies to work at all.`,
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
  readonly service: string;
  readonly target: PortSet;
}

function* judge(input: PolicyInput, clause: Clause, term: Single): Iterable<Draft> {
  const { policy, facts, world } = input;
  const clauses = clausesOf(policy, clause.direction);
  const { protocol, from: port } = term;
  const destinations = destinationsOf(input, clause) ?? [];
  if (destinations.length > unitsMax) return;
  if (destinations.some((unit) => hasPort(facts.declared(unit), protocol, port))) return;
  const misled = destinations
    .flatMap((unit) => misleading(input, unit, term) ?? [])
    .filter(
      ({ unit, target }) =>
        !clauses.some((other) => !isEmpty(intersectPorts(portsOf(other, unit.ports).may, target))),
    );
  const [first] = misled;
  if (first === undefined) return;
  const targets = misled.reduce((sum, item) => unionPorts(sum, item.target), noPorts);
  const target = portText(targets, 2);
  // On AWS the Service must change as well; elsewhere one port for all destinations settles it.
  const settled = world.profile.serviceTranslation !== 'equal-ports' && misled.length === destinations.length;
  const meant = settled ? onlyNumber(targets, protocol) : null;
  const leads = [
    ...new Map(misled.map(({ unit, service }) => [`${unit.namespace}/${service}`, unit.namespace])),
  ];
  const named = first.unit.namespace === policy.ref.namespace ? `Service ${first.service}` : 'a Service';
  const pods = podCount(misled.map(({ unit }) => unit));
  yield {
    key: `${clause.direction} ${port}/${protocol} ${peersKey(clause)}`,
    at: `${term.origin}.port`,
    happens: [`${port}/${protocol} is the port of ${named} and leads to ${target} on ${pods}`],
    advice: [adviceOf(input, target)],
    affected: misled.flatMap(({ unit }) => podIds(unit)).sort(),
    related: leads
      .slice(0, 3)
      .map(([name, namespace]) =>
        objectThat(
          'Service',
          { namespace, name: name.slice(namespace.length + 1) },
          `leads ${port} to ${target}`,
        ),
      ),
    fix: meant === null ? [] : portSteps(policy, clause, term, meant),
  };
}

function adviceOf({ world }: PolicyInput, target: string): string {
  // "The Service port must equal the container port": the agent programs both addresses with one port.
  const equal = world.profile.serviceTranslation === 'equal-ports';
  return equal ? `allow ${target} and let the Service use that port too` : `allow ${target}`;
}

/** A Service of the unit that has this port and leads to another, or null. */
function misleading({ world }: PolicyInput, unit: Unit, { protocol, from }: Single): Misled | null {
  for (const service of servicesOf(world, unit)) {
    for (const port of service.headless ? [] : service.ports) {
      const target = targetPorts(port, unit);
      if (port.port === from && port.protocol === protocol && !isEmpty(target))
        return { unit, service: service.name, target };
    }
  }
  return null;
}
