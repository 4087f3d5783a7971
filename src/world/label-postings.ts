import type { Labels } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import type { Shift } from './member-labels.ts';

/** Units by the labels that all their pods have alike, and by the keys in which their pods differ. */
export class LabelPostings {
  private readonly byKey = new Map<string, Map<string, BitSet>>();
  private readonly byVarying = new Map<string, BitSet>();

  /** Those of the candidates that have one of the values. */
  among(candidates: BitSet, key: string, values: readonly string[]): BitSet {
    const byValue = this.byKey.get(key);
    const [first] = values;
    if (values.length === 1 && first !== undefined)
      return candidates.and(byValue?.get(first) ?? new BitSet());
    return candidates.and(BitSet.union(values.flatMap((value) => byValue?.get(value) ?? [])));
  }

  /** Units whose pods differ in the key. */
  varying(key: string): BitSet {
    return this.byVarying.get(key) ?? new BitSet();
  }

  follow(id: number, { joined, parted, diverged, settled }: Shift): void {
    for (const [key, value] of parted) this.unpost(id, key, value);
    for (const [key, value] of joined) this.post(id, key, value);
    for (const key of settled) this.settle(id, key);
    for (const key of diverged) {
      const units = this.byVarying.get(key) ?? new BitSet();
      this.byVarying.set(key, units);
      units.add(id);
    }
  }

  leave(id: number, unit: { readonly labels: Labels; readonly varying: ReadonlySet<string> }): void {
    for (const [key, value] of unit.labels) this.unpost(id, key, value);
    for (const key of unit.varying) this.settle(id, key);
  }

  private post(id: number, key: string, value: string): void {
    const byValue = this.byKey.get(key) ?? new Map<string, BitSet>();
    this.byKey.set(key, byValue);
    const units = byValue.get(value) ?? new BitSet();
    byValue.set(value, units);
    units.add(id);
  }

  /** What nobody has any more is forgotten, so that deleted things leave nothing behind. */
  private unpost(id: number, key: string, value: string): void {
    const byValue = this.byKey.get(key);
    const units = byValue?.get(value);
    units?.delete(id);
    if (units?.isEmpty() === true) byValue?.delete(value);
    if (byValue?.size === 0) this.byKey.delete(key);
  }

  private settle(id: number, key: string): void {
    const units = this.byVarying.get(key);
    units?.delete(id);
    if (units?.isEmpty() === true) this.byVarying.delete(key);
  }
}
