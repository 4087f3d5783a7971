import type { Peer } from '../model/policy.ts';
import type { Labels, Requirement, Selector } from '../model/selector.ts';
import { holdsWholeFamily, type Traits } from './unit.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** No label has the empty key: it stands for peers that demand no value of any label that could be looked up. */
const nothing = '';

/** Filed things by the values of one label of the namespace and one of the pod, `value value`; no value holds a blank. */
type ByValues<T> = Map<string, Set<T>>;

/**
 * Peers filed so that a unit meets those that may match it and few others: each under its most telling demands, a value
 * that the unit's namespace must have and a value that the unit must have.
 */
export class SlotFiling<T> {
  /** By the key of the namespace's label, then by the key of the pod's. */
  private readonly byKeys = new Map<string, Map<string, ByValues<T>>>();
  private readonly byBlock = new Map<string, Set<T>>();
  /** For units whose addresses nobody knows yet. */
  private readonly everyBlock = new Set<T>();
  /** Blocks that hold a whole family: every unit is tried. */
  private readonly wholeFamilies = new Set<T>();

  put(peer: Peer, namespace: string, item: T): void {
    this.file(peer, namespace, (set) => set.add(item));
  }

  remove(peer: Peer, namespace: string, item: T): void {
    this.file(peer, namespace, (set) => set.delete(item));
  }

  private file(peer: Peer, namespace: string, change: (set: Set<T>) => unknown): void {
    if (peer.kind === 'pods') {
      const place = peer.namespaces === 'own' ? named(namespace) : demandOf(peer.namespaces);
      this.fileUnder(place, demandOf(peer.pods), change);
    } else if (holdsWholeFamily(peer.block)) change(this.wholeFamilies);
    else {
      change(this.everyBlock);
      changeAt(this.byBlock, peer.key, change);
    }
  }

  private fileUnder(place: Demand, pod: Demand, change: (set: Set<T>) => unknown): void {
    const byPodKey = this.byKeys.get(place.key) ?? new Map<string, ByValues<T>>();
    const byValues: ByValues<T> = byPodKey.get(pod.key) ?? new Map();
    for (const left of place.values)
      for (const right of pod.values) changeAt(byValues, `${left} ${right}`, change);
    if (byValues.size === 0) byPodKey.delete(pod.key);
    else byPodKey.set(pod.key, byValues);
    if (byPodKey.size === 0) this.byKeys.delete(place.key);
    else this.byKeys.set(place.key, byPodKey);
  }

  /** The same, and every block where nobody knows the unit's addresses: then each may hold it. */
  *perhapsAround(traits: Traits, namespaceLabels: Labels): Iterable<ReadonlySet<T>> {
    yield* this.around(traits, namespaceLabels);
    if (traits.addressing.families.length === 0) yield this.everyBlock;
  }

  /**
   * Sets that together hold every peer that could match a unit of these traits, and may share some: blocks only
   * where the unit is known to lie in them, or they hold a whole family.
   */
  *around(
    { labels, addressing }: Pick<Traits, 'labels' | 'addressing'>,
    namespaceLabels: Labels,
  ): Iterable<ReadonlySet<T>> {
    yield this.wholeFamilies;
    for (const [left, byPodKey] of met(this.byKeys, namespaceLabels)) {
      for (const [right, byValues] of met(byPodKey, labels)) {
        const found = byValues.get(`${left} ${right}`);
        if (found !== undefined) yield found;
      }
    }
    for (const blocks of [addressing.inside, addressing.partly]) {
      for (const key of blocks) {
        const found = this.byBlock.get(key);
        if (found !== undefined) yield found;
      }
    }
  }
}

/** What is filed under the keys that some labels have, with their values, and what is filed under no key. */
function* met<V>(byKey: ReadonlyMap<string, V>, labels: Labels): Iterable<readonly [string, V]> {
  const free = byKey.get(nothing);
  if (free !== undefined) yield [nothing, free];
  if (byKey.size <= labels.size) {
    for (const [key, filed] of byKey) {
      const value = key === nothing ? undefined : labels.get(key);
      if (value !== undefined) yield [value, filed];
    }
    return;
  }
  for (const [key, value] of labels) {
    const filed = byKey.get(key);
    if (filed !== undefined) yield [value, filed];
  }
}

interface Demand {
  readonly key: string;
  readonly values: readonly string[];
}

function named(namespace: string): Demand {
  return { key: nameLabel, values: [namespace] };
}

/** The namespace's name where a selector demands it, else of its demands for one of a few values the one with the fewest. */
function demandOf({ requirements }: Selector): Demand {
  let best: Requirement | null = null;
  for (const requirement of requirements) {
    if (requirement.operator !== 'In') continue;
    if (requirement.key === nameLabel) return requirement;
    if (best === null || requirement.values.length < best.values.length) best = requirement;
  }
  return best ?? { key: nothing, values: [nothing] };
}

/** A set that the change leaves empty is forgotten. */
function changeAt<T>(index: Map<string, Set<T>>, key: string, change: (set: Set<T>) => unknown): void {
  const set = index.get(key) ?? new Set<T>();
  change(set);
  if (set.size === 0) index.delete(key);
  else index.set(key, set);
}
