import type { PodEdit } from '../model/change.ts';
import { matches, pinnedValue, type Selector } from '../model/selector.ts';
import { peerOf } from '../rules/pod-peers.ts';
import { BitSet } from '../sets/bitset.ts';
import { keysOf } from '../world/label-keys.ts';
import type { World } from '../world/world.ts';
import type { Contract, ContractEnd, PodsEnd } from './contract.ts';
import { podAsked } from './invented-pod.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Every unit that an end selects. Only the units of the namespace are looked at where the end names one. */
export function unitsAt(world: World, { namespaces, pods }: PodsEnd): BitSet {
  const name = pinnedValue(namespaces, nameLabel);
  if (name === null) return world.peerUnits('', peerOf(namespaces, pods)).must;
  return amongUnits(world, { kind: 'pods', namespaces, pods }, world.unitsIn(name));
}

/** The units of a set that an end selects. */
export function amongUnits(world: World, { namespaces, pods }: PodsEnd, units: BitSet): BitSet {
  const found = new BitSet();
  const scopes = new Map<string, boolean>();
  units.forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined || !matches(pods, unit.labels)) return;
    const inScope = scopes.get(unit.namespace) ?? matches(namespaces, world.namespaceLabels(unit.namespace));
    scopes.set(unit.namespace, inScope);
    if (inScope) found.add(id);
  });
  return found;
}

/** The label keys that contracts ask pods for: worlds in which contracts are looked at must tell pods apart by them. */
export function keysOfContracts(contracts: readonly Contract[]): ReadonlySet<string> {
  const ends = contracts.flatMap(({ from, to }) => [from, to]);
  return new Set(ends.flatMap((end) => (end.kind === 'pods' ? keysOf(end.pods) : [])));
}

/** The pods that stand for those which an end of a `forbid` contract could still get, by contract and end. */
export interface Invented {
  readonly edits: readonly PodEdit[];
  /** Ids of the invented units, in the world that the edits are laid over. */
  units(world: World): BitSet;
  /** The invented unit of one end; -1 where there is none. */
  unitOf(world: World, end: PodsEnd): number;
}

/** "One invented pod per selector": exactly the labels that it asks for, in the first namespace that it matches. */
export function inventPods(world: World, contracts: readonly Contract[]): Invented {
  const pods = new Map<string, PodEdit>();
  const byEnd = new Map<PodsEnd, Place>();
  const invent = (end: ContractEnd, but: Place | null): Place | null => {
    const place = end.kind === 'pods' ? placeFor(world, end, but) : null;
    const edit =
      place === null || end.kind !== 'pods' ? null : podAsked(place.namespace, place.name, end.pods);
    if (place === null || edit === null || end.kind !== 'pods') return null;
    pods.set(`${place.namespace}/${place.name}`, edit);
    byEnd.set(end, place);
    return place;
  };
  for (const { kind, from, to } of contracts) if (kind === 'forbid') invent(to, invent(from, null));
  const unitOf = (laid: World, end: PodsEnd): number => {
    const pod = byEnd.get(end);
    return pod === undefined ? -1 : (laid.unitOfPod(pod.namespace, pod.name)?.id ?? -1);
  };
  return {
    edits: [...pods.values()],
    units: (laid) => BitSet.of([...byEnd.keys()].map((end) => unitOf(laid, end)).filter((id) => id >= 0)),
    unitOf,
  };
}

/** The units of one end of a contract: real ones, and of the invented ones (`strangers`) only its own. */
export function membersIn(
  world: World,
  { kind }: Contract,
  end: PodsEnd,
  invented: Invented,
  strangers: BitSet,
): BitSet {
  const units = unitsAt(world, end).andNot(strangers);
  if (kind === 'forbid') units.addAll(ownAmong(world, end, invented));
  return units;
}

/** The invented unit of an end, as a set; empty where a change of labels took it out of the end. */
export function ownAmong(world: World, end: PodsEnd, invented: Invented): BitSet {
  const own = invented.unitOf(world, end);
  return own < 0 ? new BitSet() : amongUnits(world, end, BitSet.of([own]));
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** Where a pod is invented, and its name. No real pod has one like it: it is not a DNS name. */
function placeFor(world: World, { namespaces, pods }: PodsEnd, but: Place | null): Place | null {
  const namespace = firstNamespace(world, namespaces);
  if (namespace === null) return null;
  // Pods with equal labels are one, except for the two ends of one contract, which make a pair.
  const same = but?.namespace === namespace && but.name === inventedName('any', pods);
  return { namespace, name: inventedName(same ? 'another' : 'any', pods) };
}

function inventedName(article: 'any' | 'another', { text }: Selector): string {
  return text === '' ? `(${article} pod)` : `(${article} pod with ${text})`;
}

/** A namespace that is named is taken at its word; else the first by name of those that the selector matches. */
function firstNamespace(world: World, namespaces: Selector): string | null {
  const pinned = pinnedValue(namespaces, nameLabel);
  if (pinned !== null) return matches(namespaces, world.namespaceLabels(pinned)) ? pinned : null;
  let first: string | null = null;
  for (const { name, labels } of world.namespaces()) {
    if ((first === null || name < first) && matches(namespaces, labels)) first = name;
  }
  return first;
}
