import { BitSet } from '../sets/bitset.ts';
import type { UnknownReason } from './unit.ts';
import type { Reading } from './world.ts';

/** What a peer says of one unit. */
export interface Said {
  readonly value: 'yes' | 'no' | 'maybe';
  readonly reason: UnknownReason;
}

/**
 * The units that a peer matches, kept right by units that come and go. The sets of a reading that was given out change
 * with it.
 */
export class KeptReading {
  private readonly must: BitSet;
  /** The same set as `must` as long as nothing is in doubt. */
  private may: BitSet;
  /** Of how many units in doubt each is the reason. */
  private readonly doubts = new Map<UnknownReason, number>();
  private shown: Reading | null = null;
  /** How often it changed. */
  version = 0;

  constructor(must = new BitSet()) {
    this.must = must;
    this.may = must;
  }

  get reading(): Reading {
    this.shown ??= { must: this.must, may: this.may, reasons: [...this.doubts.keys()] };
    return this.shown;
  }

  enter(unit: number, { value, reason }: Said): void {
    if (value === 'no') return;
    this.version += 1;
    if (value === 'maybe') {
      if (this.may === this.must) this.may = this.must.clone();
      this.count(reason, 1);
    } else this.must.add(unit);
    if (this.may !== this.must) this.may.add(unit);
  }

  /** `said` is what the peer says of a unit that entered, and goes. */
  leave(unit: number, said: Said): void {
    if (!this.may.has(unit)) return;
    this.version += 1;
    this.must.delete(unit);
    if (this.may !== this.must) this.may.delete(unit);
    if (said.value !== 'maybe') return;
    this.count(said.reason, -1);
    if (this.doubts.size === 0) this.may = this.must;
  }

  private count(reason: UnknownReason, by: 1 | -1): void {
    const units = (this.doubts.get(reason) ?? 0) + by;
    if (units > 0) this.doubts.set(reason, units);
    else this.doubts.delete(reason);
    this.shown = null;
  }
}
