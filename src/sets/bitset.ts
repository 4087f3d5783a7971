const wordBits = 32;

/**
 * Up to this many members a set keeps a sorted list: most selectors of a large cluster match few units, and a list of
 * them costs what they are and not what the cluster is.
 */
const fewMax = 64;

/** Lists of up to this many members take no more room than they need. */
const smallMax = 4;

const noWords = new Uint32Array(0);

/**
 * A growable set of small integers: a sorted list while there are few, 32 to a word above that. Operations that return
 * a set leave their operands alone.
 */
export class BitSet {
  /** The members in order, or null once they are kept in words. */
  private few: number[] | null;
  private words: Uint32Array;

  constructor(words: Uint32Array | null = null) {
    this.few = words === null ? [] : null;
    this.words = words ?? noWords;
  }

  static of(ids: Iterable<number>): BitSet {
    const set = new BitSet();
    for (const id of ids) set.add(id);
    return set;
  }

  /** The union of several sets, made in one piece. */
  static union(sets: readonly BitSet[]): BitSet {
    let listed = 0;
    let length = 0;
    for (const { few, words } of sets) {
      if (few === null) length = Math.max(length, words.length);
      else listed += few.length;
    }
    if (length === 0 && listed <= fewMax) return BitSet.merged(sets);
    const union = new BitSet(new Uint32Array(length));
    for (const set of sets) union.addAll(set);
    return union;
  }

  /** The union of listed sets that have few members in all. */
  private static merged(sets: readonly BitSet[]): BitSet {
    const union = new BitSet();
    for (const { few } of sets) for (const id of few ?? []) union.add(id);
    return union;
  }

  private static listed(members: number[]): BitSet {
    const set = new BitSet();
    set.few = members;
    return set;
  }

  has(id: number): boolean {
    if (this.few !== null) return this.few[placeOf(this.few, id)] === id;
    return ((this.words[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  add(id: number): void {
    if (this.few !== null) {
      const place = placeOf(this.few, id);
      if (this.few[place] === id) return;
      if (this.few.length < fewMax) {
        // A list that grows in place reserves room for sixteen more; most sets never need it.
        if (this.few.length < smallMax) this.few = this.few.toSpliced(place, 0, id);
        else this.few.splice(place, 0, id);
        return;
      }
      this.toWords();
    }
    const index = id >>> 5;
    if (index >= this.words.length) this.grow(index + 1);
    this.words[index] = (this.words[index] ?? 0) | (1 << (id & 31));
  }

  delete(id: number): void {
    if (this.few !== null) {
      const place = placeOf(this.few, id);
      if (this.few[place] === id) this.few.splice(place, 1);
      return;
    }
    const index = id >>> 5;
    if (index < this.words.length) this.words[index] = (this.words[index] ?? 0) & ~(1 << (id & 31));
  }

  isEmpty(): boolean {
    if (this.few !== null) return this.few.length === 0;
    for (let i = 0; i < this.words.length; i += 1) if (this.words[i] !== 0) return false;
    return true;
  }

  /** How many members; linear in words. */
  get size(): number {
    if (this.few !== null) return this.few.length;
    let count = 0;
    for (let i = 0; i < this.words.length; i += 1) count += popcount(this.words[i] ?? 0);
    return count;
  }

  /** How many ids there is room for; what a walk over the set costs. */
  get capacity(): number {
    return this.few === null ? this.words.length * wordBits : this.few.length;
  }

  /** The least member; -1 where there is none. */
  first(): number {
    if (this.few !== null) return this.few[0] ?? -1;
    for (let i = 0; i < this.words.length; i += 1) {
      const word = this.words[i] ?? 0;
      if (word !== 0) return i * wordBits + 31 - Math.clz32(word & -word);
    }
    return -1;
  }

  clone(): BitSet {
    return this.few === null ? new BitSet(this.words.slice()) : BitSet.listed(this.few.slice());
  }

  /** Adds every member of `other` to this set. */
  addAll(other: BitSet): void {
    if (other.few !== null) {
      for (const id of other.few) this.add(id);
      return;
    }
    if (this.few !== null) this.toWords();
    if (other.words.length > this.words.length) this.grow(other.words.length);
    for (let i = 0; i < other.words.length; i += 1)
      this.words[i] = (this.words[i] ?? 0) | (other.words[i] ?? 0);
  }

  or(other: BitSet): BitSet {
    return BitSet.union([this, other]);
  }

  and(other: BitSet): BitSet {
    if (this.few !== null) return BitSet.listed(this.few.filter((id) => other.has(id)));
    if (other.few !== null) return BitSet.listed(other.few.filter((id) => this.has(id)));
    const result = new Uint32Array(Math.min(this.words.length, other.words.length));
    for (let i = 0; i < result.length; i += 1) result[i] = (this.words[i] ?? 0) & (other.words[i] ?? 0);
    return new BitSet(result);
  }

  andNot(other: BitSet): BitSet {
    if (this.few !== null) return BitSet.listed(this.few.filter((id) => !other.has(id)));
    const result = new BitSet(this.words.slice());
    if (other.few !== null) {
      for (const id of other.few) result.delete(id);
      return result;
    }
    const shared = Math.min(result.words.length, other.words.length);
    for (let i = 0; i < shared; i += 1) result.words[i] = (result.words[i] ?? 0) & ~(other.words[i] ?? 0);
    return result;
  }

  intersects(other: BitSet): boolean {
    if (this.few !== null) return this.few.some((id) => other.has(id));
    if (other.few !== null) return other.few.some((id) => this.has(id));
    const shared = Math.min(this.words.length, other.words.length);
    for (let i = 0; i < shared; i += 1) if (((this.words[i] ?? 0) & (other.words[i] ?? 0)) !== 0) return true;
    return false;
  }

  forEach(visit: (id: number) => void): void {
    if (this.few !== null) {
      // A visitor may change the set.
      for (const id of this.few.slice()) visit(id);
      return;
    }
    for (let i = 0; i < this.words.length; i += 1) {
      let word = this.words[i] ?? 0;
      while (word !== 0) {
        const low = word & -word;
        visit(i * wordBits + 31 - Math.clz32(low));
        word ^= low;
      }
    }
  }

  /** The least members, at most so many. */
  firstFew(most: number): number[] {
    if (this.few !== null) return this.few.slice(0, most);
    const ids: number[] = [];
    for (let i = 0; i < this.words.length && ids.length < most; i += 1) {
      for (let word = this.words[i] ?? 0; word !== 0 && ids.length < most; word &= word - 1)
        ids.push(i * wordBits + 31 - Math.clz32(word & -word));
    }
    return ids;
  }

  toArray(): number[] {
    if (this.few !== null) return this.few.slice();
    const ids: number[] = [];
    this.forEach((id) => {
      ids.push(id);
    });
    return ids;
  }

  /** The set of `names[id]` of each member; `names` says something of every member and only of numbers below its length. */
  renamed(names: Int32Array): BitSet {
    if (this.few !== null) return BitSet.of(this.few.map((id) => names[id] ?? id));
    const result = new Uint32Array(Math.max(this.words.length, (names.length + wordBits - 1) >>> 5));
    for (let i = 0; i < this.words.length; i += 1) {
      let word = this.words[i] ?? 0;
      while (word !== 0) {
        const low = word & -word;
        word ^= low;
        const id = i * wordBits + 31 - Math.clz32(low);
        const name = names[id] ?? id;
        result[name >>> 5] = (result[name >>> 5] ?? 0) | (1 << (name & 31));
      }
    }
    return new BitSet(result);
  }

  private toWords(): void {
    const { few } = this;
    if (few === null) return;
    this.few = null;
    const last = few.at(-1);
    this.words = new Uint32Array(last === undefined ? 0 : (last >>> 5) + 1);
    for (const id of few) this.words[id >>> 5] = (this.words[id >>> 5] ?? 0) | (1 << (id & 31));
  }

  private grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.words.length * 2));
    grown.set(this.words);
    this.words = grown;
  }
}

/** Where a member stands in a sorted list, or would stand. */
function placeOf(list: readonly number[], id: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function popcount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
