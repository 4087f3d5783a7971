import type { Peer } from '../model/policy.ts';
import type { Labels, Requirement, Selector } from '../model/selector.ts';
import { holdsWholeFamily, type Traits } from './unit.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Things by a label's key and value. */
type ByLabel<T> = Map<string, Map<string, Set<T>>>;

/**
 * Peers filed so that a unit meets those that may match it and few others: each under its most telling demand, a value
 * that the unit or its namespace must have.
 */
export class SlotFiling<T> {
  /** Peers that ask for nothing that could be looked up: they are tried with every unit. */
  private readonly anywhere = new Set<T>();
  private readonly inNamespace = new Map<string, Set<T>>();
  private readonly byPodLabel: ByLabel<T> = new Map();
  private readonly byNamespaceLabel: ByLabel<T> = new Map();
  private readonly byBlock = new Map<string, Set<T>>();
  /** For units whose addresses nobody knows yet: "maybe" every block holds them. */
  private readonly everyBlock = new Set<T>();

  put(peer: Peer, namespace: string, item: T): void {
    this.file(peer, namespace, (set) => set.add(item));
  }

  remove(peer: Peer, namespace: string, item: T): void {
    this.file(peer, namespace, (set) => set.delete(item));
  }

  private file(peer: Peer, namespace: string, change: (set: Set<T>) => unknown): void {
    if (peer.kind === 'block') {
      if (holdsWholeFamily(peer.block)) change(this.anywhere);
      else {
        change(this.everyBlock);
        changeAt(this.byBlock, peer.key, change);
      }
      return;
    }
    if (peer.namespaces === 'own') {
      changeAt(this.inNamespace, namespace, change);
      return;
    }
    const pinned = demanding(peer.namespaces, ({ key }) => key === nameLabel);
    const pods = demanding(peer.pods, () => true);
    const labelled = demanding(peer.namespaces, () => true);
    if (pinned !== null) for (const name of pinned.values) changeAt(this.inNamespace, name, change);
    else if (pods !== null) changeUnder(this.byPodLabel, pods, change);
    else if (labelled !== null) changeUnder(this.byNamespaceLabel, labelled, change);
    else change(this.anywhere);
  }

  /** Sets that together hold every peer that could match a unit of these traits, and may share some. */
  *around(
    { namespace, labels, addressing }: Pick<Traits, 'namespace' | 'labels' | 'addressing'>,
    namespaceLabels: Labels,
  ): Iterable<ReadonlySet<T>> {
    yield this.anywhere;
    const own = this.inNamespace.get(namespace);
    if (own !== undefined) yield own;
    yield* under(this.byPodLabel, labels);
    yield* under(this.byNamespaceLabel, namespaceLabels);
    if (addressing.families.length === 0) yield this.everyBlock;
    for (const blocks of [addressing.inside, addressing.partly]) {
      for (const key of blocks) {
        const found = this.byBlock.get(key);
        if (found !== undefined) yield found;
      }
    }
  }
}

function* under<T>(index: ByLabel<T>, labels: Labels): Iterable<ReadonlySet<T>> {
  for (const [key, value] of labels) {
    const found = index.get(key)?.get(value);
    if (found !== undefined) yield found;
  }
}

function changeUnder<T>(
  index: ByLabel<T>,
  { key, values }: Requirement,
  change: (set: Set<T>) => unknown,
): void {
  const byValue = index.get(key) ?? new Map<string, Set<T>>();
  index.set(key, byValue);
  for (const value of values) changeAt(byValue, value, change);
  if (byValue.size === 0) index.delete(key);
}

/** A set that the change leaves empty is forgotten. */
function changeAt<T>(index: Map<string, Set<T>>, key: string, change: (set: Set<T>) => unknown): void {
  const set = index.get(key) ?? new Set<T>();
  change(set);
  if (set.size === 0) index.delete(key);
  else index.set(key, set);
}

/** Of the demands for one of a few values, the one with the fewest. */
function demanding(selector: Selector, among: (requirement: Requirement) => boolean): Requirement | null {
  let best: Requirement | null = null;
  for (const requirement of selector.requirements) {
    if (requirement.operator !== 'In' || !among(requirement)) continue;
    if (best === null || requirement.values.length < best.values.length) best = requirement;
  }
  return best;
}
