import { type CompiledPolicy, type Direction, directions } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { matches } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import type { Contents } from './contents.ts';
import { governingOf } from './governing.ts';
import { Signatures } from './signatures.ts';
import type { Unit } from './unit.ts';
import type { UnitTable } from './unit-table.ts';
import type { Governing } from './world.ts';

/** The policies in force and, for each unit, those that select it. */
export class PolicyTable {
  private readonly byNamespace = new Map<string, Map<string, CompiledPolicy>>();
  private readonly unreadable = new Map<string, Set<string>>();
  /** By unit id; nothing where no policy selects the unit. */
  private readonly selecting: (readonly CompiledPolicy[] | undefined)[] = [];
  private readonly governings: Record<Direction, (Governing | undefined)[]> = { ingress: [], egress: [] };
  private readonly isolatedUnits: Record<Direction, BitSet> = { ingress: new BitSet(), egress: new BitSet() };
  private readonly ungovernedUnits: Record<Direction, BitSet> = {
    ingress: new BitSet(),
    egress: new BitSet(),
  };
  readonly signatures: Readonly<Record<Direction, Signatures>>;
  private readonly profile: Profile;
  private readonly units: UnitTable;

  constructor(profile: Profile, units: UnitTable, contents: Contents) {
    this.profile = profile;
    this.units = units;
    this.signatures = {
      ingress: new Signatures('ingress', contents),
      egress: new Signatures('egress', contents),
    };
  }

  get(namespace: string, name: string): CompiledPolicy | undefined {
    return this.byNamespace.get(namespace)?.get(name);
  }

  inNamespace(namespace: string): Iterable<CompiledPolicy> {
    return this.byNamespace.get(namespace)?.values() ?? [];
  }

  /** Puts a policy into force in place of the one of that name, or takes it out of force (null). */
  set(namespace: string, name: string, policy: CompiledPolicy | null): void {
    const old = this.get(namespace, name);
    const touched = new Set<number>();
    if (old !== undefined)
      this.reselect(old, touched, (selecting) => selecting.filter((other) => other !== old));
    if (policy !== null) this.reselect(policy, touched, (selecting) => selecting.concat(policy));
    this.file(namespace, name, policy);
    const made: Made = { owned: new Map(), alone: new Map() };
    for (const id of touched) this.refresh(id, made);
  }

  /** Other policies select the subjects of this one from now on; what was one list for several units stays one. */
  private reselect(
    { ref, subject }: CompiledPolicy,
    touched: Set<number>,
    now: (selecting: readonly CompiledPolicy[]) => readonly CompiledPolicy[],
  ): void {
    const lists = new Map<readonly CompiledPolicy[], readonly CompiledPolicy[]>();
    this.units.select(this.units.inNamespace(ref.namespace), subject).forEach((id) => {
      const selecting = this.selectingOf(id);
      const list = lists.get(selecting) ?? now(selecting);
      lists.set(selecting, list);
      this.selecting[id] = list;
      touched.add(id);
    });
  }

  /** A stored policy that cannot be read leaves every pod of its namespace in doubt. */
  setUnreadable(namespace: string, name: string, unreadable: boolean): void {
    const names = this.unreadable.get(namespace) ?? new Set<string>();
    if (unreadable) names.add(name);
    else names.delete(name);
    if (names.size > 0) this.unreadable.set(namespace, names);
    else this.unreadable.delete(namespace);
  }

  get anyUnreadable(): boolean {
    return this.unreadable.size > 0;
  }

  unreadableIn(namespace: string): 'unreadable' | null {
    return this.unreadable.has(namespace) ? 'unreadable' : null;
  }

  governing(unit: number, direction: Direction): Governing {
    return this.governings[direction][unit] ?? this.compute(unit, direction);
  }

  /** The policies in force that select a unit. */
  selectingOf(unit: number): readonly CompiledPolicy[] {
    return this.selecting[unit] ?? none;
  }

  private compute(unit: number, direction: Direction): Governing {
    return governingOf(this.selectingOf(unit), direction, this.units.get(unit), this.profile);
  }

  isolated(direction: Direction): BitSet {
    return this.isolatedUnits[direction];
  }

  ungoverned(direction: Direction): BitSet {
    return this.ungovernedUnits[direction];
  }

  created(unit: Unit): void {
    const selecting = [...this.inNamespace(unit.namespace)].filter(({ subject }) =>
      matches(subject, unit.labels),
    );
    // The copy has no room to spare.
    this.selecting[unit.id] = selecting.length === 0 ? undefined : selecting.slice();
    this.refresh(unit.id, { owned: new Map(), alone: new Map() });
  }

  removed({ id }: Unit): void {
    this.selecting[id] = undefined;
    for (const direction of directions) {
      this.governings[direction][id] = undefined;
      this.isolatedUnits[direction].delete(id);
      this.ungovernedUnits[direction].delete(id);
      this.signatures[direction].remove(id);
    }
  }

  private refresh(id: number, made: Made): void {
    const unit = this.units.get(id);
    if (unit === undefined) return;
    const selecting = this.selectingOf(id);
    // A plugin may treat pods that nothing owns in another way.
    const known = made[unit.workload.kind === 'Pod' ? 'alone' : 'owned'];
    const governings = known.get(selecting) ?? {
      ingress: this.compute(id, 'ingress'),
      egress: this.compute(id, 'egress'),
    };
    known.set(selecting, governings);
    for (const direction of directions) {
      const governing = governings[direction];
      const governed = isGoverned(governing);
      enter(this.isolatedUnits[direction], id, governing.isolated);
      enter(this.ungovernedUnits[direction], id, !governed);
      const shared = this.signatures[direction].set(unit, governed ? governing : null);
      this.governings[direction][id] = shared ?? governing;
    }
  }

  private file(namespace: string, name: string, policy: CompiledPolicy | null): void {
    const names = this.byNamespace.get(namespace) ?? new Map<string, CompiledPolicy>();
    if (policy === null) names.delete(name);
    else names.set(name, policy);
    if (names.size > 0) this.byNamespace.set(namespace, names);
    else this.byNamespace.delete(namespace);
  }
}

/** What was worked out for units that the same list of policies selects. */
type Made = Readonly<
  Record<'owned' | 'alone', Map<readonly CompiledPolicy[], Readonly<Record<Direction, Governing>>>>
>;

/** Only units that nothing governs may do everything for sure. */
export function isGoverned({ isolated, doubt }: Governing): boolean {
  return isolated || doubt !== null;
}

const none: readonly CompiledPolicy[] = [];

function enter(set: BitSet, unit: number, belongs: boolean): void {
  if (belongs) set.add(unit);
  else set.delete(unit);
}
