import { allAllowed, both, decide, matchesUnit, portsOf, type Side } from '../impact/side.ts';
import type { ServiceRecord } from '../model/objects.ts';
import type { Direction } from '../model/policy.ts';
import type { Facts } from '../platform/facts.ts';
import { servicesOf, targetPorts } from '../platform/services.ts';
import {
  allPorts,
  intersectPorts,
  isEmpty,
  noPorts,
  type PortSet,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import { type Unit, weightOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { sidesIn } from './isolated-pods.ts';

/** So many units of one workload are compared; their pods differ by labels that are each pod's own. */
const siblingsMax = 8;

/** Does a workload have at least two pods? */
export function isReplicated(world: World, { workload }: Unit): boolean {
  return world.workloadUnits(workload).reduce((sum, unit) => sum + weightOf(unit), 0) > 1;
}

/** Services that lead to the unit's pods and have no address of their own. */
export function headlessServices(world: World, unit: Unit): readonly ServiceRecord[] {
  return servicesOf(world, unit).filter(({ headless }) => headless);
}

/** The ports of a unit that its headless Services lead to, by whose names the members of a cluster find each other. */
export function headlessPorts(world: World, unit: Unit): PortSet {
  return headlessServices(world, unit)
    .flatMap(({ ports }) => ports)
    .reduce((sum, port) => unionPorts(sum, targetPorts(port, unit)), noPorts);
}

/** The declared ports on which a unit's pods and the others of its workload do not reach each other. */
export type Cut = (unit: Unit) => PortSet;

/**
 * Pods of one workload are cut off from each other where they may use no declared port of one another, or where a port
 * of their headless Service is open to nobody: then it is a port that only they would use. Asked of the directions of
 * one policy, because what the other direction blocks is another policy's affair.
 */
export function cutsIn(world: World, facts: Facts, asked: readonly Direction[]): Cut {
  const sides = { ingress: sidesIn(world, 'ingress'), egress: sidesIn(world, 'egress') };
  const between = (from: Unit, to: Unit): PortSet => {
    const [out, into] = [sides.egress(from), sides.ingress(to)];
    const { may } = both(
      asked.includes('egress') ? decide(out, (entry) => matchesUnit(entry, to.id), to.ports) : allAllowed,
      asked.includes('ingress') ? decide(into, (entry) => matchesUnit(entry, from.id), to.ports) : allAllowed,
    );
    const declared = facts.declared(to);
    const wanted = isEmpty(declared) ? allPorts : declared;
    if (isEmpty(intersectPorts(wanted, may))) return wanted;
    if (!asked.includes('ingress') || !into.governing.isolated) return noPorts;
    return subtractPorts(subtractPorts(headlessPorts(world, to), may), openPorts(into, to));
  };
  const known = new Map<number, PortSet>();
  return (unit) => {
    const found = known.get(unit.id) ?? cutOf(world, unit, between);
    known.set(unit.id, found);
    return found;
  };
}

function cutOf(world: World, unit: Unit, between: (from: Unit, to: Unit) => PortSet): PortSet {
  const others = world.workloadUnits(unit.workload).slice(0, siblingsMax);
  const pairs = others.filter((other) => other.id !== unit.id || weightOf(unit) > 1);
  return pairs.reduce<PortSet>((sum, other) => {
    const out = unionPorts(sum, between(unit, other));
    return other.id === unit.id ? out : unionPorts(out, between(other, unit));
  }, noPorts);
}

/** Ports on which anybody gets in. */
function openPorts({ entries }: Side, unit: Unit): PortSet {
  return entries.reduce((sum, { clause }) => unionPorts(sum, portsOf(clause, unit.ports).may), noPorts);
}
