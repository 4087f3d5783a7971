import type { Direction } from '../model/policy.ts';
import { parseCidr } from '../sets/addresses.ts';
import type { RecordKey } from '../world/record-index.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { isolatedUnits } from './isolated-pods.ts';
import type { PolicyInput } from './rule.ts';

/** The isolated pods that speak both families, by their addresses, or by those of the nodes while they have none. */
export function dualUnits(input: PolicyInput, direction: Direction): readonly Unit[] {
  const units = isolatedUnits(input, direction);
  const nodes = units.some(({ addressing }) => addressing.families.length === 0) && dualNodes(input.world);
  return units.filter(({ addressing: { families } }) =>
    families.length === 0 ? nodes : families.length > 1,
  );
}

function dualNodes(world: World): boolean {
  for (const _ of world.lookups.records(dualStackNodes, '')) return true;
  return false;
}

/** Under the empty text. */
const dualStackNodes: RecordKey<'Node'> = {
  kind: 'Node',
  textsOf: ({ podRanges }) =>
    new Set(podRanges.map((text) => parseCidr(text)?.family)).size > 1 ? [''] : [],
};
