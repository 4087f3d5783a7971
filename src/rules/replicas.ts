import { allAllowed, both, decide, portsOf, type Side } from '../impact/side.ts';
import type { ServiceRecord } from '../model/objects.ts';
import type { Direction } from '../model/policy.ts';
import type { Facts } from '../platform/facts.ts';
import { Kept } from '../platform/kept.ts';
import { targetPorts } from '../platform/services.ts';
import {
  allPorts,
  intersectPorts,
  isEmpty,
  noPorts,
  type PortSet,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import { portsKey, type Unit, weightOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { matchesOne, sidesIn } from './isolated-pods.ts';

/** So many units of one workload are compared; their pods differ by labels that are each pod's own. */
const siblingsMax = 8;

/** Does a workload have at least two pods? */
export function isReplicated(world: World, { workload }: Unit): boolean {
  return world.workloadUnits(workload).reduce((sum, unit) => sum + weightOf(unit), 0) > 1;
}

/** Services that lead to the unit's pods and have no address of their own. */
export function headlessServices(facts: Facts, unit: Unit): readonly ServiceRecord[] {
  return facts.services(unit).filter(({ headless }) => headless);
}

/** The ports of a unit that its headless Services lead to, by whose names the members of a cluster find each other. */
export function headlessPorts(facts: Facts, unit: Unit): PortSet {
  return headlessServices(facts, unit)
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
      asked.includes('egress') ? decide(out, (entry) => matchesOne(world, entry, to), to.ports) : allAllowed,
      asked.includes('ingress')
        ? decide(into, (entry) => matchesOne(world, entry, from), to.ports)
        : allAllowed,
    );
    const declared = facts.declared(to);
    const wanted = isEmpty(declared) ? allPorts : declared;
    if (isEmpty(intersectPorts(wanted, may))) return wanted;
    if (!asked.includes('ingress') || !into.governing.isolated) return noPorts;
    return subtractPorts(subtractPorts(headlessPorts(facts, to), may), openPorts(into, to));
  };
  const workloads = new Kept<string, Siblings>();
  const known = new Kept<number, PortSet>();
  return (unit) =>
    known.of(unit.id, () => {
      const siblings = workloads.of(unit.workload.id, () => {
        const units = world.workloadUnits(unit.workload).slice(0, siblingsMax);
        const all = asked.flatMap((direction) => units.map(sides[direction]));
        return { units, sides: [...new Set(all)], kinds: new Kept(), pairs: new Kept() };
      });
      const kindOf = (each: Unit): string | null =>
        siblings.kinds.of(each.id, () => {
          const own = asked.map((direction) => siblings.sides.indexOf(sides[direction](each)));
          return own.includes(-1) ? null : kindText(world, facts, siblings.sides, each, own);
        });
      return cutOf(unit, siblings, between, kindOf);
    });
}

/** Some units of one workload, the sides that decide for them, and what holds between two kinds of its units. */
interface Siblings {
  readonly units: readonly Unit[];
  readonly sides: readonly Side[];
  readonly kinds: Kept<number, string | null>;
  readonly pairs: Kept<string, PortSet>;
}

/** Equal for units that the same policies govern, whom the same clauses match, and that have the same ports. */
function kindText(
  world: World,
  facts: Facts,
  sides: readonly Side[],
  unit: Unit,
  own: readonly number[],
): string {
  const matched = sides.flatMap(({ entries }) => entries.map((entry) => matchesOne(world, entry, unit)));
  const ports = [facts.declared(unit), headlessPorts(facts, unit)].map((set) => set.join());
  return [own.join(), ...matched, portsKey(unit.ports), ...ports].join(' ');
}

function cutOf(
  unit: Unit,
  { units, pairs }: Siblings,
  between: (from: Unit, to: Unit) => PortSet,
  kindOf: (unit: Unit) => string | null,
): PortSet {
  const [only, second] = units;
  if (only === unit && second === undefined) return weightOf(unit) > 1 ? between(unit, unit) : noPorts;
  const others = units.filter((other) => other.id !== unit.id || weightOf(unit) > 1);
  if (others.length === 0) return noPorts;
  const kind = kindOf(unit);
  const found = (from: Unit, to: Unit, one: string | null, two: string | null): PortSet =>
    one === null || two === null ? between(from, to) : pairs.of(`${one} to ${two}`, () => between(from, to));
  return others.reduce<PortSet>((sum, other) => {
    const mate = kindOf(other);
    const out = unionPorts(sum, found(unit, other, kind, mate));
    return other.id === unit.id ? out : unionPorts(out, found(other, unit, mate, kind));
  }, noPorts);
}

/** Ports on which anybody gets in. */
function openPorts({ entries }: Side, unit: Unit): PortSet {
  return entries.reduce((sum, { clause }) => unionPorts(sum, portsOf(clause, unit.ports).may), noPorts);
}
