import type { Side } from '../impact/side.ts';
import type { CompiledPolicy, Direction } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import type { Unit } from '../world/unit.ts';
import { isolatorOf, sidesIn } from './isolated-pods.ts';
import { allowing, type Own } from './other-end.ts';
import { type NamedPeer, realUnits, unitsOf } from './pod-peers.ts';
import type { PolicyInput } from './rule.ts';

/** Pods of the other end of a clause that one policy isolates, before anybody asks whether it admits the connections. */
export interface Meeting {
  readonly named: NamedPeer;
  readonly policy: CompiledPolicy;
  readonly side: Side;
  readonly units: readonly Unit[];
  readonly allows: ReturnType<typeof allowing>;
}

/** So many units of the other end are looked at. */
const unitsMax = 300;

const opposite: Readonly<Record<Direction, Direction>> = { ingress: 'egress', egress: 'ingress' };

/** Whom a peer matches that is isolated, by what governs them; none for a peer that is meant for everybody. */
export function meetingsOf(input: PolicyInput, named: NamedPeer, own: Own): Meeting[] {
  const { clause, peer } = named;
  const { world, facts } = input;
  if (peer.namespaces !== 'own' && selectsEverything(peer.namespaces)) return [];
  const direction = opposite[clause.direction];
  const others = realUnits(input, peer).and(world.isolated(direction));
  if (others.isEmpty()) return [];
  if (clause.direction === 'ingress' && !own.here.some((unit) => facts.services(unit).length > 0)) return [];
  const sideFor = sidesIn(world, direction);
  const bySide = new Map<Side, Unit[]>();
  for (const other of unitsOf(world, others).slice(0, unitsMax)) {
    const side = sideFor(other);
    const units = bySide.get(side);
    if (units === undefined) bySide.set(side, [other]);
    else units.push(other);
  }
  const allows = allowing(input, clause, own);
  return [...bySide].flatMap(([side, units]) => {
    const policy = isolatorOf(side);
    const met = units.filter(({ id }) => own.here.length !== 1 || own.here[0]?.id !== id);
    return policy === null ? [] : [{ named, policy, side, units: met, allows }];
  });
}

/** Those of them that refuse every connection of the clause. */
export function refusedIn({ facts }: PolicyInput, { named, side, units, allows }: Meeting): Unit[] {
  const isCalled = (unit: Unit): boolean =>
    named.clause.direction === 'ingress' || facts.services(unit).length > 0;
  return units.filter((unit) => !allows(side, unit) && isCalled(unit));
}
