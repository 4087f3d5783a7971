/** What a world means, as text that does not depend on the order in which it was told. */
import { type ClusterObject, recordName } from '../../src/model/objects.ts';
import { clausesOf, directions } from '../../src/model/policy.ts';
import { parseAddress } from '../../src/sets/addresses.ts';
import type { BitSet } from '../../src/sets/bitset.ts';
import { podIds } from '../../src/world/unit.ts';
import type { World } from '../../src/world/world.ts';

export function keyOf(object: ClusterObject): string {
  const { namespace, name } = recordName(object);
  return `${object.kind} ${namespace ?? ''}/${name}`;
}

function podsOf(world: World, units: BitSet): string {
  const pods: string[] = [];
  units.forEach((id) => {
    const unit = world.unit(id);
    if (unit !== undefined) pods.push(...podIds(unit));
  });
  return pods.sort().join(' ');
}

/**
 * For every pod and planned pod its workload, governing policies and isolation; for every policy the pods it selects
 * and those that each of its peers surely and maybe matches; and who owns which address.
 */
export function picture(world: World, addresses: readonly string[] = []): string[] {
  const lines: string[] = [];
  world.units.forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined) return;
    const governed = directions.map((direction) => {
      const { key, isolated } = world.governing(id, direction);
      return `${direction} ${isolated} ${world.isolated(direction).has(id)} by [${key}]`;
    });
    const siblings = world.workloadUnits(unit.workload).flatMap(podIds).sort().join(' ');
    for (const pod of podIds(unit)) {
      lines.push(`pod ${pod} of ${unit.workload.id} beside ${siblings}: ${governed.join(', ')}`);
    }
  });
  const namespaces = new Set([...world.namespaces()].map(({ name }) => name));
  for (const { namespace } of world.records('Pod')) namespaces.add(namespace);
  for (const { namespace } of world.records('NetworkPolicy')) namespaces.add(namespace);
  for (const namespace of namespaces) {
    const labels = [...world.namespaceLabels(namespace)].map(([key, value]) => `${key}=${value}`).sort();
    lines.push(`namespace ${namespace} ${labels.join()} ${world.foreignApi(namespace)}`);
    lines.push(`units in ${namespace}: ${podsOf(world, world.unitsIn(namespace))}`);
    for (const policy of world.policiesIn(namespace)) {
      const { name } = policy.ref;
      lines.push(`policy ${namespace}/${name} selects ${podsOf(world, world.subjects(policy))}`);
      for (const { peers, origin } of directions.flatMap((direction) => clausesOf(policy, direction))) {
        if (peers === 'any') continue;
        for (const [i, peer] of peers.entries()) {
          const { must, may } = world.peerUnits(namespace, peer);
          lines.push(
            `peer ${namespace}/${name} ${origin} ${i}: ${podsOf(world, must)} | ${podsOf(world, may)}`,
          );
        }
      }
    }
  }
  for (const text of addresses) {
    const address = parseAddress(text);
    if (address !== null && world.owns(address)) lines.push(`address ${text} is owned`);
  }
  return lines.sort();
}

/** Why each peer of a policy in force may match more pods than it surely does. */
export function doubts(world: World): string[] {
  const lines: string[] = [];
  for (const { name: namespace } of world.namespaces()) {
    for (const policy of world.policiesIn(namespace)) {
      for (const { peers, origin } of directions.flatMap((direction) => clausesOf(policy, direction))) {
        for (const [i, peer] of peers === 'any' ? [] : peers.entries()) {
          const { reasons } = world.peerUnits(namespace, peer);
          lines.push(`${namespace}/${policy.ref.name} ${origin} ${i}: ${[...reasons].sort().join()}`);
        }
      }
    }
  }
  return lines.sort();
}

/**
 * What all pods of a unit have alike are the labels of one of them, or a copy of the same. Which peers have a reading, and
 * with it doubts, depends on what was asked.
 */
const copied: ReadonlySet<string> = new Set([
  'world.table.entries.labels',
  'world.table.entries.own.alike',
  'world.peers.read',
  'world.peers.unread',
  'world.peers.slots.*.kept.doubts',
]);

/**
 * How many entries the maps and sets hold that can be reached from a value, by the field that holds them. Reasons for
 * doubt are left to `doubts`: there are five of them at most.
 */
export function keptBy(value: unknown): Readonly<Record<string, number>> {
  const kept = new Map<string, number>();
  const seen = new Set<unknown>();
  const visit = (item: unknown, path: string): void => {
    if (typeof item !== 'object' || item === null || seen.has(item) || ArrayBuffer.isView(item)) return;
    seen.add(item);
    if (item instanceof Map || item instanceof Set) {
      kept.set(path, (kept.get(path) ?? 0) + item.size);
      for (const inner of item.values()) visit(inner, `${path}.*`);
      return;
    }
    const fields = Object.entries(item).filter(([key]) => key !== 'reasons' && !copied.has(`${path}.${key}`));
    for (const [key, inner] of fields) visit(inner, Array.isArray(item) ? path : `${path}.${key}`);
  };
  visit(value, 'world');
  return Object.fromEntries([...kept].filter(([, size]) => size > 0));
}
