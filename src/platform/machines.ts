import type { Machine } from '../model/objects.ts';
import type { RecordKey } from '../world/record-index.ts';
import type { World } from '../world/world.ts';

/** Is there a node on which the agents of network plugins are not what they are elsewhere? */
export function hasOddMachines(world: World): boolean {
  for (const _ of world.lookups.records(oddMachines, '')) return true;
  return false;
}

/** Under the empty text. */
const oddMachines: RecordKey<'Node'> = {
  kind: 'Node',
  textsOf: ({ machine }) => (machine === 'ordinary' ? [] : ['']),
};

/** What a node is; ordinary where nothing is known of it. */
export function machineOf(world: World, node: string | null): Machine {
  return (node === null ? undefined : world.record('Node', null, node))?.machine ?? 'ordinary';
}
