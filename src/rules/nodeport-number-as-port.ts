import { portsOf } from '../impact/side.ts';
import { type Clause, clausesOf } from '../model/policy.ts';
import { intersectPorts, isEmpty, noPorts, portText, unionPorts } from '../sets/port-set.ts';
import { podIds } from '../world/unit.ts';
import { podKinds } from './pod-kinds.ts';
import { peersKey, podCount, portTermsOf } from './pod-peers.ts';
import { onlyNumber, portSteps } from './remedies.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { type Called, calledThrough, type SinglePort } from './translated-ports.ts';

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
    const called = calledThrough(input, ({ nodePort }) => nodePort);
    for (const { clause, term } of portTermsOf(input.policy)) {
      if (term.kind === 'range' && term.from === term.to) yield* judge(input, clause, term, called(clause));
    }
  },
};

function* judge({ policy }: PolicyInput, clause: Clause, term: SinglePort, called: Called): Iterable<Draft> {
  const { protocol, from: port } = term;
  const clauses = clausesOf(policy, clause.direction);
  const misled = called
    .misled(term)
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
