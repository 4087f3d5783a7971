import type { AddressBlock, Clause, Peer, PodPeer, PortTerm, Ternary } from '../model/policy.ts';
import { portMax } from '../model/port.ts';
import { type Labels, matches, type Requirement, type Selector } from '../model/selector.ts';
import { overlaps, piecesOf } from '../sets/ranges.ts';

/**
 * What the text of a policy proves to hold whatever exists: each of these is true only where nothing could make the
 * inner one match what the outer one does not.
 */

/** The policy's own namespace. Labels other than its name can change: with them things hold today, not for ever. */
export interface OwnNamespace {
  readonly name: string;
  readonly labels: Labels | null;
}

const nameLabel = 'kubernetes.io/metadata.name';

/** Does every object that the inner selector matches match the outer one? */
export function coversSelector(outer: Selector, inner: Selector): boolean {
  return outer.requirements.every((wanted) => inner.requirements.some((given) => implies(given, wanted)));
}

/** Does every object that meets the one requirement meet the other? */
function implies(given: Requirement, wanted: Requirement): boolean {
  if (given.key !== wanted.key) return false;
  switch (wanted.operator) {
    case 'In':
      return given.operator === 'In' && given.values.every((value) => wanted.values.includes(value));
    case 'NotIn':
      if (given.operator === 'In') return !given.values.some((value) => wanted.values.includes(value));
      if (given.operator === 'NotIn') return wanted.values.every((value) => given.values.includes(value));
      return given.operator === 'DoesNotExist';
    case 'Exists':
      return given.operator === 'In' || given.operator === 'Exists';
    case 'DoesNotExist':
      return given.operator === 'DoesNotExist';
  }
}

/** Does the outer peer match everything that the inner one matches? Blocks and pods never prove anything of each other. */
export function coversPeer(outer: Peer, inner: Peer, own: OwnNamespace): boolean {
  if (outer.kind === 'block')
    return inner.kind === 'block' && outer.certain && coversBlock(outer.block, inner.block);
  return inner.kind === 'pods' && coversPods(outer, inner, own);
}

function coversPods(outer: PodPeer, inner: PodPeer, own: OwnNamespace): boolean {
  return (
    coversNamespaces(outer, inner, own) &&
    coversSelector(outer.pods, inner.pods) &&
    // A plugin may match pods of the node's network by one form of peer and not by the other.
    atLeast(outer.hostNetwork, inner.hostNetwork) &&
    atLeast(outer.outside, inner.outside)
  );
}

function coversNamespaces(outer: PodPeer, inner: PodPeer, own: OwnNamespace): boolean {
  if (outer.namespaces === 'own')
    return inner.namespaces === 'own' || coversSelector(pinned(own.name), inner.namespaces);
  if (inner.namespaces !== 'own') return coversSelector(outer.namespaces, inner.namespaces);
  // What a namespace lacks, by contrast, is not known for certain: a manifest may leave its labels out.
  if (own.labels !== null && !lacks(outer.namespaces)) return matches(outer.namespaces, own.labels);
  return coversSelector(outer.namespaces, pinned(own.name));
}

function lacks({ requirements }: Selector): boolean {
  return requirements.some(({ operator }) => operator === 'NotIn' || operator === 'DoesNotExist');
}

function pinned(name: string): Selector {
  return { requirements: [{ key: nameLabel, operator: 'In', values: [name] }], text: `${nameLabel}=${name}` };
}

/** Two that may match do so together: it is one and the same question to the plugin. */
function atLeast(outer: Ternary, inner: Ternary): boolean {
  return inner === 'no' || outer === 'yes' || outer === inner;
}

/** Does the outer block hold every address that the inner one holds? */
export function coversBlock(outer: AddressBlock, inner: AddressBlock): boolean {
  if (outer.family !== inner.family) return false;
  // What lies apart is told without a look at many exceptions.
  if (!overlaps(outer.range, inner.range)) return piecesOf(inner).length === 0;
  const held = piecesOf(outer);
  return piecesOf(inner).every(({ first, last }) =>
    held.some((piece) => piece.first <= first && last <= piece.last),
  );
}

/** Does the outer port item allow every port that the inner one allows, on whatever pod? */
export function coversTerm(outer: PortTerm, inner: PortTerm): boolean {
  if (outer.protocol !== inner.protocol || !outer.certain) return false;
  if (outer.kind === 'named') return inner.kind === 'named' && inner.name === outer.name;
  if (inner.kind === 'named') return outer.from === 1 && outer.to === portMax;
  return outer.from <= inner.from && inner.to <= outer.to;
}

/** Does the outer clause allow every connection that the inner one of the same direction allows? */
export function coversClause(outer: Clause, inner: Clause, own: OwnNamespace): boolean {
  return (
    coversAll(outer.peers, inner.peers, (wide, narrow) => coversPeer(wide, narrow, own)) &&
    coversAll(outer.ports, inner.ports, coversTerm)
  );
}

function coversAll<Item>(
  outer: 'any' | readonly Item[],
  inner: 'any' | readonly Item[],
  covers: (outer: Item, inner: Item) => boolean,
): boolean {
  if (outer === 'any') return true;
  // An empty list is one that the plugin dropped: nothing is known of what the author meant.
  if (inner === 'any' || inner.length === 0) return false;
  return inner.every((narrow) => outer.some((wide) => covers(wide, narrow)));
}
