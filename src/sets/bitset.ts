import { Chunk, chunkBits, chunkShift } from './chunk.ts';

/**
 * Up to this many members a set keeps a sorted list: most selectors of a large cluster match few units, and a list of
 * them costs what they are and not what the cluster is.
 */
const fewMax = 64;

/** Lists of up to this many members take no more room than they need. */
const smallMax = 16;

/**
 * A growable set of small integers: a sorted list while there are few, chunks of 1,024 bits above that. Operations that
 * return a set leave their operands alone, and share with them what they have alike: almost all units of a cluster, or
 * all but a few of them, cost what the few are.
 */
export class BitSet {
  /** The members in order, or null once they are kept in chunks. */
  private few: number[] | null;
  /** Null where a chunk would be empty. */
  private chunks: (Chunk | null)[];

  constructor() {
    this.few = [];
    this.chunks = none;
  }

  static of(ids: Iterable<number>): BitSet {
    const set = new BitSet();
    for (const id of ids) set.add(id);
    return set;
  }

  /** The union of several sets. */
  static union(sets: readonly BitSet[]): BitSet {
    const union = new BitSet();
    // Chunks first: what is listed then goes to its place without a list.
    for (const set of sets) if (set.few === null) union.addAll(set);
    for (const set of sets) if (set.few !== null) union.addAll(set);
    return union;
  }

  private static listed(members: number[]): BitSet {
    const set = new BitSet();
    set.few = members;
    return set;
  }

  private static chunked(chunks: (Chunk | null)[]): BitSet {
    const set = new BitSet();
    set.few = null;
    set.chunks = chunks;
    return set;
  }

  has(id: number): boolean {
    if (this.few !== null) return this.few[placeOf(this.few, id)] === id;
    return this.chunks[id >>> chunkShift]?.has(id) ?? false;
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
      this.toChunks();
    }
    if (this.chunks[id >>> chunkShift]?.has(id) !== true) this.writable(id >>> chunkShift).set(id);
  }

  /** The chunk in this place, for this set alone. */
  private writable(place: number): Chunk {
    while (this.chunks.length <= place) this.chunks.push(null);
    const chunk = this.chunks[place]?.owned() ?? Chunk.empty();
    this.chunks[place] = chunk;
    return chunk;
  }

  delete(id: number): void {
    if (this.few !== null) {
      const place = placeOf(this.few, id);
      if (this.few[place] === id) this.few.splice(place, 1);
      return;
    }
    const place = id >>> chunkShift;
    if (this.chunks[place]?.has(id) !== true) return;
    const chunk = this.writable(place);
    chunk.clear(id);
    if (chunk.size === 0) this.chunks[place] = null;
  }

  isEmpty(): boolean {
    if (this.few !== null) return this.few.length === 0;
    return this.chunks.every((chunk) => chunk === null);
  }

  /** How many members; linear in chunks. */
  get size(): number {
    if (this.few !== null) return this.few.length;
    let count = 0;
    for (const chunk of this.chunks) if (chunk !== null) count += chunk.size;
    return count;
  }

  /** How many ids there is room for; what a walk over the set costs. */
  get capacity(): number {
    return this.few === null ? this.chunks.length * chunkBits : this.few.length;
  }

  /** The least member; -1 where there is none. */
  first(): number {
    return this.firstFew(1)[0] ?? -1;
  }

  clone(): BitSet {
    if (this.few !== null) return BitSet.listed(this.few.slice());
    for (const chunk of this.chunks) chunk?.share();
    return BitSet.chunked(this.chunks.slice());
  }

  /** Adds every member of `other` to this set. */
  addAll(other: BitSet): void {
    if (other.few !== null) {
      for (const id of other.few) this.add(id);
      return;
    }
    if (this.few !== null) this.toChunks();
    const { chunks } = this;
    for (let i = 0; i < other.chunks.length; i += 1) {
      const mine = chunks[i] ?? null;
      const theirs = other.chunks[i] ?? null;
      const both = theirs === null ? mine : mine === null ? theirs.share() : mine.or(theirs);
      if (i < chunks.length) chunks[i] = both;
      else chunks.push(both);
    }
  }

  or(other: BitSet): BitSet {
    return BitSet.union([this, other]);
  }

  and(other: BitSet): BitSet {
    if (this.few !== null) return BitSet.listed(this.few.filter((id) => other.has(id)));
    if (other.few !== null) return BitSet.listed(other.few.filter((id) => this.has(id)));
    const chunks = this.chunks.slice(0, other.chunks.length);
    for (let i = 0; i < chunks.length; i += 1) {
      const theirs = other.chunks[i] ?? null;
      if (chunks[i] !== null) chunks[i] = theirs === null ? null : (chunks[i]?.and(theirs) ?? null);
    }
    return BitSet.chunked(chunks);
  }

  andNot(other: BitSet): BitSet {
    if (this.few !== null) return BitSet.listed(this.few.filter((id) => !other.has(id)));
    if (other.few !== null) {
      const result = this.clone();
      for (const id of other.few) result.delete(id);
      return result;
    }
    const chunks = this.chunks.slice();
    for (let i = 0; i < chunks.length; i += 1) {
      const mine = chunks[i] ?? null;
      const theirs = other.chunks[i] ?? null;
      if (mine !== null) chunks[i] = theirs === null ? mine.share() : mine.andNot(theirs);
    }
    return BitSet.chunked(chunks);
  }

  intersects(other: BitSet): boolean {
    if (this.few !== null) return this.few.some((id) => other.has(id));
    if (other.few !== null) return other.few.some((id) => this.has(id));
    const length = Math.min(this.chunks.length, other.chunks.length);
    for (let i = 0; i < length; i += 1) {
      const mine = this.chunks[i] ?? null;
      const theirs = other.chunks[i] ?? null;
      if (mine !== null && theirs !== null && mine.meets(theirs)) return true;
    }
    return false;
  }

  /** The members that only one of the two has; null where there are more than `most` of them. */
  differing(other: BitSet, most: number): number[] | null {
    const ids: number[] = [];
    const [mine, theirs] = [this.inChunks(), other.inChunks()];
    for (let i = 0; i < Math.max(mine.length, theirs.length) && ids.length <= most; i += 1) {
      const [a, b] = [mine[i] ?? noChunk, theirs[i] ?? noChunk];
      if (a !== b) a.differing(b, i << chunkShift, ids);
    }
    return ids.length <= most ? ids : null;
  }

  private inChunks(): readonly (Chunk | null)[] {
    if (this.few === null) return this.chunks;
    const set = this.clone();
    set.toChunks();
    return set.chunks;
  }

  forEach(visit: (id: number) => void): void {
    if (this.few !== null) {
      // A visitor may change the set.
      for (const id of this.few.slice()) visit(id);
      return;
    }
    for (let i = 0; i < this.chunks.length; i += 1) this.chunks[i]?.forEach(i << chunkShift, visit);
  }

  /** The least members, at most so many. */
  firstFew(most: number): number[] {
    if (this.few !== null) return this.few.slice(0, most);
    const ids: number[] = [];
    for (let i = 0; i < this.chunks.length && ids.length < most; i += 1)
      this.chunks[i]?.firstFew(i << chunkShift, most, ids);
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

  /** The set of `names[id]` of each member; `names` says something of every member. */
  renamed(names: Int32Array): BitSet {
    if (this.few !== null) return BitSet.of(this.few.map((id) => names[id] ?? id));
    const chunks: (Chunk | null)[] = [];
    this.forEach((id) => {
      const name = names[id] ?? id;
      const place = name >>> chunkShift;
      while (chunks.length <= place) chunks.push(null);
      const chunk = chunks[place] ?? Chunk.empty();
      chunks[place] = chunk;
      chunk.set(name);
    });
    return BitSet.chunked(chunks);
  }

  private toChunks(): void {
    const { few } = this;
    if (few === null) return;
    this.few = null;
    this.chunks = [];
    for (const id of few) this.writable(id >>> chunkShift).set(id);
  }
}

const noChunk = Chunk.empty();
const none: (Chunk | null)[] = [];

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
