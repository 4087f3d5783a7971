import { type Side, sideOf } from '../impact/side.ts';
import type { CompiledPolicy, Direction } from '../model/policy.ts';
import type { BitSet } from '../sets/bitset.ts';
import { podIds, type Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { unitsOf } from './pod-peers.ts';
import type { PolicyInput } from './rule.ts';

/** Units that the policy selects and isolates in the direction, those of `among` only if it is given. */
export function isolatedUnits(
  { policy, world }: PolicyInput,
  direction: Direction,
  among?: BitSet,
): readonly Unit[] {
  const stray = policy.ignored.some((clause) => clause.direction === direction);
  const speaks = policy[direction] !== null || (stray && world.profile.strayDirections !== 'ignore');
  if (!speaks) return [];
  const isolated = world.subjects(policy).and(world.isolated(direction));
  return unitsOf(world, among === undefined ? isolated : isolated.and(among));
}

/** Is a unit harmed in a world? Asked of one world for many units, so that what they share is worked out once. */
export type Harm = (unit: Unit) => boolean;

/** Units that are harmed now and were not before the change, or that are harmed where there is no before. */
export function newlyHarmed(
  { world, previous }: PolicyInput,
  units: readonly Unit[],
  harmIn: (world: World) => Harm,
): readonly Unit[] {
  const now = harmIn(world);
  const harmed = units.filter(now);
  if (previous === null || harmed.length === 0) return harmed;
  const then = harmIn(previous);
  return harmed.filter(({ id }) => {
    const old = previous.unit(id);
    return old === undefined || !then(old);
  });
}

/** The clauses that decide for a unit, worked out once for units that the same policies govern. */
export function sidesIn(world: World, direction: Direction): (unit: Unit) => Side {
  const known = new Map<string, Side>();
  return ({ id }) => {
    const governing = world.governing(id, direction);
    const key = `${governing.isolated} ${governing.key}`;
    const side = known.get(key) ?? sideOf(world, governing, direction);
    known.set(key, side);
    return side;
  };
}

/** The first by name of the policies that isolate a unit; null where it is in doubt whether any does. */
export function isolatorOf({ governing }: Side): CompiledPolicy | null {
  if (governing.doubt !== null) return null;
  const names = governing.governors.filter(({ isolates }) => isolates).map(({ policy }) => policy);
  return names.sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1))[0] ?? null;
}

/** Where a policy says that it isolates: its clauses, else its types, else the spec. */
export function placeOfIsolation({ source }: CompiledPolicy, direction: Direction): string {
  if ((source.spec?.[direction].length ?? 0) > 0) return `spec.${direction}`;
  return (source.spec?.policyTypes.length ?? 0) > 0 ? 'spec.policyTypes' : 'spec';
}

/** The pods of units, sorted. */
export function podsOf(units: readonly Unit[]): string[] {
  return units.flatMap(podIds).sort();
}
