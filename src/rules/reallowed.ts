import { portsOf } from '../impact/side.ts';
import type { AddressRange, BlockPeer, Clause } from '../model/policy.ts';
import {
  intersectPorts,
  isEmpty,
  type PortSet,
  portRange,
  subtractPorts,
  unionPorts,
} from '../sets/port-set.ts';
import { overlapOf, overlaps, without } from '../sets/ranges.ts';
import type { Unit } from '../world/unit.ts';

/** A clause that may allow again what an except leaves out. */
export interface Place {
  readonly clause: Clause;
  /** Name of another policy; null for the one that is judged. */
  readonly policy: string | null;
}

/** Where an address that an except leaves out is allowed, and on which ports. */
export interface Again extends Place {
  readonly range: AddressRange;
  readonly ports: PortSet;
  readonly origin: string;
  /** One single address is allowed again. */
  readonly single: boolean;
}

const dns = unionPorts(portRange('UDP', 53, 53), portRange('TCP', 53, 53));

/** Where an address that the block leaves out is allowed on a port of its clause: the first place in `other`. */
export function reallowed(clause: Clause, peer: BlockPeer, other: Place, unit: Unit | undefined): Again[] {
  const destination = clause.direction === 'ingress' ? (unit?.ports ?? []) : [];
  const shared = intersectPorts(portsOf(clause, destination).may, portsOf(other.clause, destination).may);
  if (isEmpty(shared)) return [];
  const { peers } = other.clause;
  if (peers === 'any') {
    const [range] = peer.block.except;
    // DNS to everywhere is usual.
    const dnsOnly = clause.direction === 'egress' && isEmpty(subtractPorts(shared, dns));
    if (range === undefined || dnsOnly) return [];
    return [{ ...other, range, ports: shared, origin: other.clause.origin, single: false }];
  }
  return blocksOf(other.clause).flatMap(({ block, origin, key }) => {
    if (key === peer.key || !overlaps(peer.block.range, block.range)) return [];
    const range = peer.block.except
      .flatMap((part) => overlapOf(part, block.range) ?? [])
      .find((part) => without(part, block.except).length > 0);
    const [left, ...more] = range === undefined ? [] : without(range, block.except);
    if (range === undefined || left === undefined) return [];
    const single = left.first === left.last && more.length === 0;
    return [{ ...other, range: left, ports: shared, origin, single }];
  });
}

/** Blocks with an except and their places, of which so many are compared with everything else that is allowed. */
export function exceptsIn(places: readonly Place[]): readonly (Place & { readonly peer: BlockPeer })[] {
  return places
    .flatMap((place) => blocksOf(place.clause).map((peer) => ({ ...place, peer })))
    .filter(({ peer }) => peer.block.except.length > 0)
    .slice(0, comparedMax);
}

const comparedMax = 200;

function blocksOf({ peers }: Clause): readonly BlockPeer[] {
  return peers === 'any' ? [] : peers.filter((peer): peer is BlockPeer => peer.kind === 'block');
}
