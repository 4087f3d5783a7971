import type { AddressRange, BlockPeer } from '../model/policy.ts';
import { formatAddress, parseAddress, parseCidr } from '../sets/addresses.ts';
import { overlaps, piecesOf } from '../sets/ranges.ts';
import type { World } from '../world/world.ts';

/** Whose addresses a block holds; a block that holds several kinds is told by the one that matters most. */
export type Holding =
  | { readonly kind: 'pod' }
  | { readonly kind: 'service'; readonly service: { readonly namespace: string; readonly name: string } }
  | { readonly kind: 'node'; readonly node: string };

/**
 * So many objects of a kind are read: they share a few ranges, and reading all of a large cluster takes too long. A block
 * of one address is looked up among all of them.
 */
const objectsMax = 500;

/** Tells whose addresses a block holds: of pods, else of Services, else of nodes, else null. */
export function holdingsIn(world: World): (peer: BlockPeer) => Holding | null {
  const podRanges = inOrder(
    [...first(world.records('Node'))].flatMap((node) => node.podRanges.flatMap(rangeOf)),
  );
  const heldKeys = heldByUnits(world);
  const pods = world.profile.ipBlockPods === 'does-not-match' ? podAddresses(world) : [];
  const others = [serviceAddresses(world), nodeAddresses(world)];
  let single: ReadonlyMap<string, Holding> | null = null;
  return (peer) => {
    const pieces = piecesOf(peer.block);
    const isPod = (piece: AddressRange): boolean =>
      podRanges.some((range) => overlaps(piece, range)) || firstIn(pods, piece) !== null;
    if (heldKeys.has(peer.key) || pieces.some(isPod)) return { kind: 'pod' };
    const [piece, second] = pieces;
    if (piece !== undefined && second === undefined && piece.first === piece.last) {
      single ??= singleAddresses(world);
      return single.get(formatAddress(piece.first)) ?? null;
    }
    const found = others.flatMap((owned) => pieces.flatMap((part) => firstIn(owned, part) ?? []));
    return found[0]?.holding ?? null;
  };
}

interface Owned {
  readonly address: bigint;
  readonly holding: Holding;
}

/** The first address in the range; `owned` is in order. */
function firstIn(owned: readonly Owned[], { first: from, last }: AddressRange): Owned | null {
  let low = 0;
  let high = owned.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((owned[middle]?.address ?? 0n) < from) low = middle + 1;
    else high = middle;
  }
  const found = owned[low];
  return found !== undefined && found.address <= last ? found : null;
}

/** The world tells pods apart by the blocks that policies name. */
function heldByUnits(world: World): ReadonlySet<string> {
  const held = new Set<string>();
  world.units.forEach((id) => {
    const addressing = world.unit(id)?.addressing;
    for (const key of addressing?.inside ?? []) held.add(key);
    for (const key of addressing?.partly ?? []) held.add(key);
  });
  return held;
}

function podAddresses(world: World): readonly Owned[] {
  const pods = [...first(world.records('Pod'))].filter(
    ({ hostNetwork, finished }) => !hostNetwork && !finished,
  );
  return owned(pods.map(({ addresses }) => ({ addresses, holding: { kind: 'pod' } })));
}

function serviceAddresses(world: World): readonly Owned[] {
  return owned([...first(world.records('Service'))].map(holdingOfService));
}

function nodeAddresses(world: World): readonly Owned[] {
  return owned([...first(world.records('Node'))].map(holdingOfNode));
}

interface Texts {
  readonly addresses: readonly string[];
  readonly holding: Holding;
}

function holdingOfService(service: {
  readonly namespace: string;
  readonly name: string;
  readonly clusterAddresses: readonly string[];
}): Texts {
  const { namespace, name, clusterAddresses } = service;
  return { addresses: clusterAddresses, holding: { kind: 'service', service: { namespace, name } } };
}

function holdingOfNode({
  name,
  addresses,
}: {
  readonly name: string;
  readonly addresses: readonly string[];
}): Texts {
  return { addresses, holding: { kind: 'node', node: name } };
}

/** All of them by their text: Services are more telling than nodes. */
function singleAddresses(world: World): ReadonlyMap<string, Holding> {
  const found = new Map<string, Holding>();
  const all = [
    ...[...world.records('Node')].map(holdingOfNode),
    ...[...world.records('Service')].map(holdingOfService),
  ];
  for (const { addresses, holding } of all) for (const text of addresses) found.set(text, holding);
  return found;
}

function owned(items: readonly Texts[]): readonly Owned[] {
  const found = items.flatMap(({ addresses, holding }) =>
    addresses.flatMap((text) => {
      const address = parseAddress(text);
      return address === null ? [] : [{ address, holding }];
    }),
  );
  return found.sort((a, b) => (a.address < b.address ? -1 : 1));
}

function rangeOf(text: string): readonly AddressRange[] {
  const parsed = parseCidr(text);
  return parsed === null ? [] : [parsed.range];
}

/** In order, ranges that touch or overlap as one: most clusters cut one range into one for each node. */
function inOrder(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const previous = merged.at(-1);
    if (previous === undefined || previous.last + 1n < range.first) merged.push(range);
    else if (range.last > previous.last)
      merged[merged.length - 1] = { first: previous.first, last: range.last };
  }
  return merged;
}

function* first<T>(items: Iterable<T>): Iterable<T> {
  let count = 0;
  for (const item of items) {
    if (count === objectsMax) return;
    count += 1;
    yield item;
  }
}
