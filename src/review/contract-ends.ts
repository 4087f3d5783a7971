import type { PodEdit } from '../model/change.ts';
import { matches, pinnedValue, type Selector } from '../model/selector.ts';
import { peerOf } from '../rules/pod-peers.ts';
import { BitSet } from '../sets/bitset.ts';
import type { World } from '../world/world.ts';
import type { Contract, PodsEnd } from './contract.ts';
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
  for (const end of forbiddenEnds(contracts)) {
    const namespace = firstNamespace(world, end.namespaces);
    // No real pod has this name: it is not a DNS name. Pods with equal labels are one.
    const name = end.pods.text === '' ? '(any pod)' : `(any pod with ${end.pods.text})`;
    const edit = namespace === null ? null : podAsked(namespace, name, end.pods);
    if (namespace === null || edit === null) continue;
    pods.set(`${namespace}/${name}`, edit);
    byEnd.set(end, { namespace, name });
  }
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
  const own = kind === 'forbid' ? invented.unitOf(world, end) : -1;
  if (own >= 0) units.add(own);
  return units;
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

function forbiddenEnds(contracts: readonly Contract[]): PodsEnd[] {
  const forbids = contracts.filter(({ kind }) => kind === 'forbid');
  return forbids.flatMap(({ from, to }) => [from, to]).filter((end) => end.kind === 'pods');
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
