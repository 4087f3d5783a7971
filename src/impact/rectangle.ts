import type { AddressRange, Direction } from '../model/policy.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { UnknownReason } from '../world/unit.ts';
import type { PortReading } from './side.ts';

/** One end of a rectangle: units of the world, or addresses that nobody in the cluster owns. */
export type Ends =
  | { readonly kind: 'units'; readonly units: BitSet }
  | { readonly kind: 'internet'; readonly ranges: readonly AddressRange[] };

/** A policy and clause that caused a change. `clause` is null where the policy's mere selection did. */
export interface Cause {
  readonly policy: { readonly namespace: string; readonly name: string };
  readonly direction: Direction;
  readonly clause: number | null;
  readonly effect: 'isolates' | 'frees' | 'allows' | 'stops-allowing';
}

/**
 * Every source may or may not reach every destination in the same way. No (unit, unit) pair lies in two rectangles of
 * one difference; a pair of a pod with itself never counts.
 */
export interface Rectangle {
  readonly sources: Ends;
  readonly destinations: Ends;
  readonly before: PortReading;
  readonly after: PortReading;
  /** Surely allowed before, surely blocked after. */
  readonly lost: PortSet;
  /** Surely blocked before, surely allowed after. */
  readonly gained: PortSet;
  /** Changed, but one of the two verdicts is unknown. */
  readonly undecided: PortSet;
  readonly reasons: readonly UnknownReason[];
  /** Was one of the ends isolated before, so that a written clause admitted the connection? */
  readonly admittedBefore: boolean;
  /** Does an end that blocked before and is still isolated admit the connection now, by a written clause? */
  readonly admittedNow: boolean;
  readonly causes: readonly Cause[];
}

/** Pods of one unit that lose or gain isolation in one direction. */
export interface IsolationFlip {
  readonly unit: number;
  readonly direction: Direction;
  readonly effect: 'isolated' | 'freed';
  /** No clause admits any other pod or address now. False for `freed`. */
  readonly keepsNone: boolean;
}

/** What a change does, exactly, as far as it was looked at. */
export interface Difference {
  readonly flips: readonly IsolationFlip[];
  readonly rectangles: readonly Rectangle[];
  /** Null, or what was not looked at. */
  readonly partial: {
    readonly lookedAt: number;
    readonly of: number;
    readonly because: 'steps' | 'time';
  } | null;
  readonly steps: number;
}
