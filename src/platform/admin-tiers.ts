import type { AdminPolicy, ForeignPolicyRecord } from '../model/objects.ts';
import { matches } from '../model/selector.ts';
import type { RecordKey } from '../world/record-index.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';

/** A policy of a cluster tier of which is known whom it decides for. */
export interface TieredPolicy {
  readonly record: ForeignPolicyRecord;
  readonly admin: AdminPolicy;
}

/** The policies of the cluster tiers, in the order of their names; those of unknown versions are left out. */
export function tieredPolicies(world: World): readonly TieredPolicy[] {
  const found: TieredPolicy[] = [];
  for (const record of world.lookups.records(readable, ''))
    if (record.admin != null) found.push({ record, admin: record.admin });
  return found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Under the empty text. */
const readable: RecordKey<'ForeignPolicy'> = {
  kind: 'ForeignPolicy',
  textsOf: ({ admin }: ForeignPolicyRecord) => (admin == null ? [] : ['']),
};

function nameOf({ record }: TieredPolicy): string {
  return `${record.resource}/${record.name}`;
}

/** Does the policy decide for the unit's pods? */
export function decidesFor(world: World, { admin: { subject } }: TieredPolicy, unit: Unit): boolean {
  return (
    matches(subject.namespaces, world.namespaceLabels(unit.namespace)) && matches(subject.pods, unit.labels)
  );
}
