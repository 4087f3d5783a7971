import type { AddressBlock, AddressRange } from '../model/policy.ts';
import type { KeyedBlock } from './world.ts';

interface LiveBlock {
  readonly keyed: KeyedBlock;
  uses: number;
}

/**
 * The blocks that policies in force name, counted, and found by address: a CIDR is all addresses that share its
 * leading bits, so that one look-up for each length in use finds every block around an address.
 */
export class BlockIndex {
  private readonly live = new Map<string, LiveBlock>();
  /** By how many trailing bits a block leaves free, then by its leading bits. */
  private readonly lengths = new Map<number, Map<bigint, Set<LiveBlock>>>();

  has(key: string): boolean {
    return this.live.has(key);
  }

  /** Counts a block in; true where nobody named it before. */
  retain(keyed: KeyedBlock): boolean {
    const known = this.live.get(keyed.key);
    if (known !== undefined) {
      known.uses += 1;
      return false;
    }
    const entry = { keyed, uses: 1 };
    this.live.set(keyed.key, entry);
    const { free, lead } = prefixOf(keyed.block);
    const byLead = this.lengths.get(free) ?? new Map<bigint, Set<LiveBlock>>();
    this.lengths.set(free, byLead);
    byLead.set(lead, (byLead.get(lead) ?? new Set()).add(entry));
    return true;
  }

  /** Counts a block out; true where nobody names it any more. */
  release({ key }: KeyedBlock): boolean {
    const entry = this.live.get(key);
    if (entry === undefined) return false;
    entry.uses -= 1;
    if (entry.uses > 0) return false;
    this.live.delete(key);
    const { free, lead } = prefixOf(entry.keyed.block);
    const byLead = this.lengths.get(free);
    const same = byLead?.get(lead);
    same?.delete(entry);
    if (same?.size === 0) byLead?.delete(lead);
    if (byLead?.size === 0) this.lengths.delete(free);
    return true;
  }

  /** Blocks whose range holds at least one of the addresses; their excepts are not looked at. */
  around(addresses: readonly bigint[]): readonly KeyedBlock[] {
    const found = new Set<LiveBlock>();
    for (const [free, byLead] of this.lengths) {
      const shift = BigInt(free);
      for (const address of addresses) {
        for (const entry of byLead.get(address >> shift) ?? []) found.add(entry);
      }
    }
    return [...found].map(({ keyed }) => keyed);
  }
}

/** The leading bits that all addresses of a CIDR share, and how many bits it leaves free. */
function prefixOf({ range }: AddressBlock): { readonly free: number; readonly lead: bigint } {
  const free = freeBits(range);
  return { free, lead: range.first >> BigInt(free) };
}

function freeBits({ first, last }: AddressRange): number {
  return (last - first).toString(2).replace(/^0$/, '').length;
}
