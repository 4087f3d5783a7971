import { portsOf } from '../impact/side.ts';
import type { Clause } from '../model/policy.ts';
import { Kept } from '../platform/kept.ts';
import type { PortSet } from '../sets/port-set.ts';
import { portsKey, type Unit } from '../world/unit.ts';

/** The ports that a clause may allow on a unit, worked out once for units that resolve names alike. */
export function portsOn(clause: Clause): (unit: Unit) => PortSet {
  const known = new Kept<string, PortSet>();
  const named = clause.ports !== 'any' && clause.ports.some(({ kind }) => kind === 'named');
  return ({ ports }) => known.of(named ? portsKey(ports) : '', () => portsOf(clause, ports).may);
}
