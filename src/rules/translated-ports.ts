import type { ServicePort, ServiceRecord } from '../model/objects.ts';
import type { Clause, PortTerm } from '../model/policy.ts';
import { targetPorts } from '../platform/services.ts';
import { hasPort, isEmpty, type PortSet } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import { destinationsOf } from './pod-peers.ts';
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

/** The number by which a port of a Service is called, or null where nobody calls it. */
type CalledOn = (port: ServicePort, service: ServiceRecord) => number | null;

/** The pods that clauses are about, each lot looked at once. */
export function calledThrough(input: PolicyInput, calledOn: CalledOn): (clause: Clause) => Called {
  const known = new Map<readonly Unit[], Called>();
  return (clause) => {
    const destinations = destinationsOf(input, clause) ?? [];
    const found = known.get(destinations) ?? called(input, destinations, calledOn);
    known.set(destinations, found);
    return found;
  };
}

function called({ facts }: PolicyInput, destinations: readonly Unit[], calledOn: CalledOn): Called {
  if (destinations.length > unitsMax) return { destinations, misled: () => [] };
  const callsOf = callsIn(facts.services, destinations, calledOn);
  return {
    destinations,
    misled: ({ protocol, from }) => {
      // The ports of containers are at hand: most often they settle it.
      const isOpen = ({ ports }: Unit): boolean =>
        ports.some((port) => port.protocol === protocol && port.number === from);
      if (destinations.some(isOpen)) return [];
      const found = callsOf(`${from}/${protocol}`);
      const declared = (unit: Unit): boolean => hasPort(facts.declared(unit), protocol, from);
      // All of them, so that the steps do not tell the order in which the cluster was learnt.
      return found.length === 0 || destinations.filter(declared).length > 0 ? [] : found;
    },
  };
}

/** The calls that Services take on, by number and protocol; of several Services on one pod the first by name. */
function callsIn(
  servicesOf: (unit: Unit) => readonly ServiceRecord[],
  destinations: readonly Unit[],
  calledOn: CalledOn,
): (number: string) => readonly Misled[] {
  let known: ReadonlyMap<string, ReadonlyMap<number, Misled>> | null = null;
  const collected = (): ReadonlyMap<string, ReadonlyMap<number, Misled>> => {
    const byPort = new Map<string, Map<number, Misled>>();
    for (const unit of destinations)
      for (const service of servicesOf(unit)) addCalls(byPort, { unit, service }, calledOn);
    return byPort;
  };
  return (number) => {
    known ??= collected();
    return [...(known.get(number)?.values() ?? [])];
  };
}

function addCalls(
  byPort: Map<string, Map<number, Misled>>,
  { unit, service }: Omit<Misled, 'target'>,
  calledOn: CalledOn,
): void {
  for (const port of service.ports) {
    const target = targetPorts(port, unit);
    const key = `${calledOn(port, service)}/${port.protocol}`;
    const units = byPort.get(key) ?? new Map<number, Misled>();
    if (isEmpty(target) || units.has(unit.id)) continue;
    byPort.set(key, units.set(unit.id, { unit, service, target }));
  }
}
