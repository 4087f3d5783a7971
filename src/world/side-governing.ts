import type { CompiledPolicy, Direction } from '../model/policy.ts';
import { matches } from '../model/selector.ts';
import type { ClusterWorld } from './cluster-world.ts';
import type { EditedPolicies } from './edited-policies.ts';
import { governingAfter, governingOf } from './governing.ts';
import type { Unit } from './unit.ts';
import type { Governing } from './world.ts';

/** What governs units of one kind that edited policies select, and what does where one more policy selects them. */
interface Way {
  governing: Governing | null;
  readonly next: Map<CompiledPolicy, Way>;
}

/**
 * What governs units on one side of a change. Who is concerned by no edited policy is governed as in the base; all others
 * are worked out once for each way in which they are, of what the base knows.
 */
export class SideGoverning {
  private readonly base: ClusterWorld;
  private readonly edited: EditedPolicies;
  private readonly byUnit = both(() => new Map<number, Governing>());
  /** By what governs them in the base: pods that nothing owns, which a plugin may treat in another way, and all others. */
  private readonly alone = both(() => new Map<Governing, Way>());
  private readonly owned = both(() => new Map<Governing, Way>());
  /** Of units that are governed alike it is one object. */
  private readonly alike = both(() => new Map<string, Governing>());
  /** The edited policies that select a unit; null where these are the ones of the base. */
  private readonly selecting = new Map<number, readonly CompiledPolicy[] | null>();

  constructor(base: ClusterWorld, edited: EditedPolicies) {
    this.base = base;
    this.edited = edited;
  }

  /** Of a unit that the base knows under `known`, or does not know; `inForce` are the policies of its namespace. */
  of(
    id: number,
    unit: Unit | undefined,
    known: number | undefined,
    direction: Direction,
    inForce: () => Iterable<CompiledPolicy>,
  ): Governing {
    const made = this.byUnit[direction].get(id);
    if (made !== undefined) return made;
    const governing =
      unit === undefined
        ? this.ofNobody(known, direction)
        : known === undefined
          ? this.ofNew(unit, direction, inForce())
          : this.ofKnown(id, unit, known, direction);
    this.byUnit[direction].set(id, governing);
    return governing;
  }

  /** A unit that this side does not have. */
  private ofNobody(known: number | undefined, direction: Direction): Governing {
    if (known !== undefined) return this.base.governing(known, direction);
    return governingOf([], direction, undefined, this.base.profile);
  }

  private ofNew(unit: Unit, direction: Direction, inForce: Iterable<CompiledPolicy>): Governing {
    const selecting = [...inForce].filter(({ subject }) => matches(subject, unit.labels));
    return this.shared(governingOf(selecting, direction, unit, this.base.profile), direction);
  }

  private ofKnown(id: number, unit: Unit, known: number, direction: Direction): Governing {
    const come = this.selectingOf(id, unit, known);
    const there = this.base.governing(known, direction);
    return come === null ? there : this.after(there, come, direction, unit);
  }

  private selectingOf(
    id: number,
    { namespace, labels }: Unit,
    known: number,
  ): readonly CompiledPolicy[] | null {
    const kept = this.selecting.get(id);
    if (kept !== undefined) return kept;
    const concerned = this.edited.concern(namespace, labels, this.base.policies.selectingOf(known));
    const selecting = concerned ? this.edited.selecting(namespace, labels) : null;
    this.selecting.set(id, selecting);
    return selecting;
  }

  private after(
    there: Governing,
    come: readonly CompiledPolicy[],
    direction: Direction,
    unit: Unit,
  ): Governing {
    const ways = (unit.workload.kind === 'Pod' ? this.alone : this.owned)[direction];
    let way = stepTo(ways, there);
    for (const policy of come) way = stepTo(way.next, policy);
    if (way.governing !== null) return way.governing;
    const gone = (name: string): boolean => this.edited.has(unit.namespace, name);
    const made = governingAfter(there, gone, come, direction, unit, this.base.profile);
    way.governing = this.shared(made, direction);
    return way.governing;
  }

  private shared(governing: Governing, direction: Direction): Governing {
    const known = this.alike[direction].get(governing.key);
    const shared = known !== undefined && known.isolated === governing.isolated ? known : governing;
    this.alike[direction].set(governing.key, shared);
    return shared;
  }
}

function stepTo<K>(ways: Map<K, Way>, key: K): Way {
  const known = ways.get(key) ?? { governing: null, next: new Map() };
  ways.set(key, known);
  return known;
}

function both<T>(make: () => T): Readonly<Record<Direction, T>> {
  return { ingress: make(), egress: make() };
}
