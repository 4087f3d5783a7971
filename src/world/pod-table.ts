import type { PodRecord } from '../model/objects.ts';
import type { AddressBlock, CompiledPolicy } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { familyOf, parseAddress } from '../sets/addresses.ts';
import { piecesOf } from '../sets/ranges.ts';
import { AddressIndex } from './address-index.ts';
import { BlockIndex } from './block-index.ts';
import { ControlledPods } from './controlled-pods.ts';
import { peersOf } from './read-peer.ts';
import { heldBy, type SplittingBlock, splittingBlocks } from './splitting-block.ts';
import { type Addressing, unaddressed, type Workload } from './unit.ts';

/** A policy with more different blocks than this is not laid over pods: telling them apart would take too long. */
export const blocksMax = 2000;

/** How many different address blocks a policy names. */
export function distinctBlocks(policy: CompiledPolicy): number {
  const keys = new Set<string>();
  for (const peer of peersOf(policy)) if (peer.kind === 'block') keys.add(peer.key);
  return keys.size;
}

export interface PodEntry {
  record: PodRecord;
  /** Null for finished pods, which "do not exist". */
  workload: Workload | null;
  /** The unit that the pod is in; null for pods of the node's network and finished ones. */
  unit: number | null;
}

/** The pods by name, the addresses that they and the nodes own, and the blocks by which addresses tell pods apart. */
export class PodTable {
  private readonly byNamespace = new Map<string, Map<string, PodEntry>>();
  readonly controlled = new ControlledPods<PodEntry>();
  private readonly blocks = new BlockIndex();
  private readonly byAddress = new AddressIndex<PodEntry>(addressesOf);
  /** Addresses of nodes and of pods in their networks, counted. */
  private readonly nodeAddresses = new Map<bigint, number>();
  private readonly profile: Profile;

  constructor(profile: Profile) {
    this.profile = profile;
  }

  get(namespace: string, name: string): PodEntry | undefined {
    return this.byNamespace.get(namespace)?.get(name);
  }

  /** The pods of one namespace, or all. */
  *all(namespace?: string): Iterable<PodEntry> {
    if (namespace !== undefined) yield* this.byNamespace.get(namespace)?.values() ?? [];
    else for (const names of this.byNamespace.values()) yield* names.values();
  }

  put(record: PodRecord): PodEntry {
    const entry: PodEntry = { record, workload: null, unit: null };
    const names = this.byNamespace.get(record.namespace) ?? new Map<string, PodEntry>();
    this.byNamespace.set(record.namespace, names.set(record.name, entry));
    this.controlled.add(entry);
    // Pods of the node's network are in no unit, so that nobody looks for them by address.
    if (record.hostNetwork) this.own(addressesOf(entry));
    else this.byAddress.add(entry);
    return entry;
  }

  remove(namespace: string, name: string): void {
    const names = this.byNamespace.get(namespace);
    const entry = names?.get(name);
    if (names === undefined || entry === undefined) return;
    this.controlled.delete(entry);
    if (entry.record.hostNetwork) this.disown(addressesOf(entry));
    else this.byAddress.delete(entry);
    names.delete(name);
    if (names.size === 0) this.byNamespace.delete(namespace);
  }

  /** Counts a node's addresses in. */
  own(addresses: readonly bigint[]): void {
    for (const address of addresses)
      this.nodeAddresses.set(address, (this.nodeAddresses.get(address) ?? 0) + 1);
  }

  disown(addresses: readonly bigint[]): void {
    for (const address of addresses) {
      const left = (this.nodeAddresses.get(address) ?? 0) - 1;
      if (left > 0) this.nodeAddresses.set(address, left);
      else this.nodeAddresses.delete(address);
    }
  }

  owns(address: bigint): boolean {
    return this.nodeAddresses.has(address) || this.byAddress.has(address);
  }

  /** Counts the policy's blocks in; returns those that no policy named before. */
  retainBlocks(policy: CompiledPolicy): readonly SplittingBlock[] {
    return splittingBlocks(policy, this.profile).filter((block) => this.blocks.retain(block));
  }

  /** Counts the policy's blocks out; returns those that no policy names any more. */
  releaseBlocks(policy: CompiledPolicy): readonly SplittingBlock[] {
    return splittingBlocks(policy, this.profile).filter((block) => this.blocks.release(block));
  }

  /** Is the block named by a policy in force, so that units are already told apart by it? */
  isLive(key: string): boolean {
    return this.blocks.has(key);
  }

  /** Pods that are in a unit and have at least one address in one of the blocks. */
  within(blocks: readonly SplittingBlock[]): PodEntry[] {
    const found = new Set<PodEntry>();
    for (const block of blocks) {
      for (const [address, entry] of this.byAddress.within(block.block.range)) {
        if (entry.unit !== null && block.holds(address)) found.add(entry);
      }
    }
    return [...found];
  }

  /** Is there such a pod in a unit, of those that count, with an address in the block? */
  anyWithin(block: AddressBlock, counts: (record: PodRecord) => boolean): boolean {
    for (const piece of piecesOf(block))
      for (const [, { unit, record }] of this.byAddress.within(piece))
        if (unit !== null && counts(record)) return true;
    return false;
  }

  addressing(addresses: readonly bigint[]): Addressing {
    return addressingOf(addresses, this.blocks.around(addresses));
  }
}

/** The addresses of a pod, none of a finished one: read again each time, which takes less than keeping them all. */
export function addressesOf({ record }: Pick<PodEntry, 'record'>): readonly bigint[] {
  return record.finished ? [] : readAddresses(record.addresses);
}

/** How the given blocks hold a pod's addresses. Most pods lie in no block, and then share what is said of them. */
export function addressingOf(addresses: readonly bigint[], blocks: readonly SplittingBlock[]): Addressing {
  const free = inNoBlock(addresses);
  if (blocks.length === 0 || addresses.length === 0) return free;
  const [address] = addresses;
  if (address !== undefined && addresses.length === 1) {
    const [first, ...others] = blocks.filter((block) => block.holds(address));
    return first === undefined ? free : heldBy(first, others);
  }
  const inside = new Set<string>();
  const partly = new Set<string>();
  for (const block of blocks) {
    const held = addresses.filter((address) => block.holds(address)).length;
    if (held === addresses.length) inside.add(block.key);
    else if (held > 0) partly.add(block.key);
  }
  if (inside.size + partly.size === 0) return free;
  return { families: free.families, inside: orNone(inside), partly: orNone(partly) };
}

const none: ReadonlySet<string> = new Set();
const four: Addressing = { families: [4], inside: none, partly: none };
const six: Addressing = { families: [6], inside: none, partly: none };
const both: Addressing = { families: [4, 6], inside: none, partly: none };

function inNoBlock(addresses: readonly bigint[]): Addressing {
  const [first] = addresses;
  if (first === undefined) return unaddressed;
  const family = familyOf(first);
  if (addresses.some((address) => familyOf(address) !== family)) return both;
  return family === 4 ? four : six;
}

function orNone(keys: ReadonlySet<string>): ReadonlySet<string> {
  return keys.size === 0 ? none : keys;
}

/** Reads addresses; one that cannot be read is left out, so that the pod counts as having none. */
export function readAddresses(texts: readonly string[]): readonly bigint[] {
  const [first] = texts;
  if (first !== undefined && texts.length === 1) {
    const address = parseAddress(first);
    return address === null ? [] : [address];
  }
  return [...new Set(texts.map(parseAddress))].filter((address) => address !== null);
}
