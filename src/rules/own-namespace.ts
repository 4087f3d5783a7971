import type { Mention } from '../model/finding.ts';
import { BitSet } from '../sets/bitset.ts';
import type { Unit } from '../world/unit.ts';
import type { PolicyInput } from './rule.ts';

/**
 * What is true of a namespace as a whole is told on one of its policies, the first by name, so that scan and lint say
 * it once and always at the same place.
 */
export function speaksForNamespace({ policy, world }: PolicyInput): boolean {
  const { namespace, name } = policy.ref;
  for (const { ref } of world.policiesIn(namespace)) if (ref.name < name) return false;
  return true;
}

/** The units of the policy's namespace without invented pods. */
export function unitsAround({ policy, world }: PolicyInput): BitSet {
  const units = world.unitsIn(policy.ref.namespace);
  const invented = units.toArray().filter((id) => {
    const unit = world.unit(id);
    return unit !== undefined && isInvented(unit);
  });
  return invented.length === 0 ? units : units.andNot(BitSet.of(invented));
}

/** An invented pod stands in where a policy selects nothing; its name is none that pods can have. */
export function isInvented({ members }: Unit): boolean {
  const [name] = members;
  return name?.startsWith('(') === true;
}

/** The workloads of units, each once, in the order of the units. */
export function workloadsOf(units: Iterable<Unit>): Mention {
  const found = new Map([...units].map(({ workload }) => [workload.id, workload]));
  return { kind: 'workloads', of: found.size, examples: [...found.values()].slice(0, 2) };
}
