import type { PodRecord } from '../model/objects.ts';
import type { AddressBlock, CompiledPolicy } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { familyOf, parseAddress } from '../sets/addresses.ts';
import { peersOf } from './peer-index.ts';
import { type Addressing, blockHolds, holdsWholeFamily, unaddressed } from './unit.ts';
import type { KeyedBlock } from './world.ts';

/** A policy with more different blocks than this is not laid over pods: telling them apart would take too long. */
export const blocksMax = 2000;

/** How many different address blocks a policy names. */
export function distinctBlocks(policy: CompiledPolicy): number {
  const keys = new Set<string>();
  for (const peer of peersOf(policy)) if (peer.kind === 'block') keys.add(peer.key);
  return keys.size;
}

export interface PodEntry {
  readonly record: PodRecord;
  readonly addresses: readonly bigint[];
  /** The unit that the pod is in; null for pods of the node's network and finished ones. */
  unit: number | null;
}

/** The pods by name, the addresses they own, and the blocks by which addresses tell pods apart. */
export class PodTable {
  private readonly pods = new Map<string, PodEntry>();
  private readonly blocks = new Map<string, { readonly block: AddressBlock; uses: number }>();
  private readonly owners = new Map<bigint, number>();
  private readonly profile: Profile;

  constructor(profile: Profile) {
    this.profile = profile;
  }

  get(namespace: string, name: string): PodEntry | undefined {
    return this.pods.get(`${namespace}/${name}`);
  }

  /** The addresses of a pod; none where it has none yet. */
  addressesOf(namespace: string, name: string): readonly bigint[] {
    return this.get(namespace, name)?.addresses ?? [];
  }

  put(record: PodRecord): PodEntry {
    const addresses = record.finished ? [] : readAddresses(record.addresses);
    const entry: PodEntry = { record, addresses, unit: null };
    this.pods.set(`${record.namespace}/${record.name}`, entry);
    this.own(addresses);
    return entry;
  }

  remove(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    this.disown(this.pods.get(key)?.addresses ?? []);
    this.pods.delete(key);
  }

  own(addresses: readonly bigint[]): void {
    for (const address of addresses) this.owners.set(address, (this.owners.get(address) ?? 0) + 1);
  }

  disown(addresses: readonly bigint[]): void {
    for (const address of addresses) {
      const left = (this.owners.get(address) ?? 0) - 1;
      if (left > 0) this.owners.set(address, left);
      else this.owners.delete(address);
    }
  }

  owns(address: bigint): boolean {
    return this.owners.has(address);
  }

  /** Counts the policy's blocks in; returns those that no policy named before. */
  retainBlocks(policy: CompiledPolicy): readonly KeyedBlock[] {
    const fresh: KeyedBlock[] = [];
    for (const { key, block } of splittingBlocks(policy, this.profile)) {
      const known = this.blocks.get(key);
      if (known === undefined) fresh.push({ key, block });
      this.blocks.set(key, { block, uses: (known?.uses ?? 0) + 1 });
    }
    return fresh;
  }

  /** Counts the policy's blocks out; returns those that no policy names any more. */
  releaseBlocks(policy: CompiledPolicy): readonly KeyedBlock[] {
    const gone: KeyedBlock[] = [];
    for (const { key, block } of splittingBlocks(policy, this.profile)) {
      const known = this.blocks.get(key);
      if (known === undefined) continue;
      known.uses -= 1;
      if (known.uses > 0) continue;
      this.blocks.delete(key);
      gone.push({ key, block });
    }
    return gone;
  }

  /** Is the block named by a policy in force, so that units are already told apart by it? */
  isLive(key: string): boolean {
    return this.blocks.has(key);
  }

  /** Pods that are in a unit and have at least one address in one of the blocks. */
  within(blocks: readonly KeyedBlock[]): PodEntry[] {
    if (blocks.length === 0) return [];
    return [...this.pods.values()].filter(
      ({ unit, addresses }) =>
        unit !== null && addresses.some((address) => blocks.some(({ block }) => blockHolds(block, address))),
    );
  }

  addressing(addresses: readonly bigint[]): Addressing {
    return addressingOf(
      addresses,
      [...this.blocks].map(([key, { block }]) => ({ key, block })),
    );
  }
}

/**
 * The policy's blocks by which pods must be told apart. A block that is a whole family needs none: the families of a
 * pod's addresses are among its traits anyway.
 */
export function splittingBlocks(policy: CompiledPolicy, profile: Profile): readonly KeyedBlock[] {
  if (profile.ipBlockPods === 'does-not-match') return [];
  const found = new Map<string, KeyedBlock>();
  for (const peer of peersOf(policy)) {
    if (peer.kind === 'block' && !holdsWholeFamily(peer.block)) found.set(peer.key, peer);
  }
  return [...found.values()];
}

/** How the given blocks hold a pod's addresses. */
export function addressingOf(addresses: readonly bigint[], blocks: readonly KeyedBlock[]): Addressing {
  if (addresses.length === 0) return unaddressed;
  const inside = new Set<string>();
  const partly = new Set<string>();
  for (const { key, block } of blocks) {
    const held = addresses.filter((address) => blockHolds(block, address)).length;
    if (held === addresses.length) inside.add(key);
    else if (held > 0) partly.add(key);
  }
  return { families: [...new Set(addresses.map(familyOf))].sort(), inside, partly };
}

/** Reads addresses; one that cannot be read is left out, so that the pod counts as having none. */
export function readAddresses(texts: readonly string[]): bigint[] {
  return [...new Set(texts.map(parseAddress))].filter((address) => address !== null);
}
