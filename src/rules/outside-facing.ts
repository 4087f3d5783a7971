import { portsOf } from '../impact/side.ts';
import type { Clause } from '../model/policy.ts';
import { isEmpty, noPorts, type PortSet, subtractPorts, unionPorts } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import { subjectUnits } from './pod-peers.ts';
import type { PolicyInput } from './rule.ts';

/**
 * Does the clause admit to ports only that are meant for everybody: those that the API server calls, those behind a
 * LoadBalancer or NodePort, and DNS on the resolvers? No selector matches such callers.
 */
export function isOutsideFacing(input: PolicyInput, clause: Clause): boolean {
  if (clause.direction === 'egress' || clause.ports === 'any') return false;
  const units = subjectUnits(input);
  return (
    units.length > 0 &&
    units.every((unit) => {
      const ports = portsOf(clause, unit.ports).may;
      return !isEmpty(ports) && isEmpty(subtractPorts(ports, facingPorts(input, unit)));
    })
  );
}

function facingPorts({ policy, facts }: PolicyInput, { id }: Unit): PortSet {
  const { namespace } = policy.ref;
  const exposed = facts.exposures(namespace).filter(({ callers }) => callers === 'internet');
  const sources = [...facts.callbacks(namespace), ...exposed, facts.resolvers()];
  return sources.reduce((sum, { ports }) => unionPorts(sum, ports.get(id) ?? noPorts), noPorts);
}
