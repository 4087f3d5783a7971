const wordBits = 32;

/** A growable set of small integers, 32 to a word. Operations that return a set leave their operands alone. */
export class BitSet {
  private words: Uint32Array;

  constructor(words: Uint32Array = new Uint32Array(0)) {
    this.words = words;
  }

  static of(ids: Iterable<number>): BitSet {
    const set = new BitSet();
    for (const id of ids) set.add(id);
    return set;
  }

  /** The union of several sets, made in one piece. */
  static union(sets: readonly BitSet[]): BitSet {
    const words = new Uint32Array(Math.max(0, ...sets.map((set) => set.words.length)));
    for (const set of sets) {
      for (let i = 0; i < set.words.length; i += 1) words[i] = (words[i] ?? 0) | (set.words[i] ?? 0);
    }
    return new BitSet(words);
  }

  has(id: number): boolean {
    return ((this.words[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  add(id: number): void {
    const index = id >>> 5;
    if (index >= this.words.length) this.grow(index + 1);
    this.words[index] = (this.words[index] ?? 0) | (1 << (id & 31));
  }

  delete(id: number): void {
    const index = id >>> 5;
    if (index < this.words.length) this.words[index] = (this.words[index] ?? 0) & ~(1 << (id & 31));
  }

  isEmpty(): boolean {
    return this.words.every((word) => word === 0);
  }

  /** How many members; linear in words. */
  get size(): number {
    let count = 0;
    for (const word of this.words) count += popcount(word);
    return count;
  }

  /** How many ids the words have room for. */
  get capacity(): number {
    return this.words.length * wordBits;
  }

  /** The least member; -1 where there is none. */
  first(): number {
    for (let i = 0; i < this.words.length; i += 1) {
      const word = this.words[i] ?? 0;
      if (word !== 0) return i * wordBits + 31 - Math.clz32(word & -word);
    }
    return -1;
  }

  clone(): BitSet {
    return new BitSet(this.words.slice());
  }

  /** Adds every member of `other` to this set. */
  addAll(other: BitSet): void {
    if (other.words.length > this.words.length) this.grow(other.words.length);
    for (let i = 0; i < other.words.length; i += 1)
      this.words[i] = (this.words[i] ?? 0) | (other.words[i] ?? 0);
  }

  or(other: BitSet): BitSet {
    return BitSet.union([this, other]);
  }

  and(other: BitSet): BitSet {
    const result = new Uint32Array(Math.min(this.words.length, other.words.length));
    for (let i = 0; i < result.length; i += 1) result[i] = (this.words[i] ?? 0) & (other.words[i] ?? 0);
    return new BitSet(result);
  }

  andNot(other: BitSet): BitSet {
    const result = this.words.slice();
    const shared = Math.min(result.length, other.words.length);
    for (let i = 0; i < shared; i += 1) result[i] = (result[i] ?? 0) & ~(other.words[i] ?? 0);
    return new BitSet(result);
  }

  intersects(other: BitSet): boolean {
    const shared = Math.min(this.words.length, other.words.length);
    for (let i = 0; i < shared; i += 1) if (((this.words[i] ?? 0) & (other.words[i] ?? 0)) !== 0) return true;
    return false;
  }

  forEach(visit: (id: number) => void): void {
    for (let i = 0; i < this.words.length; i += 1) {
      let word = this.words[i] ?? 0;
      while (word !== 0) {
        const low = word & -word;
        visit(i * wordBits + 31 - Math.clz32(low));
        word ^= low;
      }
    }
  }

  toArray(): number[] {
    const ids: number[] = [];
    this.forEach((id) => {
      ids.push(id);
    });
    return ids;
  }

  private grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.words.length * 2));
    grown.set(this.words);
    this.words = grown;
  }
}

function popcount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
