import type { Overlay } from '../world/overlay.ts';
import { podIds, traitsKey, type Unit, weightOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import type { ConnectionUnit } from './connections-tally.ts';

/** A workload or a pod over both sides of a change. */
export interface ChangedEnd {
  /** `namespace/name[Kind]`. */
  readonly id: string;
  /** Of both sides; most exist on both. */
  readonly units: readonly number[];
  readonly presence: Presence;
}

/** Is it there on both sides? */
export type Presence = 'both' | 'added' | 'removed';

/** Every workload or pod that exists before or after, sorted by id. */
export function changedEnds({ before, after }: Overlay, unit: ConnectionUnit): readonly ChangedEnd[] {
  const found = new Map<string, { units: number[]; was: boolean; is: boolean }>();
  const note = (world: World, side: 'was' | 'is') => (id: number) => {
    const own = world.unit(id);
    for (const name of own === undefined ? [] : idsOf(own, unit)) {
      const known = found.get(name) ?? { units: [], was: false, is: false };
      found.set(name, known);
      known[side] = true;
      if (!known.units.includes(id)) known.units.push(id);
    }
  };
  before.units.forEach(note(before, 'was'));
  after.units.forEach(note(after, 'is'));
  return [...found]
    .map(([id, { units, was, is }]) => {
      const presence: Presence = was && is ? 'both' : is ? 'added' : 'removed';
      return { id, units, presence };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function idsOf(unit: Unit, by: ConnectionUnit): readonly string[] {
  return by === 'workload' ? [unit.workload.id] : podIds(unit).map((id) => `${id}[Pod]`);
}

/**
 * Has it pods on one side that none of the other resembles? Then all of its connections must be looked at: a new pod
 * that may do less than its siblings is in no rectangle, because nothing of it changed. So must those of a workload
 * that comes or goes where `dark`: of some ends nothing is known, whatever the policies say that are analysed.
 */
export function isOdd({ units, presence }: ChangedEnd, { before, after }: Overlay, dark: Dark): boolean {
  if (presence !== 'both') return dark === 'dark';
  const oneSided = units.some((id) => (before.unit(id) === undefined) !== (after.unit(id) === undefined));
  if (!oneSided) return false;
  const traits = (world: World): string =>
    [...new Set(units.flatMap((id) => world.unit(id) ?? []).map(traitsKey))].sort().join('\n');
  return traits(before) !== traits(after);
}

/** Could a policy API that is not analysed govern one of the ends? */
export type Dark = 'dark' | 'clear';

export function darkness({ before, after }: Overlay): Dark {
  const namespaces = new Set<string>();
  for (const world of [before, after]) {
    world.units.forEach((id) => {
      namespaces.add(world.unit(id)?.namespace ?? '');
    });
  }
  return [...namespaces].some((namespace) => after.foreignApi(namespace) !== null) ? 'dark' : 'clear';
}

/** Is a pair of pods of this unit to be had on one side only? */
export function pairsComeOrGo(id: number, { before, after }: Overlay): boolean {
  return hasPairs(before, id) !== hasPairs(after, id);
}

/** A pod to itself is no connection; two pods of one unit are. */
export function hasPairs(world: World, id: number): boolean {
  const unit = world.unit(id);
  return unit !== undefined && weightOf(unit) > 1;
}
