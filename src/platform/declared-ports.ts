import { noPorts, type PortSet, portRange, unionPorts } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { servicesOf, targetPorts } from './services.ts';
import { shapeOf } from './shape-of.ts';

/**
 * The ports of a unit that something declares: a containerPort, a Service's target port (and so an Ingress's), a
 * probe, or a scrape annotation. Connections are itemised on these only.
 */
export function declaredPorts(world: World, unit: Unit): PortSet {
  let declared: PortSet = noPorts;
  for (const { protocol, number } of unit.ports)
    declared = unionPorts(declared, portRange(protocol, number, number));
  for (const service of servicesOf(world, unit)) {
    for (const port of service.ports) declared = unionPorts(declared, targetPorts(port, unit));
  }
  return unionPorts(declared, probesAndScrapes(world, unit));
}

function probesAndScrapes(world: World, unit: Unit): PortSet {
  const shape = shapeOf(world, unit);
  let declared: PortSet = noPorts;
  for (const port of shape?.probePorts ?? []) declared = unionPorts(declared, portRange('TCP', port, port));
  const scraped = shape?.annotations.get('prometheus.io/scrape') !== 'false';
  const scrape = Number(shape?.annotations.get('prometheus.io/port') ?? Number.NaN);
  const valid = scraped && Number.isInteger(scrape) && scrape >= 1 && scrape <= 65_535;
  return valid ? unionPorts(declared, portRange('TCP', scrape, scrape)) : declared;
}
