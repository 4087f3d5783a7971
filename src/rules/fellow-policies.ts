import type { Clause, CompiledPolicy, Direction } from '../model/policy.ts';
import type { Unit } from '../world/unit.ts';
import { subjectUnits } from './pod-peers.ts';
import type { PolicyInput } from './rule.ts';

/** Another policy that governs some of the same pods in one direction. */
export interface Fellow {
  readonly policy: CompiledPolicy;
  readonly clauses: readonly Clause[];
  /** The units that both govern. */
  readonly units: readonly Unit[];
}

/** So many units of a policy are asked who else governs them; most share their policies with many others. */
const unitsMax = 500;

/** The policies that govern pods of this one too, in the direction and surely, in the order of their names. */
export function fellowsOf(input: PolicyInput, direction: Direction): readonly Fellow[] {
  if (input.policy[direction] === null) return [];
  return input.shared.fellows.of(direction, () => fellowsIn(input, direction));
}

function fellowsIn(input: PolicyInput, direction: Direction): readonly Fellow[] {
  const { policy, world } = input;
  const found = new Map<string, { policy: CompiledPolicy; clauses: readonly Clause[]; units: Unit[] }>();
  for (const unit of subjectUnits(input).slice(0, unitsMax)) {
    for (const governor of world.governing(unit.id, direction).governors) {
      const { name } = governor.policy.ref;
      if (name === policy.ref.name || !governor.certain) continue;
      const fellow = found.get(name) ?? { policy: governor.policy, clauses: governor.clauses, units: [] };
      fellow.units.push(unit);
      found.set(name, fellow);
    }
  }
  return [...found.values()].sort((a, b) => (a.policy.ref.name < b.policy.ref.name ? -1 : 1));
}
