import type { AddressBlock, AddressRange } from '../model/policy.ts';
import { familyOf, wholeSix } from '../sets/addresses.ts';
import type { SplittingBlock } from './splitting-block.ts';

interface LiveBlock {
  readonly keyed: SplittingBlock;
  uses: number;
}

/**
 * The blocks that policies in force name, counted, and found by address: a CIDR is all addresses that share its
 * leading bits, so that one look-up for each length in use finds every block around an address.
 */
export class BlockIndex {
  private readonly live = new Map<string, LiveBlock>();
  /** By family and how many trailing bits a block leaves free, then by its leading bits. */
  private readonly lengths = new Map<number, Map<bigint, Set<LiveBlock>>>();

  has(key: string): boolean {
    return this.live.has(key);
  }

  /** Counts a block in; true where nobody named it before. */
  retain(keyed: SplittingBlock): boolean {
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
  release({ key }: Pick<SplittingBlock, 'key'>): boolean {
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
  around(addresses: readonly bigint[]): readonly SplittingBlock[] {
    if (this.lengths.size === 0 || addresses.length === 0) return none;
    const found = new Set<LiveBlock>();
    for (const [length, byLead] of this.lengths) {
      for (const address of addresses) {
        const lead = leadOf(address, length);
        if (lead !== null) for (const entry of byLead.get(lead) ?? []) found.add(entry);
      }
    }
    return found.size === 0 ? none : [...found].map(({ keyed }) => keyed);
  }
}

const none: readonly never[] = [];

/** How many trailing bits an IPv6 block leaves free, told from those of IPv4 blocks by what is added. */
const six = 1000;

/** The leading bits that all addresses of a CIDR share, and how many bits it leaves free. */
function prefixOf({ range, family }: AddressBlock): { readonly free: number; readonly lead: bigint } {
  const free = freeBits(range) + (family === 6 ? six : 0);
  return { free, lead: leadOf(range.first, free) ?? 0n };
}

/** Null where the address is of the other family. The bits are those of the address, not of its place on the line. */
function leadOf(address: bigint, length: number): bigint | null {
  if ((familyOf(address) === 6) !== length >= six) return null;
  return length >= six ? (address - wholeSix.first) >> BigInt(length - six) : address >> BigInt(length);
}

function freeBits({ first, last }: AddressRange): number {
  return (last - first).toString(2).replace(/^0$/, '').length;
}
