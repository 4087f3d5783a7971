import type { AddressRange, BlockPeer } from '../model/policy.ts';
import { formatAddress, inRange, parseAddress, parseCidr } from '../sets/addresses.ts';
import { overlaps, piecesOf } from '../sets/ranges.ts';
import { blockHolds } from '../world/unit.ts';
import type { World } from '../world/world.ts';

/** Whose addresses a block holds; a block that holds several kinds is told by the one that matters most. */
export type Holding =
  | { readonly kind: 'pod' }
  | { readonly kind: 'service'; readonly service: { readonly namespace: string; readonly name: string } }
  | { readonly kind: 'node'; readonly node: string };

/** The addresses that the cluster itself uses, as far as its objects tell. */
export interface ClusterRanges {
  /** `spec.podCIDRs` of the nodes. */
  readonly pods: readonly AddressRange[];
  readonly services: readonly {
    readonly address: bigint;
    readonly service: { readonly namespace: string; readonly name: string };
  }[];
  readonly nodes: readonly { readonly address: bigint; readonly node: string }[];
}

/**
 * So many objects of a kind are read: they share a few ranges, and reading all of a large cluster takes too long. A block
 * of one address is looked up among all of them.
 */
const objectsMax = 500;

export function clusterRangesOf(world: World): ClusterRanges {
  const pods: AddressRange[] = [];
  const nodes: { address: bigint; node: string }[] = [];
  for (const node of first(world.records('Node'))) {
    for (const text of node.podRanges) {
      const parsed = parseCidr(text);
      if (parsed !== null) pods.push(parsed.range);
    }
    for (const address of parsed(node.addresses)) nodes.push({ address, node: node.name });
  }
  const services: { address: bigint; service: { namespace: string; name: string } }[] = [];
  for (const { namespace, name, clusterAddresses } of first(world.records('Service'))) {
    for (const address of parsed(clusterAddresses)) services.push({ address, service: { namespace, name } });
  }
  return { pods, services, nodes };
}

/** Whose addresses a block holds: of pods, else of Services, else of nodes, else null. */
export function holdingOf(world: World, ranges: ClusterRanges, peer: BlockPeer): Holding | null {
  const pieces = piecesOf(peer.block);
  const holds = (address: bigint): boolean => pieces.some((piece) => inRange(address, piece));
  const podRange = ranges.pods.some((range) => pieces.some((piece) => overlaps(piece, range)));
  if (podRange || holdsPods(world, peer)) return { kind: 'pod' };
  const [piece] = pieces;
  if (piece !== undefined && piece.first === piece.last && pieces.length === 1)
    return holdingOfOne(world, formatAddress(piece.first));
  const service = ranges.services.find(({ address }) => holds(address));
  if (service !== undefined) return { kind: 'service', service: service.service };
  const node = ranges.nodes.find(({ address }) => holds(address));
  return node === undefined ? null : { kind: 'node', node: node.node };
}

function holdingOfOne(world: World, text: string): Holding | null {
  for (const { namespace, name, clusterAddresses } of world.records('Service'))
    if (clusterAddresses.includes(text)) return { kind: 'service', service: { namespace, name } };
  for (const { name, addresses } of world.records('Node'))
    if (addresses.includes(text)) return { kind: 'node', node: name };
  return null;
}

/** The world tells pods apart by the blocks that policies name, unless the plugin matches no pods with them. */
function holdsPods(world: World, peer: BlockPeer): boolean {
  if (world.profile.ipBlockPods === 'does-not-match') return someOfPods(world, peer);
  let found = false;
  world.units.forEach((id) => {
    const addressing = found ? undefined : world.unit(id)?.addressing;
    found ||= addressing?.inside.has(peer.key) === true || addressing?.partly.has(peer.key) === true;
  });
  return found;
}

function someOfPods(world: World, { block }: BlockPeer): boolean {
  for (const pod of first(world.records('Pod'))) {
    if (pod.hostNetwork || pod.finished) continue;
    if (parsed(pod.addresses).some((address) => blockHolds(block, address))) return true;
  }
  return false;
}

function parsed(texts: readonly string[]): bigint[] {
  return texts.map(parseAddress).filter((address) => address !== null);
}

function* first<T>(items: Iterable<T>): Iterable<T> {
  let count = 0;
  for (const item of items) {
    if (count === objectsMax) return;
    count += 1;
    yield item;
  }
}
