import { type Entry, matchesUnit, type Side } from '../impact/side.ts';
import type { Clause, CompiledPolicy, Direction, Ternary } from '../model/policy.ts';
import { Kept } from '../platform/kept.ts';
import type { BitSet } from '../sets/bitset.ts';
import { readPeer } from '../world/read-peer.ts';
import { podIds, type Unit } from '../world/unit.ts';
import type { Governing, Governor, World } from '../world/world.ts';
import { subjectUnits } from './pod-peers.ts';
import type { PolicyInput } from './rule.ts';

/** Units that the policy selects and isolates in the direction, those of `among` only if it is given. */
export function isolatedUnits(input: PolicyInput, direction: Direction, among?: BitSet): readonly Unit[] {
  const { policy, world, shared } = input;
  const stray = policy.ignored.some((clause) => clause.direction === direction);
  const speaks = policy[direction] !== null || (stray && world.profile.strayDirections !== 'ignore');
  if (!speaks) return [];
  const units = shared.units.of(direction, () =>
    subjectUnits(input).filter(({ id }) => world.governing(id, direction).isolated),
  );
  return among === undefined ? units : units.filter(({ id }) => among.has(id));
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

/** A clause whose peers are looked up when somebody asks for them: most rules first look at its ports. */
class LateEntry implements Entry {
  readonly governor: Governor;
  readonly clause: Clause;
  private readonly world: World;
  private found: Entry['members'] | null = null;

  constructor(world: World, governor: Governor, clause: Clause) {
    this.world = world;
    this.governor = governor;
    this.clause = clause;
  }

  get members(): Entry['members'] {
    this.found ??= this.world.clauseUnits(this.governor.policy.ref.namespace, this.clause);
    return this.found;
  }
}

/** So many peers are asked about one unit; of more it is cheaper to know whom they match. */
const askedMax = 16;

/** Does the clause match this unit as the other end? Asked of few units, without a look at all whom it matches. */
export function matchesOne(world: World, entry: Entry, unit: Unit): Ternary {
  const { peers } = entry.clause;
  if (peers === 'any' || peers.length > askedMax) return matchesUnit(entry, unit.id);
  const { namespace } = entry.governor.policy.ref;
  const labels = world.namespaceLabels(unit.namespace);
  const read = peers.map((peer) => readPeer(peer, namespace, unit, labels, world.profile).value);
  if (read.includes('yes')) return 'yes';
  return read.includes('maybe') ? 'maybe' : 'no';
}

function lateSideOf(world: World, governing: Governing, direction: Direction): Side {
  const entries = governing.governors.flatMap((governor) =>
    governor.clauses.map((clause) => new LateEntry(world, governor, clause)),
  );
  return { direction, governing, entries };
}

/** The clauses that decide for a unit, worked out once for units that the same policies govern: these share one object. */
export function sidesIn(world: World, direction: Direction): (unit: Unit) => Side {
  const known = new Kept<Governing, Side>();
  return ({ id }) => {
    const governing = world.governing(id, direction);
    return known.of(governing, () => lateSideOf(world, governing, direction));
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
