import { type Labels, sameLabels } from '../model/selector.ts';

/** How many members have each value of a key; `undefined` stands for those that lack it. */
type Counts = Map<string | undefined, number>;

/** What a member's coming or going did to the labels that all have alike. */
export interface Shift {
  /** Keys that all members now have alike, with the value. */
  readonly joined: readonly (readonly [string, string])[];
  /** Keys that they had alike until now, with the value. */
  readonly parted: readonly (readonly [string, string])[];
  /** Keys by which they differ only now. */
  readonly diverged: readonly string[];
  /** Keys by which they differ no longer. */
  readonly settled: readonly string[];
}

const unshifted: Shift = { joined: [], parted: [], diverged: [], settled: [] };

/** The labels of a unit's members: those that all have alike, and the keys by which they differ. */
export class MemberLabels {
  alike: Labels = new Map();
  /** Null while there is none: in most units all members have the same labels. */
  private counts: Map<string, Counts> | null = null;
  private members = 0;

  get varying(): ReadonlySet<string> {
    return this.counts === null ? none : new Set(this.counts.keys());
  }

  varies(key: string): boolean {
    return this.counts?.has(key) === true;
  }

  /** Do all members have this value of the key, or all lack it (`undefined`)? */
  agreesOn(key: string, value: string | undefined): boolean {
    return !this.varies(key) && this.alike.get(key) === value;
  }

  get varyingKeys(): Iterable<string> {
    return this.counts?.keys() ?? [];
  }

  add(labels: Labels): Shift {
    this.members += 1;
    if (this.members === 1) {
      this.alike = labels;
      return { ...unshifted, joined: [...labels] };
    }
    if (this.counts === null && (labels === this.alike || sameLabels(labels, this.alike))) return unshifted;
    for (const [key, counts] of this.counts ?? []) count(counts, labels.get(key), 1);
    const parted = [...this.alike].filter(([key, value]) => labels.get(key) !== value);
    const fresh = [...labels].filter(([key]) => !this.varies(key) && !this.alike.has(key));
    for (const [key, value] of parted) this.vary(key, value, labels.get(key));
    for (const [key, value] of fresh) this.vary(key, undefined, value);
    if (parted.length > 0) this.alike = without(this.alike, parted);
    return { ...unshifted, parted, diverged: [...parted, ...fresh].map(([key]) => key) };
  }

  remove(labels: Labels): Shift {
    this.members -= 1;
    if (this.members === 0) {
      const gone = { ...unshifted, parted: [...this.alike], settled: [...this.varyingKeys] };
      this.alike = new Map();
      this.counts = null;
      return gone;
    }
    if (this.counts === null) return unshifted;
    const joined: [string, string][] = [];
    const settled: string[] = [];
    for (const [key, counts] of this.counts) {
      count(counts, labels.get(key), -1);
      if (counts.size > 1) continue;
      this.counts.delete(key);
      settled.push(key);
      const [value] = counts.keys();
      if (value !== undefined) joined.push([key, value]);
    }
    if (this.counts.size === 0) this.counts = null;
    if (joined.length > 0) this.alike = new Map([...this.alike, ...joined]);
    return { ...unshifted, joined, settled };
  }

  /** All members but the newest had `old`. */
  private vary(key: string, old: string | undefined, now: string | undefined): void {
    this.counts ??= new Map();
    this.counts.set(
      key,
      new Map([
        [old, this.members - 1],
        [now, 1],
      ]),
    );
  }
}

const none: ReadonlySet<string> = new Set();

function count(counts: Counts, value: string | undefined, by: number): void {
  const now = (counts.get(value) ?? 0) + by;
  if (now > 0) counts.set(value, now);
  else counts.delete(value);
}

function without(labels: Labels, keys: readonly (readonly [string, string])[]): Labels {
  const kept = new Map(labels);
  for (const [key] of keys) kept.delete(key);
  return kept;
}
