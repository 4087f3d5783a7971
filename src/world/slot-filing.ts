import type { Peer } from '../model/policy.ts';
import type { Labels, Requirement, Selector } from '../model/selector.ts';
import { holdsWholeFamily, type Traits } from './unit.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Peers that ask for nothing that could be looked up: they are tried with every unit. */
const anywhere = '';

/** All blocks, for units whose addresses nobody knows yet. */
const everyBlock = 'block';

/**
 * Under which keys a peer is filed, so that a unit meets the peers that may match it and few others: under its most
 * telling demand, a value that the unit or its namespace must have. `filedFor` finds them again.
 */
export function filingOf(peer: Peer, namespace: string): readonly string[] {
  if (peer.kind === 'block')
    return holdsWholeFamily(peer.block) ? [anywhere] : [everyBlock, `block ${peer.key}`];
  if (peer.namespaces === 'own') return [namespaceKey(namespace)];
  const pinned = demanding(peer.namespaces, ({ key }) => key === nameLabel);
  if (pinned !== null) return pinned.values.map(namespaceKey);
  const pods = demanding(peer.pods, () => true);
  if (pods !== null) return pods.values.map((value) => labelKey('pod', pods.key, value));
  const labelled = demanding(peer.namespaces, () => true);
  if (labelled !== null) return labelled.values.map((value) => labelKey('namespace', labelled.key, value));
  return [anywhere];
}

/** The keys under which every peer is filed that could match a unit of these traits. */
export function* filedFor(
  { namespace, labels, addressing }: Pick<Traits, 'namespace' | 'labels' | 'addressing'>,
  namespaceLabels: Labels,
): Iterable<string> {
  yield anywhere;
  yield namespaceKey(namespace);
  for (const [key, value] of labels) yield labelKey('pod', key, value);
  for (const [key, value] of namespaceLabels) yield labelKey('namespace', key, value);
  // "Maybe" every block holds a pod that has no address yet.
  if (addressing.families.length === 0) yield everyBlock;
  for (const key of addressing.inside) yield `block ${key}`;
  for (const key of addressing.partly) yield `block ${key}`;
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

function namespaceKey(name: string): string {
  return `in ${name}`;
}

/** A label key holds no blank, so that no two of these texts are alike by chance. */
function labelKey(whose: 'pod' | 'namespace', key: string, value: string): string {
  return `${whose} ${key} ${value}`;
}
