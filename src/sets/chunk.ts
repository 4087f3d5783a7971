/** How many ids a chunk is about, as a power of two, and how many words of 32 it takes. */
export const chunkShift = 10;
export const chunkBits = 1 << chunkShift;
const wordCount = chunkBits >>> 5;
const noWords: readonly number[] = new Array(wordCount).fill(0);

/**
 * 1,024 bits in a row. A set that is made of another shares its chunks; who wants to write into a shared one takes a
 * copy first. Words are plain small integers: a typed array of this size takes five times as long to make.
 */
export class Chunk {
  readonly words: number[];
  /** How many bits are set; -1 where nobody counted yet. */
  private counted: number;
  /** Is it part of several sets, perhaps? It never changes from then on. */
  private isShared = false;

  constructor(words: number[], counted: number) {
    this.words = words;
    this.counted = counted;
  }

  static empty(): Chunk {
    return new Chunk(noWords.slice(), 0);
  }

  /** This chunk, which may now be part of several sets. */
  share(): Chunk {
    this.isShared = true;
    return this;
  }

  /** One that only its caller has. */
  owned(): Chunk {
    return this.isShared ? new Chunk(this.words.slice(), this.counted) : this;
  }

  get size(): number {
    if (this.counted < 0) {
      let count = 0;
      for (const word of this.words) count += popcount(word);
      this.counted = count;
    }
    return this.counted;
  }

  /** Are all bits known to be set? */
  get isFull(): boolean {
    return this.counted === chunkBits;
  }

  has(id: number): boolean {
    return ((this.words[(id >>> 5) & (wordCount - 1)] ?? 0) & (1 << (id & 31))) !== 0;
  }

  /** Not for a shared one. */
  set(id: number): void {
    const place = (id >>> 5) & (wordCount - 1);
    const was = this.words[place] ?? 0;
    const now = was | (1 << (id & 31));
    this.words[place] = now;
    if (now !== was && this.counted >= 0) this.counted += 1;
  }

  /** Not for a shared one. */
  clear(id: number): void {
    const place = (id >>> 5) & (wordCount - 1);
    const was = this.words[place] ?? 0;
    const now = was & ~(1 << (id & 31));
    this.words[place] = now;
    if (now !== was && this.counted >= 0) this.counted -= 1;
  }

  /** Of two chunks the bits that both have; null where there are none. */
  and(other: Chunk): Chunk | null {
    if (this === other || other.isFull) return this.share();
    if (this.isFull) return other.share();
    const words = this.words.slice();
    let any = 0;
    for (let i = 0; i < wordCount; i += 1) {
      const word = (words[i] ?? 0) & (other.words[i] ?? 0);
      words[i] = word;
      any |= word;
    }
    return any === 0 ? null : new Chunk(words, -1);
  }

  /** The bits that the other has not; null where there are none. */
  andNot(other: Chunk): Chunk | null {
    if (this === other || other.isFull) return null;
    const words = this.words.slice();
    let any = 0;
    for (let i = 0; i < wordCount; i += 1) {
      const word = (words[i] ?? 0) & ~(other.words[i] ?? 0);
      words[i] = word;
      any |= word;
    }
    return any === 0 ? null : new Chunk(words, -1);
  }

  /** The bits of both. */
  or(other: Chunk): Chunk {
    if (this === other || this.isFull) return this.share();
    if (other.isFull) return other.share();
    const words = this.words.slice();
    let all = -1;
    for (let i = 0; i < wordCount; i += 1) {
      const word = (words[i] ?? 0) | (other.words[i] ?? 0);
      words[i] = word;
      all &= word;
    }
    return new Chunk(words, all === -1 ? chunkBits : -1);
  }

  /** Adds the ids that only one of the two has; `base` is the id of the first bit. */
  differing(other: Chunk, base: number, ids: number[]): void {
    for (let i = 0; i < wordCount; i += 1) {
      let word = (this.words[i] ?? 0) ^ (other.words[i] ?? 0);
      while (word !== 0) {
        const low = word & -word;
        ids.push(base + i * 32 + 31 - Math.clz32(low));
        word ^= low;
      }
    }
  }

  meets(other: Chunk): boolean {
    if (this === other || this.isFull || other.isFull) return true;
    for (let i = 0; i < wordCount; i += 1)
      if (((this.words[i] ?? 0) & (other.words[i] ?? 0)) !== 0) return true;
    return false;
  }

  /** Visits the ids in order; `base` is the id of the first bit. */
  forEach(base: number, visit: (id: number) => void): void {
    for (let i = 0; i < wordCount; i += 1) {
      let word = this.words[i] ?? 0;
      while (word !== 0) {
        const low = word & -word;
        visit(base + i * 32 + 31 - Math.clz32(low));
        word ^= low;
      }
    }
  }

  /** Adds the least ids until there are `most`. */
  firstFew(base: number, most: number, ids: number[]): void {
    for (let i = 0; i < wordCount && ids.length < most; i += 1)
      for (let word = this.words[i] ?? 0; word !== 0 && ids.length < most; word &= word - 1)
        ids.push(base + i * 32 + 31 - Math.clz32(word & -word));
  }
}

function popcount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
