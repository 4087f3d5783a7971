/** Up to so many names are looked through one by one. */
const fewMax = 8;

/** A set of texts. Most of the sets of a cluster hold one or two pods: one is kept as it is, a few are a list. */
export class NameSet {
  private names: string | readonly string[] | Set<string>;

  constructor(names: readonly string[] = []) {
    const [first] = names;
    this.names = first !== undefined && names.length === 1 ? first : names;
  }

  get size(): number {
    if (typeof this.names === 'string') return 1;
    return this.names instanceof Set ? this.names.size : this.names.length;
  }

  has(name: string): boolean {
    if (typeof this.names === 'string') return this.names === name;
    return this.names instanceof Set ? this.names.has(name) : this.names.includes(name);
  }

  add(name: string): void {
    if (this.names instanceof Set) this.names.add(name);
    else if (this.has(name)) return;
    else if (this.size === 0) this.names = name;
    else if (typeof this.names === 'string') this.names = [this.names, name];
    else if (this.size < fewMax) this.names = this.names.concat(name);
    else this.names = new Set(this.names).add(name);
  }

  delete(name: string): void {
    if (this.names instanceof Set) this.names.delete(name);
    else if (this.names === name) this.names = [];
    else if (typeof this.names !== 'string' && this.names.includes(name))
      this.names = this.names.toSpliced(this.names.indexOf(name), 1);
  }

  /** In the order in which they came. */
  [Symbol.iterator](): Iterator<string> {
    const { names } = this;
    return (typeof names === 'string' ? [names] : names)[Symbol.iterator]();
  }
}
