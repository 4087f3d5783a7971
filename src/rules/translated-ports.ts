import type { ServicePort, ServiceRecord } from '../model/objects.ts';
import type { Clause, PortTerm } from '../model/policy.ts';
import { servicesOf, targetPorts } from '../platform/services.ts';
import { hasPort, isEmpty, noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import { destinationsOf, peersKey } from './pod-peers.ts';
import type { PolicyInput } from './rule.ts';

/** A term that is one port by number. */
export type SinglePort = Extract<PortTerm, { readonly kind: 'range' }>;

/** A pod on which a Service translates the port that somebody calls into another. */
export interface Misled {
  readonly unit: Unit;
  readonly service: ServiceRecord;
  /** Where the Service leads on the pod. */
  readonly target: PortSet;
}

/** Where the pods of a clause are called on one port by number; all of them, as often as the clause has ports. */
export interface Called {
  readonly destinations: readonly Unit[];
  /** None where any of them declares the port: then that one is meant. */
  misled(term: SinglePort): readonly Misled[];
}

/** Peers that take in more are not meant for the pods of a Service, and would take long to look at. */
const unitsMax = 1000;

/**
 * The pods that clauses are about, each lot looked at once. `calledOn` is the number by which a port of a Service is
 * called, or null where nobody calls it.
 */
export function calledThrough(
  input: PolicyInput,
  calledOn: (port: ServicePort, service: ServiceRecord) => number | null,
): (clause: Clause) => Called {
  const known = new Map<string, Called>();
  return (clause) => {
    const key = clause.direction === 'ingress' ? 'ingress' : `egress ${peersKey(clause)}`;
    const found = known.get(key) ?? called(input, destinationsOf(input, clause) ?? [], calledOn);
    known.set(key, found);
    return found;
  };
}

function called(
  { world, facts }: PolicyInput,
  destinations: readonly Unit[],
  calledOn: (port: ServicePort, service: ServiceRecord) => number | null,
): Called {
  if (destinations.length > unitsMax) return { destinations, misled: () => [] };
  let declared: PortSet = noPorts;
  const byPort = new Map<string, Map<number, Misled>>();
  for (const unit of destinations) {
    declared = unionPorts(declared, facts.declared(unit));
    for (const service of servicesOf(world, unit)) {
      for (const port of service.ports) {
        const target = targetPorts(port, unit);
        const key = `${calledOn(port, service)}/${port.protocol}`;
        const units = byPort.get(key) ?? new Map<number, Misled>();
        if (isEmpty(target) || units.has(unit.id)) continue;
        byPort.set(key, units.set(unit.id, { unit, service, target }));
      }
    }
  }
  return {
    destinations,
    misled: ({ protocol, from }) =>
      hasPort(declared, protocol, from) ? [] : [...(byPort.get(`${from}/${protocol}`)?.values() ?? [])],
  };
}
