import type { NodeRecord, ServiceRecord } from '../model/objects.ts';
import type { AddressRange, BlockPeer } from '../model/policy.ts';
import { parseAddress, parseCidr, wholeFour, wholeSix } from '../sets/addresses.ts';
import { piecesOf } from '../sets/ranges.ts';
import type { AddressKey, RecordKey } from '../world/record-index.ts';
import type { World } from '../world/world.ts';

/** Whose addresses a block holds; a block that holds several kinds is told by the one that matters most. */
export type Holding =
  | { readonly kind: 'pod' }
  | { readonly kind: 'service'; readonly service: { readonly namespace: string; readonly name: string } }
  | { readonly kind: 'node'; readonly node: string };

/** Tells whose addresses a block holds: of pods, else of Services, else of nodes, else null. */
export function holdingsIn(world: World): (peer: BlockPeer) => Holding | null {
  let lengths: readonly number[] | null = null;
  return ({ block }) => {
    const pieces = piecesOf(block);
    // Piece by piece: a block may leave out all but a few of its addresses, and then holds few of the pods in its range.
    const holdsPod = (range: AddressRange): boolean =>
      world.lookups.holdsPod({ ...block, range, except: [] });
    if (pieces.some(holdsPod)) return { kind: 'pod' };
    lengths ??= podRangeLengths(world);
    const known = lengths;
    if (pieces.some((piece) => meetsPodRange(world, piece, known))) return { kind: 'pod' };
    for (const piece of pieces)
      for (const [, { namespace, name }] of world.lookups.within(services, piece))
        return { kind: 'service', service: { namespace, name } };
    for (const piece of pieces)
      for (const [, { name }] of world.lookups.within(nodes, piece)) return { kind: 'node', node: name };
    return null;
  };
}

/** Has a node an address in one of the ranges? Null where no node is known to have any address. */
export function holdsNode(world: World, pieces: readonly AddressRange[]): boolean | null {
  const holds = (range: AddressRange): boolean => {
    for (const _ of world.lookups.within(nodes, range)) return true;
    return false;
  };
  if (pieces.some(holds)) return true;
  return everyAddress.some(holds) ? false : null;
}

const everyAddress: readonly AddressRange[] = [wholeFour, wholeSix];

const services: AddressKey<'Service'> = {
  kind: 'Service',
  addressesOf: ({ clusterAddresses }: ServiceRecord) => addressesIn(clusterAddresses),
};

const nodes: AddressKey<'Node'> = {
  kind: 'Node',
  addressesOf: ({ addresses }: NodeRecord) => addressesIn(addresses),
};

const podRangeStarts: AddressKey<'Node'> = {
  kind: 'Node',
  addressesOf: (node: NodeRecord) => podRangesOf(node).map(({ first }) => first),
};

const podRanges: RecordKey<'Node'> = {
  kind: 'Node',
  textsOf: (node: NodeRecord) =>
    podRangesOf(node).flatMap((range) => [rangeKey(range), lengthKey(freeBits(range))]),
};

function podRangesOf(node: NodeRecord): readonly AddressRange[] {
  return node.podRanges.flatMap((text) => parseCidr(text)?.range ?? []);
}

/** How many trailing bits the ranges of nodes leave free; most clusters have one length for each family. */
function podRangeLengths(world: World): readonly number[] {
  return Array.from({ length: 129 }, (_, free) => free).filter((free) => {
    for (const _ of world.lookups.records(podRanges, lengthKey(free))) return true;
    return false;
  });
}

/**
 * CIDRs lie within each other or apart: one meets a range if it begins in it, or if it is one of the few around the
 * first address of the range.
 */
function meetsPodRange(world: World, piece: AddressRange, lengths: readonly number[]): boolean {
  for (const _ of world.lookups.within(podRangeStarts, piece)) return true;
  const base = piece.first < wholeSix.first ? wholeFour.first : wholeSix.first;
  return lengths.some((free) => {
    const size = 1n << BigInt(free);
    const first = ((piece.first - base) / size) * size + base;
    for (const _ of world.lookups.records(podRanges, rangeKey({ first, last: first + size - 1n })))
      return true;
    return false;
  });
}

function freeBits({ first, last }: AddressRange): number {
  return (last - first + 1n).toString(2).length - 1;
}

function lengthKey(free: number): string {
  return `/${free}`;
}

function rangeKey({ first, last }: AddressRange): string {
  return `${first} ${last}`;
}

function addressesIn(texts: readonly string[]): readonly bigint[] {
  return texts.flatMap((text) => parseAddress(text) ?? []);
}
