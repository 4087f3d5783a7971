/** Values by namespace and name. A key made of both would cost more than the two maps. */
export class Named<T> {
  readonly #namespaces = new Map<string | null, Map<string, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string | null, name: string): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  set(namespace: string | null, name: string, value: T): void {
    let names = this.#namespaces.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    const before = names.size;
    names.set(name, value);
    this.#size += names.size - before;
  }

  delete(namespace: string | null, name: string): void {
    const names = this.#namespaces.get(namespace);
    if (names?.delete(name) !== true) return;
    this.#size -= 1;
    if (names.size === 0) this.#namespaces.delete(namespace);
  }

  /** What is deleted meanwhile is left out. */
  *values(): Generator<T> {
    for (const names of this.#namespaces.values()) yield* names.values();
  }
}
