import type { Budget } from '../impact/budget.ts';
import { externalAtoms } from '../impact/internet.ts';
import {
  both,
  decide,
  matchesUnit,
  noneAllowed,
  type PortReading,
  type Side,
  sideOf,
} from '../impact/side.ts';
import { matchEnd } from '../impact/verdict.ts';
import type { ContainerPort } from '../model/port.ts';
import { nodeLocalResolver, type Resolvers } from '../platform/resolvers.ts';
import { parseAddress } from '../sets/addresses.ts';
import { intersectPorts, noPorts, type PortSet, portRange, unionPorts } from '../sets/port-set.ts';
import { weightOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';

const dnsPorts = unionPorts(portRange('UDP', 53, 53), portRange('TCP', 53, 53));
const nodeLocalAddress = parseAddress(nodeLocalResolver);

/**
 * The ports that a side allows towards, or from, any address that nobody in the cluster owns. Within an atom all
 * clauses agree, so that one address of it speaks for all.
 */
export function outsideReading(
  world: World,
  side: Side,
  ports: readonly ContainerPort[],
  budget: Budget,
): PortReading {
  const clauses = side.entries.map(({ clause }) => clause);
  const readings: PortReading[] = [];
  for (const { first } of externalAtoms(world, clauses)) {
    if (!budget.spend(1 + clauses.length)) break;
    readings.push(
      decide(side, (entry) => matchEnd(world, entry, { kind: 'address', address: first }), ports),
    );
  }
  return anyOf(readings);
}

/** The resolvers of one side of a change that a contract speaks of. */
export type Resolving = Pick<Resolvers, 'units' | 'ports' | 'nodeLocal'>;

/** The ports that mean DNS where a contract lists none. */
export function portsOfDns({ ports, nodeLocal }: Resolving): PortSet {
  return [...ports.values()].reduce(unionPorts, nodeLocal ? dnsPorts : noPorts);
}

/** What one unit may do with any resolver, the cache on its own node included. */
export function resolverReading(
  world: World,
  { units, ports, nodeLocal }: Resolving,
  wanted: PortSet | null,
  { unit, side }: { readonly unit: number; readonly side: Side },
): PortReading {
  const readings: PortReading[] = [];
  units.forEach((id) => {
    const resolver = world.unit(id);
    if (resolver === undefined || isItself(resolver, unit)) return;
    const egress = decide(side, (entry) => matchesUnit(entry, id), resolver.ports);
    const ingress = decide(
      sideOf(world, world.governing(id, 'ingress'), 'ingress'),
      (entry) => matchesUnit(entry, unit),
      resolver.ports,
    );
    readings.push(narrowed(both(egress, ingress), wanted ?? ports.get(id) ?? noPorts));
  });
  if (nodeLocal && nodeLocalAddress !== null) {
    const end = { kind: 'address', address: nodeLocalAddress } as const;
    const reading = decide(side, (entry) => matchEnd(world, entry, end), []);
    readings.push(narrowed(reading, dnsPorts));
  }
  return anyOf(readings);
}

/** "A pod to itself never counts." */
function isItself(resolver: Parameters<typeof weightOf>[0], unit: number): boolean {
  return resolver.id === unit && weightOf(resolver) === 1;
}

function narrowed({ must, may, reasons }: PortReading, ports: PortSet): PortReading {
  return { must: intersectPorts(must, ports), may: intersectPorts(may, ports), reasons };
}

/** A port is allowed if any of the readings allows it. */
function anyOf(readings: readonly PortReading[]): PortReading {
  return readings.reduce(
    (sum, { must, may, reasons }) => ({
      must: unionPorts(sum.must, must),
      may: unionPorts(sum.may, may),
      reasons: [...new Set([...sum.reasons, ...reasons])],
    }),
    noneAllowed,
  );
}
