import type { AddressBlock, AddressRange, BlockPeer, Clause, Ternary } from '../model/policy.ts';
import { addressAtoms } from '../sets/addresses.ts';
import { piecesOf } from '../sets/ranges.ts';
import type { World } from '../world/world.ts';

/** Above this many addresses an atom is taken to hold one that nobody owns. */
const ownedAtomMax = 4096n;

/**
 * Cuts the addresses that nobody in the cluster owns into atoms within which every given clause agrees. An atom all
 * of whose addresses belong to pods or nodes is left out: it speaks for nobody outside.
 */
export function externalAtoms(world: World, clauses: Iterable<Clause>): readonly AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const clause of clauses) {
    for (const { range, except } of blocksOf(clause)) ranges.push(range, ...except);
  }
  return addressAtoms(ranges).filter((atom) => !ownedThroughout(world, atom));
}

function ownedThroughout(world: World, { first, last }: AddressRange): boolean {
  if (last - first >= ownedAtomMax) return false;
  for (let address = first; address <= last; address += 1n) if (!world.owns(address)) return false;
  return true;
}

/** What the numbers of `coveredAtoms` mean. */
export const coverage: readonly Ternary[] = ['no', 'maybe', 'yes'];

const [maybe, yes] = [1, 2];

/** Does a clause match each of the atoms? By position, as indices of `coverage`. */
export function coveredAtoms({ peers }: Clause, atoms: readonly AddressRange[]): Uint8Array {
  const covered = new Uint8Array(atoms.length);
  if (peers === 'any') return covered.fill(yes);
  const whole = Math.max(
    0,
    ...peers.map((peer) => (peer.kind === 'pods' ? coverage.indexOf(peer.outside) : 0)),
  );
  covered.fill(whole);
  const blocks = peers.filter((peer) => peer.kind === 'block');
  cover(
    covered,
    atoms,
    blocks.filter(({ certain }) => !certain),
    maybe,
  );
  cover(
    covered,
    atoms,
    blocks.filter(({ certain }) => certain),
    yes,
  );
  return covered;
}

/**
 * Raises to `value` the atoms that one of the blocks holds. Linear in blocks and atoms: each block marks where it
 * starts and ends, an except cuts its own block only.
 */
function cover(
  covered: Uint8Array,
  atoms: readonly AddressRange[],
  blocks: readonly BlockPeer[],
  value: number,
): void {
  if (blocks.length === 0) return;
  const steps = new Int32Array(atoms.length + 1);
  for (const { block } of blocks) {
    for (const { first, last } of piecesOf(block)) {
      const from = firstAtom(atoms, first);
      const to = firstAtom(atoms, last + 1n);
      steps[from] = (steps[from] ?? 0) + 1;
      steps[to] = (steps[to] ?? 0) - 1;
    }
  }
  let depth = 0;
  for (let i = 0; i < atoms.length; i += 1) {
    depth += steps[i] ?? 0;
    if (depth > 0) covered[i] = Math.max(covered[i] ?? 0, value);
  }
}

function blocksOf({ peers }: Clause): readonly AddressBlock[] {
  if (peers === 'any') return [];
  return peers.flatMap((peer) => (peer.kind === 'block' ? [peer.block] : []));
}

/** Index of the first atom that does not start before the address. */
function firstAtom(atoms: readonly AddressRange[], address: bigint): number {
  let low = 0;
  let high = atoms.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((atoms[middle]?.first ?? 0n) < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Joins ranges that touch, in order. */
export function mergeRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of ranges) {
    const previous = merged.at(-1);
    if (previous !== undefined && previous.last + 1n === range.first) {
      merged[merged.length - 1] = { first: previous.first, last: range.last };
    } else merged.push(range);
  }
  return merged;
}
