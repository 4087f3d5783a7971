import { portsOf } from '../impact/side.ts';
import { type Clause, clausesOf } from '../model/policy.ts';
import { intersectPorts, isEmpty, noPorts, portText, unionPorts } from '../sets/port-set.ts';
import { podIds } from '../world/unit.ts';
import { podKinds } from './pod-kinds.ts';
import { peersKey, podCount, portTermsOf } from './pod-peers.ts';
import { objectThat } from './related.ts';
import { onlyNumber, portSteps } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { type Called, calledThrough, type SinglePort } from './translated-ports.ts';

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
    const called = calledThrough(input, ({ port }, { headless }) => (headless ? null : port));
    for (const { clause, term } of portTermsOf(input.policy)) {
      if (term.kind === 'range' && term.from === term.to) yield* judge(input, clause, term, called(clause));
    }
  },
};

function* judge(input: PolicyInput, clause: Clause, term: SinglePort, called: Called): Iterable<Draft> {
  const { policy, world } = input;
  const clauses = clausesOf(policy, clause.direction);
  const { protocol, from: port } = term;
  const misled = called
    .misled(term)
    .filter(
      ({ unit, target }) =>
        !clauses.some((other) => !isEmpty(intersectPorts(portsOf(other, unit.ports).may, target))),
    );
  const [first] = misled;
  if (first === undefined) return;
  const targets = misled.reduce((sum, item) => unionPorts(sum, item.target), noPorts);
  const target = portText(targets, 2);
  // On AWS the Service must change as well; elsewhere one port for all destinations settles it.
  const settled =
    world.profile.serviceTranslation !== 'equal-ports' && misled.length === called.destinations.length;
  const meant = settled ? onlyNumber(targets, protocol) : null;
  const leads = [
    ...new Map(misled.map(({ unit, service }) => [`${unit.namespace}/${service.name}`, unit.namespace])),
  ];
  const named = first.unit.namespace === policy.ref.namespace ? `Service ${first.service.name}` : 'a Service';
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
