/** What was worked out for keys, each once, when first asked. */
export class Kept<K, V extends NonNullable<unknown> | null> {
  private readonly known = new Map<K, V>();

  of(key: K, make: () => V): V {
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const value = make();
    this.known.set(key, value);
    return value;
  }
}
