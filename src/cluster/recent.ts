/**
 * Remembers what came lately, and nothing for long. Two generations: when the young one is full it becomes the old one,
 * and what was in the old one is forgotten.
 */
export class Recent<T> {
  readonly #max: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(max: number) {
    this.#max = max;
  }

  forget(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  /** The part that was kept for the key before, or this one. */
  keep(key: string, part: T): T {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const kept = this.#old.get(key) ?? part;
    if (this.#young.size >= this.#max) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, kept);
    return kept;
  }
}
