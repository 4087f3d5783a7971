/** Up to so many names are looked through one by one. */
const fewMax = 8;

/** A set of texts. Most of the sets of a cluster hold one or two pods, and a list of them takes a fifth of the room. */
export class NameSet {
  private few: readonly string[];
  private many: Set<string> | null = null;

  constructor(names: readonly string[] = []) {
    this.few = names;
  }

  get size(): number {
    return this.many?.size ?? this.few.length;
  }

  has(name: string): boolean {
    return this.many?.has(name) ?? this.few.includes(name);
  }

  add(name: string): void {
    if (this.many !== null) this.many.add(name);
    else if (this.few.includes(name)) return;
    else if (this.few.length < fewMax) this.few = this.few.concat(name);
    else {
      this.many = new Set([...this.few, name]);
      this.few = [];
    }
  }

  delete(name: string): void {
    if (this.many === null) this.few = this.few.filter((other) => other !== name);
    else this.many.delete(name);
  }

  /** In the order in which they came. */
  [Symbol.iterator](): Iterator<string> {
    return (this.many ?? this.few)[Symbol.iterator]();
  }
}
