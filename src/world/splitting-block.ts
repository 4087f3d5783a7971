import type { AddressBlock, AddressRange, BlockPeer, CompiledPolicy } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { inRange } from '../sets/addresses.ts';
import { piecesOf } from '../sets/ranges.ts';
import { peersOf } from './read-peer.ts';
import { type Addressing, holdsWholeFamily } from './unit.ts';

/** A block of a policy by which pods must be told apart. Its key is that of `BlockPeer`. */
export interface SplittingBlock extends Pick<BlockPeer, 'block' | 'key'> {
  holds(address: bigint): boolean;
  readonly alone: Held;
}

/** How pods with one address lie that are in some blocks and in no others; one object for all of them. */
interface Held {
  readonly addressing: Addressing;
  /** The same with one more block; null while there is none. */
  further: WeakMap<SplittingBlock, Held> | null;
}

/** How a pod lies whose one address all of the blocks hold, and no others. */
export function heldBy(first: SplittingBlock, others: readonly SplittingBlock[]): Addressing {
  let held = first.alone;
  for (const block of others) {
    held.further ??= new WeakMap();
    const { addressing } = held;
    const inside = new Set([...addressing.inside, block.key]);
    const known = held.further.get(block) ?? { addressing: { ...addressing, inside }, further: null };
    held.further.set(block, known);
    held = known;
  }
  return held.addressing;
}

/**
 * The policy's blocks by which pods must be told apart. A block that is a whole family needs none: the families of a
 * pod's addresses are among its traits anyway.
 */
export function splittingBlocks(policy: CompiledPolicy, profile: Profile): readonly SplittingBlock[] {
  if (profile.ipBlockPods === 'does-not-match') return [];
  const found = new Map<string, SplittingBlock>();
  for (const peer of peersOf(policy)) {
    if (peer.kind === 'block' && !holdsWholeFamily(peer.block)) found.set(peer.key, splittingBlock(peer));
  }
  return [...found.values()];
}

export function splittingBlock({ block, key }: Pick<BlockPeer, 'block' | 'key'>): SplittingBlock {
  const addressing: Addressing = { families: [block.family], inside: new Set([key]), partly: none };
  return { block, key, holds: holderOf(block), alone: { addressing, further: null } };
}

const none: ReadonlySet<string> = new Set();

/** "Except is a slice of CIDRs that should not be included within an IP Block." */
function holderOf(block: AddressBlock): (address: bigint) => boolean {
  let pieces: readonly AddressRange[] | null = null;
  return (address) => {
    if (!inRange(address, block.range)) return false;
    pieces ??= piecesOf(block);
    return isInside(pieces, address);
  };
}

/** Ranges in order that do not overlap are searched. */
function isInside(ranges: readonly AddressRange[], address: bigint): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.first ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && address <= range.last;
}
